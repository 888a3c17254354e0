using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Consort.Foundation.Files;
using Consort.Studies.Reports.Pages;

namespace Consort.Studies.Search;

/// <summary>The folder of a search: how far it has come, the best that it found, and its report.</summary>
/// <param name="Path">A full path.</param>
internal sealed record SearchFolder(string Path)
{
    /// <summary>How far it has come.</summary>
    public string State => In("search.json");

    /// <summary>The best.</summary>
    public string Best => In("best.yaml");

    /// <summary>The report.</summary>
    public string Page => In("report.html");

    /// <summary>A folder with an experiment or a run in it is none of a search.</summary>
    /// <exception cref="ConsortException">It holds other things.</exception>
    public void Check()
    {
        if (Directory.Exists(Path) && !File.Exists(State)
            && Directory.EnumerateFileSystemEntries(Path).Select(e => System.IO.Path.GetFileName(e)!)
                // What a start that was killed leaves.
                .Any(n => !n.StartsWith("writer.", StringComparison.Ordinal) && !n.Contains(".tmp-", StringComparison.Ordinal)))
            throw new ConsortException($"--out {Path}: found a folder that holds other things than a search, expected a new folder or that of a search");
    }

    /// <summary>Keeps others out.</summary>
    public Claim Claim() => Foundation.Files.Claim.Take(Path, In("writer"), "name another folder with --out");

    /// <summary>Writes the report.</summary>
    public void Write(Document document)
    {
        Write(Page, HtmlWriter.Write(document));
        Write(System.IO.Path.ChangeExtension(Page, ".md"), MarkdownWriter.Write(document));
    }

    /// <summary>Writes a text.</summary>
    public static void Write(string file, string text) => SafeFile.Write(file, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    /// <summary>Of what is searched, and how.</summary>
    public static string Identity(SearchSpace space, int[] rungs, ulong seed, string data) =>
        Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture,
            $"{space.Describe()}\n{string.Join(',', rungs)}\n{seed}\n{data}"))));

    private string In(string name) => System.IO.Path.Combine(Path, name);
}
