using Consort.Data.Datasets;
using Consort.Foundation.Files;
using Consort.Learning.Runs;

namespace Consort.Cli.Reports;

/// <summary>Files that a user names.</summary>
internal static class Output
{
    /// <summary>
    /// Writes a file beside its place and moves it there when whole. A device or a pipe, such as <c>/dev/stdout</c>, must not be moved
    /// over: it is written to.
    /// </summary>
    /// <exception cref="ConsortException">The disk is full, or the place cannot be written to.</exception>
    public static void Write(string path, Action<Stream> write, CancellationToken cancellation = default)
    {
        if (!IsDevice(path))
        {
            SafeFile.Write(path, write);
            return;
        }

        try
        {
            using var stream = PatientFile.OpenToWrite(path, cancellation);
            write(stream);
            stream.Flush();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SafeFile.Explain(path, e);
        }
    }

    /// <summary>Refuses to write over what is read: the rows would be gone for their probabilities.</summary>
    /// <param name="option">The option that names the file, such as <c>--out</c>.</param>
    /// <param name="path">The file to be written, or null.</param>
    /// <param name="sources">Files that are read, and folders of runs or encoded rows, whose own files are.</param>
    /// <exception cref="ConsortException">They are one file, by whatever path.</exception>
    public static void CheckApart(string option, string? path, params IEnumerable<string> sources)
    {
        if (path is not null && sources.SelectMany(FilesOf).FirstOrDefault(source => FileFacts.AreSame(path, source)) is { } same)
            throw new ConsortException($"{option} {path}: is the file that is read ({same}), expected another one");
    }

    /// <summary>Refuses results for machines in the place of the file that the command writes.</summary>
    /// <exception cref="ConsortException">Both are one file.</exception>
    public static void CheckApartFromOut(string? json, string output)
    {
        if (json is not null && (FileFacts.AreSame(json, output) || Path.GetFullPath(json) == Path.GetFullPath(output)))
            throw new ConsortException($"--json {json}: is the file of --out, expected another one");
    }

    private static IEnumerable<string> FilesOf(string source) => Directory.Exists(source)
        ? new RunFolder(source).Files.Concat(EncodedDataset.FilesAt(source))
        : [source];

    private static bool IsDevice(string path)
    {
        if (OperatingSystem.IsWindows())
            return false;
        if (FileFacts.Of(path).Kind is FileKind.Pipe or FileKind.Device)
            return true;
        var full = Path.GetFullPath(path);
        return full.StartsWith("/dev/", StringComparison.Ordinal) || full.StartsWith("/proc/", StringComparison.Ordinal);
    }
}
