using System.Text;
using Consort.Foundation.Files;
using Microsoft.Win32.SafeHandles;

namespace Consort.Cli.Terminals;

/// <summary>Standard output.</summary>
internal static class StandardOutput
{
    private const int BrokenPipe = 32; // EPIPE on Linux and macOS

    /// <summary>
    /// The console's own writer says nothing of a pipe whose reader has gone, and the work would go on for nobody. A pipe is therefore
    /// written to as a file; all else stays with the console, which keeps the place that the shell has in a file.
    /// </summary>
    public static TextWriter Open()
    {
        if (OperatingSystem.IsWindows() || FileFacts.Of("/dev/stdout").Kind != FileKind.Pipe)
            return Console.Out;
        var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        return TextWriter.Synchronized(new StreamWriter(stream, new UTF8Encoding(false)) { AutoFlush = true });
    }

    /// <summary>Whether a failure means that nobody reads any more, as after <c>| head</c>: no mistake of anyone's.</summary>
    public static bool IsClosed(Exception exception)
    {
        for (var at = exception; at is not null; at = at.InnerException)
            if (at is IOException && at.HResult == BrokenPipe && !OperatingSystem.IsWindows())
                return true;
        return false;
    }
}
