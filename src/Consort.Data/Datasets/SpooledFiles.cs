using Consort.Data.Sources;
using Consort.Foundation.Files;

namespace Consort.Data.Datasets;

/// <summary>
/// Standard input and pipes, kept in a temporary folder while rows are encoded, for these are read twice. Deleted afterwards.
/// </summary>
internal sealed class SpooledFiles : IDisposable
{
    private readonly DirectoryInfo _folder = Make();
    private readonly Dictionary<string, string> _names = []; // by the file that stands in

    /// <summary>Has something done with files that can all be read again.</summary>
    public static T Around<T>(EncodeRequest request, Func<EncodeRequest, T> encode, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation)
    {
        string[] once = [.. request.Split.Files.Where(SourceStream.ComesOnce)];
        if (once.Length == 0) return encode(request);
        if (once.Length > once.Distinct().Count())
            throw new ConsortException($"{once[0]}: found twice, but its bytes come only once, expected it once; or write them to a file first");
        using var spooled = new SpooledFiles();
        var files = request.Split.Files.ToArray();
        for (var i = 0; i < files.Length; i++)
        {
            if (!once.Contains(files[i])) continue;
            progress?.Report(new EncodeProgress(files[i] + EncodeProgress.Spooling, 0, 0));
            files[i] = spooled.Keep(files[i], cancellation);
        }
        try
        {
            return encode(request with { Split = request.Split.Over(files), Spooled = spooled });
        }
        catch (ConsortException e)
        {
            var message = spooled._names.Aggregate(e.Message, (m, f) => m.Replace(f.Key, f.Value, StringComparison.Ordinal));
            throw new ConsortException(message, e);
        }
    }

    /// <summary>What a file that stands in is called by the user.</summary>
    public string NameOf(string file) => _names.GetValueOrDefault(file, file);

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private static DirectoryInfo Make()
    {
        try
        {
            return Directory.CreateTempSubdirectory("consort-rows-");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var (folder, variable) = (Path.GetTempPath(), OperatingSystem.IsWindows() ? "TMP" : "TMPDIR");
            if (Directory.Exists(folder)) throw SafeFile.Explain(folder, e);
            throw new ConsortException($"{folder}: found no such folder, expected the one for temporary files, where rows that come only once are kept; {variable} names it", e);
        }
    }

    private string Keep(string name, CancellationToken cancellation)
    {
        var file = Path.Combine(_folder.FullName, FormattableString.Invariant($"{_names.Count}-{Path.GetFileName(name)}"));
        _names[file] = name;
        try
        {
            SourceStream.Copy(name, file, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SafeFile.Explain(file, e);
        }
        return file;
    }
}
