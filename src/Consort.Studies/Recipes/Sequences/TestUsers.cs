using System.IO.Compression;

namespace Consort.Studies.Recipes.Sequences;

/// <summary>Whose the rows of a raw test file are: a column that no model reads, by which AUC is measured within users.</summary>
internal static class TestUsers
{
    /// <summary>A number of the user a row, in the order of the file.</summary>
    /// <param name="folder">Holds the file.</param>
    /// <param name="names">Names that the file may have, the first that exists.</param>
    /// <param name="column">The column's name in the header.</param>
    /// <exception cref="ConsortException">There is no such file, no such column, or a line without it.</exception>
    public static int[] Read(string folder, IReadOnlyList<string> names, string column)
    {
        var path = names.Select(n => Path.Combine(folder, n)).FirstOrDefault(File.Exists)
            ?? throw new ConsortException($"{folder}: found no test rows, expected {string.Join(" or ", names)}");
        using var file = File.OpenRead(path);
        using Stream content = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var text = new StreamReader(content);
        var at = Array.IndexOf((text.ReadLine() ?? "").Split('\t'), column);
        if (at < 0)
            throw new ConsortException($"{path}:1: found no column {column}, expected one to measure AUC within");
        var (known, users) = (new Dictionary<string, int>(), new List<int>());
        while (text.ReadLine() is { } line)
        {
            var cells = line.Split('\t');
            if (cells.Length <= at)
                throw new ConsortException(FormattableString.Invariant($"{path}:{users.Count + 2}: found {cells.Length} columns, expected more than {at}"));
            users.Add(known.TryGetValue(cells[at], out var user) ? user : known[cells[at]] = known.Count);
        }

        return [.. users];
    }
}
