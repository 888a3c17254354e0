namespace Consort.Data.Schemas;

/// <summary>Text files of vectors, as their names end: what stands between a token and its numbers.</summary>
public static class VectorFormat
{
    /// <summary>The endings there are; <c>.gz</c> may follow.</summary>
    public const string Endings = ".tsv, .csv, .txt or .vec";

    /// <summary>The byte between numbers, or null for another ending.</summary>
    public static byte? Delimiter(string path)
    {
        if (path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase)) path = path[..^3];
        return Path.GetExtension(path).ToUpperInvariant() switch
        {
            ".TSV" => (byte)'\t',
            ".CSV" => (byte)',',
            ".TXT" or ".VEC" => (byte)' ',
            _ => null,
        };
    }
}
