using Consort.Data.Storage;

namespace Consort.Cli.Reports;

/// <summary>Files that a user names.</summary>
internal static class Output
{
    /// <summary>
    /// Writes a file beside its place and moves it there when whole. A device or a pipe, such as <c>/dev/stdout</c>, must not be
    /// moved over: it is written to.
    /// </summary>
    /// <exception cref="Consort.Data.ConsortException">The disk is full, or the place cannot be written to.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        if (!IsDevice(path))
        {
            SafeFile.Write(path, write);
            return;
        }

        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            write(stream);
            stream.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SafeFile.Explain(path, e);
        }
    }

    private static bool IsDevice(string path)
    {
        if (OperatingSystem.IsWindows())
            return false;
        var full = Path.GetFullPath(path);
        return full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal);
    }
}
