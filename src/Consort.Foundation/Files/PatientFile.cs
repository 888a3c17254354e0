namespace Consort.Foundation.Files;

/// <summary>
/// Opens what may keep its opener waiting: a pipe opens only once its other end does, and a system call that waits hears of no Ctrl-C. So
/// it waits on a thread of its own, and whoever asked gives up when told to, or when nothing comes.
/// </summary>
public static class PatientFile
{
    /// <summary>How long a pipe may be without its other end.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Opens a pipe or a device that is there, to write to it.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="cancellation">Stops waiting for a reader.</param>
    /// <exception cref="ConsortException">Nobody reads from the pipe.</exception>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    public static FileStream OpenToWrite(string path, CancellationToken cancellation) => Open(
        path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Write, Share = FileShare.ReadWrite, BufferSize = 1 << 12 },
        cancellation);

    /// <summary>Reads the lines of a small text: a file, or a pipe such as a shell makes of <c>&lt;(command)</c>.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="most">Bytes at most.</param>
    /// <param name="called">What messages call it; its path if null.</param>
    /// <exception cref="ConsortException">It cannot be read, nothing stands at the pipe's other end, or it is longer.</exception>
    public static string[] ReadLines(string path, int most, string? called = null)
    {
        try
        {
            var bytes = ReadBytes(path, most)
                ?? throw new ConsortException($"{called ?? path}: found more than {most} bytes, expected a small text");
            return System.Text.Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF').Split('\n');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ConsortException(Directory.Exists(path) ? $"{called ?? path}: found a folder, expected a file"
                : $"{called ?? path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// Reads all of a file, pipe or device, which may have no length to ask for; null where there is more than so many bytes.
    /// </summary>
    internal static byte[]? ReadBytes(string path, int most)
    {
        using var file = Open(path, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read }, CancellationToken.None);
        using var bytes = new MemoryStream();
        var block = new byte[1 << 16];
        for (int read; (read = file.Read(block)) > 0;)
        {
            bytes.Write(block, 0, read);
            if (bytes.Length > most) return null;
        }
        return bytes.ToArray();
    }

    /// <summary>Opens a file, pipe or device.</summary>
    /// <exception cref="ConsortException">Nothing stands at the pipe's other end.</exception>
    /// <exception cref="OperationCanceledException">The user gave up.</exception>
    internal static FileStream Open(string path, FileStreamOptions options, CancellationToken cancellation)
    {
        if (FileFacts.Of(path).Kind is FileKind.File or FileKind.Folder or FileKind.None) return new FileStream(path, options);
        var opening = Task.Factory.StartNew(
            () => new FileStream(path, options), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            if (opening.Wait((int)Patience.TotalMilliseconds, cancellation)) return opening.Result;
        }
        catch (AggregateException e) when (e.InnerException is { } cause)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
        }
        catch (OperationCanceledException)
        {
            Forget(opening);
            throw;
        }
        Forget(opening);
        var reads = options.Access == FileAccess.Read;
        throw new ConsortException(FormattableString.Invariant(
            $"{path}: is a pipe without a {(reads ? "writer" : "reader")}: found nothing that opened its other end within {Patience.TotalSeconds} s, expected a program that {(reads ? "writes to" : "reads from")} it; start that one first"));
    }

    // Whoever opens the other end later finds this one closed.
    private static void Forget(Task<FileStream> opening) => opening.ContinueWith(
        o => o.Result.Dispose(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
}
