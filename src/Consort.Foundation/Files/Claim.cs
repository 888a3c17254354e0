using System.Globalization;

namespace Consort.Foundation.Files;

/// <summary>
/// The right to write a folder or a file, held by one process at a time: an empty file that is kept open and locked by the system,
/// <c>NAME.lock</c>, and beside it <c>NAME.owner</c>, which says who. The system gives the lock back when its owner ends, however that
/// comes about, so a killed process, a number used again or a restart leave nothing that holds others up.
/// </summary>
/// <remarks>
/// Network drives must lend locks to all their machines, as NFS does unless it is mounted with <c>nolock</c>; where they do not, one
/// machine does not see another's claim.
/// </remarks>
public sealed class Claim : IDisposable
{
    private const int Patience = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);
    private static readonly TimeSpan WaitPause = TimeSpan.FromMilliseconds(100);

    private readonly FileStream _lock;
    private readonly string _owner;

    private Claim(FileStream held, string owner) => (_lock, _owner) = (held, owner);

    /// <summary>Claims at once or not at all.</summary>
    /// <param name="target">What messages call it.</param>
    /// <param name="name">The claim's files without their endings.</param>
    /// <param name="advice">What the user may do instead, such as <c>name another folder with --out</c>.</param>
    /// <exception cref="ConsortException">Another process holds it; the message says which. Or the place cannot be written.</exception>
    public static Claim Take(string target, string name, string advice)
    {
        if (Try(target, name) is { } claim) return claim;
        throw new ConsortException($"{target}: is being written by another process{OwnerOf(name)}; wait until it has finished, stop it, or {advice}");
    }

    /// <summary>Claims, after whoever holds it has finished or died.</summary>
    /// <param name="target">What messages call it.</param>
    /// <param name="name">The claim's files without their endings.</param>
    /// <param name="waiting">Told once who is waited for, as <see cref="OwnerOf"/> says it; or null.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <returns>The claim, and whether it was waited for.</returns>
    /// <exception cref="ConsortException">The place cannot be written.</exception>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    public static (Claim Claim, bool HasWaited) Await(string target, string name, Action<string>? waiting, CancellationToken cancellation)
    {
        for (var waited = false; ; waited = true)
        {
            if (Try(target, name) is { } claim) return (claim, waited);
            if (!waited) waiting?.Invoke(OwnerOf(name));
            cancellation.WaitHandle.WaitOne(WaitPause);
            cancellation.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Claims if nobody else does; null if somebody does.</summary>
    /// <inheritdoc cref="Take"/>
    public static Claim? Try(string target, string name)
    {
        string file = name + ".lock", owner = name + ".owner";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            // With these three .NET looks whether the name still means the file it has locked, and else opens it anew: another
            // claim may have deleted it in between.
            var held = new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
            var claim = new Claim(held, owner);
            claim.Sign();
            return claim;
        }
        catch (IOException e) when (IsHeldElsewhere(e))
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SafeFile.Explain(target, e);
        }
    }

    /// <summary>Who holds a claim: <c>: pid 12 on host a, started …, command …</c>; empty where that is not known.</summary>
    public static string OwnerOf(string name)
    {
        // An owner signs just after it has locked.
        for (var attempt = 0; attempt < Patience; attempt++)
        {
            try
            {
                if (Owner.Parse(File.ReadAllText(name + ".owner")) is { } owner) return $": {owner}";
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // not there yet
            }
            Thread.Sleep(Pause);
        }
        return "";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            File.Delete(_owner);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next owner writes it anew.
        }
        finally
        {
            _lock.Dispose();
        }
    }

    /// <summary>Whether opening failed because another process has the file open.</summary>
    internal static bool IsHeldElsewhere(IOException e) => OperatingSystem.IsWindows()
        ? (e.HResult & 0xFFFF) is 32 or 33 // a sharing or a lock violation
        : e.HResult is 11 or 35; // EWOULDBLOCK on Linux and on macOS

    private void Sign()
    {
        try
        {
            File.WriteAllText(_owner, Owner.Own().ToText());
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>A process as messages name it.</summary>
    private sealed record Owner(int Pid, string Host, DateTime Started, string Command)
    {
        private const int Lines = 5, LongestCommand = 400;

        public static Owner Own()
        {
            using var self = System.Diagnostics.Process.GetCurrentProcess();
            var words = Environment.GetCommandLineArgs().Skip(1).Prepend("consort");
            return new Owner(Environment.ProcessId, Environment.MachineName, self.StartTime.ToUniversalTime(), string.Join(' ', words));
        }

        public string ToText() => string.Create(CultureInfo.InvariantCulture,
            $"pid: {Pid}\nhost: {Plain(Host)}\nstarted: {Started:O}\ncommand: {Plain(Command)}\nend\n");

        /// <summary>Null where the text is not whole.</summary>
        public static Owner? Parse(string text)
        {
            var lines = text.TrimEnd('\n').Split('\n');
            if (lines.Length != Lines || lines[^1] != "end") return null;
            string[] values = [.. lines[..^1].Select(l => l[(l.IndexOf(": ", StringComparison.Ordinal) + 2)..])];
            return int.TryParse(values[0], CultureInfo.InvariantCulture, out var pid)
                && DateTime.TryParse(values[2], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var started)
                ? new Owner(pid, Plain(values[1]), started, Plain(values[3])) : null;
        }

        public override string ToString() => string.Create(CultureInfo.InvariantCulture,
            $"pid {Pid} on host {Host}, started {Started:yyyy-MM-dd HH:mm:ss} UTC, command: {Command}");

        private static string Plain(string text)
        {
            var plain = string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
            return plain.Length <= LongestCommand ? plain : plain[..LongestCommand] + "…";
        }
    }
}
