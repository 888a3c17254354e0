namespace Consort.Studies.Reports.Reading;

/// <summary>The table that a recipe has left in its folder: <c>results.md</c>.</summary>
/// <param name="Title">Its heading.</param>
/// <param name="Columns">Heads.</param>
/// <param name="Rows">Cells.</param>
/// <param name="Notes">Lines below it.</param>
internal sealed record RecipeResults(
    string Title, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows, IReadOnlyList<string> Notes)
{
    private const string File = "results.md";

    /// <summary>Reads all tables of the page; none where there is no page yet.</summary>
    /// <exception cref="ConsortException">It cannot be read.</exception>
    public static IReadOnlyList<RecipeResults> Read(string folder)
    {
        var path = Path.Combine(folder, File);
        if (!System.IO.File.Exists(path))
            return [];
        try
        {
            return Parse(System.IO.File.ReadAllLines(path), Path.GetFileName(Path.GetFullPath(folder)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException($"{path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Headings, tables and lines of Markdown; a table ends with the next heading.</summary>
    internal static IReadOnlyList<RecipeResults> Parse(IEnumerable<string> lines, string fallback)
    {
        var tables = new List<RecipeResults>();
        var (title, columns, rows, notes) = (fallback, new List<string>(), new List<IReadOnlyList<string>>(), new List<string>());
        foreach (var line in lines.Select(l => l.Trim()).Where(l => l.Length > 0))
        {
            if (line.StartsWith('#'))
            {
                End();
                title = line.TrimStart('#').Trim();
            }
            else if (!line.StartsWith('|'))
            {
                notes.Add(line);
            }
            else if (line.All(c => c is '|' or '-' or ':' or ' '))
            {
                // The line between heads and rows.
            }
            else if (columns.Count == 0)
            {
                columns.AddRange(Cells(line));
            }
            else
            {
                rows.Add(Cells(line));
            }
        }

        End();
        return tables;

        void End()
        {
            if (columns.Count > 0)
                tables.Add(new RecipeResults(title, columns, rows, notes));
            (columns, rows, notes) = ([], [], []);
        }
    }

    private static List<string> Cells(string line) => [.. line[1..(line.EndsWith('|') ? ^1 : ^0)].Split('|').Select(c => c.Trim())];
}
