namespace Consort.Foundation.Files;

/// <summary>Writes files and folders beside their target and moves them over it when whole and flushed.</summary>
public static class SafeFile
{
    private const int DiskFull = unchecked((int)0x80070070);
    private const int Attempts = 5;

    /// <summary>
    /// Writes a file, whole or not at all; the old one stays until the new one is on the disk. What a killed process left beside the target
    /// is cleared.
    /// </summary>
    /// <exception cref="ConsortException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string? temp = null;
        try
        {
            var target = Path.GetFullPath(path);
            // Moving over it would put a file in the place of the pipe or device.
            if (FileFacts.Of(target).Kind is not (FileKind.None or FileKind.File) and var kind)
                throw new ConsortException($"{path}: found a {kind.ToString().ToLowerInvariant()}, expected the name of a file");
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            Leftovers.ClearFiles(target);
            using var stream = OpenTemp(target);
            temp = stream.Name;
            write(stream);
            stream.Flush(flushToDisk: true);
            // Moved while it is open: what nobody holds counts as left behind.
            File.Move(temp, target, overwrite: true);
            temp = null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explain(path, e);
        }
        finally
        {
            if (temp is not null) File.Delete(temp);
        }
    }

    /// <summary>A name beside the target that nothing else uses.</summary>
    public static string TempName(string path) =>
        $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))}{Leftovers.Mark}{Guid.NewGuid():N}";

    /// <summary>What went wrong while writing, in the user's words.</summary>
    public static ConsortException Explain(string path, Exception e)
    {
        // ENOSPC is 28 on Linux and macOS; Windows gives ERROR_DISK_FULL.
        var full = e is IOException && (e.HResult == DiskFull || (e.HResult & 0xFFFF) == 28 && !OperatingSystem.IsWindows()
            || e.Message.Contains("No space left", StringComparison.OrdinalIgnoreCase));
        return new ConsortException(full
            ? $"disk full while writing {path}; what was there before is unchanged" : $"cannot write {path}: {Words(path, e)}", e);
    }

    // What the system says names a file beside the target that nobody asked for, or a folder that is none.
    private static string Words(string path, Exception e)
    {
        for (var at = Path.GetDirectoryName(Path.GetFullPath(path)); at is not null; at = Path.GetDirectoryName(at))
            if (File.Exists(at)) return $"found the file {at}, expected a folder there";
        return e is UnauthorizedAccessException && !Directory.Exists(path) ? "found no right to write there, expected some" : e.Message;
    }

    // Opening and locking are two steps, between which another process may take the file for a leftover.
    private static FileStream OpenTemp(string target)
    {
        for (var attempt = 1; ; attempt++)
        {
            var temp = TempName(target);
            try
            {
                var stream = new FileStream(temp, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, 1 << 16);
                if (File.Exists(temp)) return stream;
                stream.Dispose();
            }
            catch (IOException e) when (attempt < Attempts && Claim.IsHeldElsewhere(e))
            {
                // taken for a leftover at its first instant: another name
            }
            if (attempt == Attempts) throw new IOException("files beside it are removed as soon as they are made");
        }
    }
}
