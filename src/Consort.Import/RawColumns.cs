namespace Consort.Import;

/// <summary>The header and the first row of a training file, as far as they could be looked at.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Names">The columns.</param>
/// <param name="First">The first row's cells.</param>
internal sealed record RawColumns(string File, IReadOnlyList<string> Names, IReadOnlyList<string> First)
{
    // More is no header.
    private const int MaxChars = 1 << 20;

    /// <summary>Reads them, or null where there is no file or it is no plain text.</summary>
    public static RawColumns? Of(DataFiles files, byte delimiter)
    {
        var file = files.Train[0];
        if (!files.IsFound || !System.IO.File.Exists(file))
            return null;
        char[] text;
        int count;
        try
        {
            using var reader = System.IO.File.OpenText(file);
            text = new char[Math.Min(MaxChars, reader.BaseStream.Length + 1)];
            count = reader.ReadBlock(text);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        var lines = new string(text, 0, count).Split('\n', 3);
        // Compressed, or another format.
        if (lines[0].Any(c => char.IsControl(c) && c is not ('\t' or '\r' or '\x01')) || (lines.Length == 1 && count == MaxChars))
            return null;
        return new RawColumns(Path.GetFileName(file), [.. Cells(lines[0])], lines.Length > 1 ? [.. Cells(lines[1])] : []);

        IEnumerable<string> Cells(string line) => line.TrimEnd('\r').Split((char)delimiter).Select(n => n.Trim('"'));
    }

    /// <summary>Whether there is a column of that name.</summary>
    public bool Has(string name) => Names.Contains(name);

    /// <summary>The first row's cell of a column, or null.</summary>
    public string? Example(string name)
    {
        var at = Names.ToList().IndexOf(name);
        return at >= 0 && at < First.Count ? First[at] : null;
    }
}
