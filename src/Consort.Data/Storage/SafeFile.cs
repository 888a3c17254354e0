namespace Consort.Data.Storage;

/// <summary>Writes files and folders beside their target and moves them over it when whole and flushed.</summary>
public static class SafeFile
{
    private const int DiskFull = unchecked((int)0x80070070);

    /// <summary>Writes a file, whole or not at all; the old one stays until the new one is on the disk.</summary>
    /// <exception cref="ConsortException">The disk is full or the folder cannot be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        string temp = TempName(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            using (var stream = new FileStream(temp, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temp, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Explain(path, e);
        }
        finally
        {
            if (File.Exists(temp)) File.Delete(temp);
        }
    }

    /// <summary>A name beside the target that nothing else uses.</summary>
    public static string TempName(string path)
        => $"{Path.TrimEndingDirectorySeparator(Path.GetFullPath(path))}.tmp-{Guid.NewGuid():N}";

    /// <summary>What went wrong while writing, in the user's words.</summary>
    public static ConsortException Explain(string path, Exception e)
    {
        // ENOSPC is 28 on Linux and macOS; Windows gives ERROR_DISK_FULL.
        bool full = e is IOException && (e.HResult == DiskFull || (e.HResult & 0xFFFF) == 28 && !OperatingSystem.IsWindows()
            || e.Message.Contains("No space left", StringComparison.OrdinalIgnoreCase));
        return new ConsortException(full ? $"disk full while writing {path}; what was there before is unchanged" : $"cannot write {path}: {e.Message}", e);
    }
}
