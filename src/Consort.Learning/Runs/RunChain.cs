using System.Text;
using Consort.Foundation.Files;

namespace Consort.Learning.Runs;

/// <summary>
/// A folder of runs that go on from one another: the one that began in <c>first</c>, those of later days in <c>days/NAME</c>, and in the
/// file <c>newest</c> the way to the one that stands for all, and behind it, a line each, to those that it goes on from. Whoever opens the
/// folder as a run opens that one.
/// </summary>
/// <param name="folder">The folder; it need not be there yet.</param>
internal sealed class RunChain(string folder)
{
    private const string Pointer = "newest", Beginning = "first", Later = "days";

    /// <summary>The folder.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(folder);

    /// <summary>The folder of the run that begins it.</summary>
    public string First => In(Beginning);

    /// <summary>Whether there is a chain in the folder.</summary>
    public bool IsThere => File.Exists(In(Pointer));

    /// <summary>Whether there is a run in the folder that is no chain.</summary>
    public bool IsRun => !IsThere && File.Exists(In("experiment.yaml"));

    /// <summary>The folder of a day's run.</summary>
    public string Day(string name) => System.IO.Path.Combine(In(Later), name);

    /// <summary>The folder of the run that stands for all.</summary>
    /// <exception cref="ConsortException">What says so is damaged, or the folder is not there.</exception>
    public string Newest
    {
        get
        {
            var way = Ways()[0];
            // The training has no folder before it begins.
            return way == Beginning || Directory.Exists(In(way)) ? In(way) : throw new ConsortException(
                $"{In(Pointer)}: names {way}, which is not there; put the folder back, or run the same `consort train` with --resume: the run before stands for all then, and the day is taken again");
        }
    }

    /// <summary>The folder of the newest run that is left, which stands for all where later ones have been taken away.</summary>
    public string Left => In(Ways().FirstOrDefault(w => Directory.Exists(In(w))) ?? Beginning);

    /// <summary>The folders of the runs that lead to the one that stands for all, in their order, whether or not they are there.</summary>
    public IReadOnlyList<string> Runs => [.. Ways().Reverse().Select(In)];

    /// <summary>Lets one of its runs stand for all from now on.</summary>
    public void Point(string run)
    {
        var way = run == First ? Beginning : $"{Later}/{System.IO.Path.GetFileName(run)}";
        Write([way, .. IsThere ? Ways() : []]);
    }

    /// <summary>Lets the newest run that is left stand for all where the folders of later ones have been taken away.</summary>
    /// <returns>What stood for all and what does now, both as ways from the folder; null where nothing is missing.</returns>
    public (string Lost, string Now)? FallBack()
    {
        var ways = Ways();
        var left = ways.SkipWhile(w => w != Beginning && !Directory.Exists(In(w))).ToArray();
        if (left.Length == 0 || left.Length == ways.Length)
            return null;
        Write(left);
        return (ways[0], left[0]);
    }

    /// <summary>Claims it for one writer, and makes it where there is none.</summary>
    /// <exception cref="ConsortException">Another process is writing it, or it cannot be made.</exception>
    public Claim Claim() => Foundation.Files.Claim.Take(Path, In("writer"), "name another folder with --out");

    /// <summary>Removes what a beginning that was refused has left.</summary>
    public void RemoveUnlessBegun()
    {
        if (Directory.Exists(First) || Directory.Exists(In(Later)))
            return;
        File.Delete(In(Pointer));
        if (Directory.Exists(Path) && !Directory.EnumerateFileSystemEntries(Path).Any())
            Directory.Delete(Path);
    }

    /// <summary>The folder of the run that a path names: that of the newest where it is a chain's.</summary>
    /// <exception cref="ConsortException">It is a damaged chain's.</exception>
    public static string Resolve(string path) =>
        new RunChain(path) is { IsThere: true } chain ? chain.Newest : System.IO.Path.GetFullPath(path);

    // The way to the newest run, then to those that it goes on from.
    private string[] Ways()
    {
        string[] ways;
        try
        {
            ways = [.. File.ReadAllText(In(Pointer)).TrimEnd('\n').Split('\n')];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException($"{In(Pointer)}: cannot be read ({e.Message}); let this user read it", e);
        }

        return Array.TrueForAll(ways, IsWay) ? ways : throw new ConsortException(
            $"{In(Pointer)}: the file is {(ways is [""] ? "empty" : "damaged")}, expected {Beginning} or {Later}/NAME; write a line for each day's run, the newest first, such as {Later}/2026-11-02, and {Beginning} as the last");

        static bool IsWay(string way) => way.Split('/') is [Beginning] || (way.Split('/') is [Later, { Length: > 0 } day]
            && day.IndexOfAny(System.IO.Path.GetInvalidFileNameChars()) < 0 && day is not ("." or ".."));
    }

    private void Write(IEnumerable<string> ways) =>
        SafeFile.Write(In(Pointer), stream => stream.Write(Encoding.UTF8.GetBytes(string.Concat(ways.Select(w => w + "\n")))));

    private string In(string name) => System.IO.Path.Combine([Path, .. name.Split('/')]);
}
