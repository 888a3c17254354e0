namespace Consort.Data.Sources;

/// <summary>Knows files that are not UTF-8 text by their first bytes, so that they are named instead of read as rows.</summary>
internal static class FileSignature
{
    private const string Unpack = "unpack it first";
    private const string AsCsv = "write it as CSV first";
    private const string Utf8 = "expected UTF-8";

    /// <summary>First bytes, what a file that has them is, and what to do with it.</summary>
    private static readonly (byte[] Start, string Name, string Advice)[] Known =
    [
        ([0xFF, 0xFE, 0, 0], "UTF-32 text", $"{Utf8}; convert it: iconv -f UTF-32 -t UTF-8"),
        ([0, 0, 0xFE, 0xFF], "UTF-32 text", $"{Utf8}; convert it: iconv -f UTF-32 -t UTF-8"),
        ([0xFF, 0xFE], "UTF-16 text (Excel: Unicode text)", $"{Utf8}; convert it: iconv -f UTF-16 -t UTF-8"),
        ([0xFE, 0xFF], "UTF-16 text", $"{Utf8}; convert it: iconv -f UTF-16 -t UTF-8"),
        ([0x1F, 0x8B], "gzip within compressed data", Text("unpack it once")),
        ([0x28, 0xB5, 0x2F, 0xFD], "zstd within compressed data", Text("unpack it once")),
        ([0xFD, .. "7zXZ"u8, 0], "an xz file", Text("unpack it first: unxz")),
        ([0x5D, 0, 0], "an LZMA file", Text("unpack it first: unlzma")),
        ([0x04, 0x22, 0x4D, 0x18], "an LZ4 file", Text("unpack it first: lz4 -d")),
        ([0x02, 0x21, 0x4C, 0x18], "an LZ4 file", Text("unpack it first: lz4 -d")),
        ([0xFF, 0x06, 0, 0, .. "sNaPpY"u8], "a Snappy file", Text(Unpack)),
        ([0x1F, 0x9D], "a compress (.Z) file", Text("unpack it first: uncompress")),
        ([.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C], "a 7-Zip file", Text(Unpack)),
        ([.. "Rar!"u8, 0x1A, 0x07], "a RAR file", Text(Unpack)),
        ([0x89, .. "HDF"u8, 0x0D, 0x0A, 0x1A, 0x0A], "an HDF5 file", Text(AsCsv)),
        ([0x93, .. "NUMPY"u8], "a NumPy array", Text(AsCsv)),
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "an old Excel or other Office file", Text(AsCsv)),
        ([.. "%PDF-"u8], "a PDF document", Text("see where the rows are")),
        ([0x89, .. "PNG"u8], "a picture", Text("see where the rows are")),
        ([0x7F, .. "ELF"u8], "a program", Text("see where the rows are")),
        ([.. "version https://git-lfs.github.com/spec/"u8], "a pointer of Git LFS", "expected the file itself; fetch it: git lfs pull"),
        ([.. "<!DOCTYPE html"u8], "a web page", Text("download the file itself")),
        ([.. "<!doctype html"u8], "a web page", Text("download the file itself")),
        ([.. "<html"u8], "a web page", Text("download the file itself")),
    ];

    /// <summary>Letters that a text might begin with too; control characters must follow them.</summary>
    private static readonly (byte[] Start, string Name, string Advice)[] Lettered =
    [
        ([.. "LZIP"u8], "an lzip file", Text(Unpack)),
        ([.. "PAR1"u8], "a Parquet file", "expected text; a program with the package Consort.Data.Parquet reads such files where they are files, not pipes"),
        ([.. "PARE"u8], "an encrypted Parquet file", Text(AsCsv)),
        ([.. "ORC"u8], "an ORC file", Text(AsCsv)),
        ([.. "Obj"u8], "an Avro file", Text(AsCsv)),
        ([.. "ARROW1"u8], "an Arrow (Feather) file", Text(AsCsv)),
        ([.. "FEA1"u8], "a Feather file", Text(AsCsv)),
        ([.. "SQLite format 3"u8], "an SQLite database", Text("write its table as CSV first")),
        ([.. "SEQ"u8], "a Hadoop sequence file", Text(AsCsv)),
        ([.. "RDX"u8], "an R data file", Text(AsCsv)),
        ([.. "CONSORT"u8], "a file of Consort's own", "expected rows as text; name the raw file it was made of"),
    ];

    /// <summary>What a file is and what to do with it: "found a zip file, expected …"; null where it may be UTF-8 text.</summary>
    /// <param name="head">The first bytes, a few hundred or all there are.</param>
    public static string? Describe(ReadOnlySpan<byte> head)
    {
        foreach ((var start, var name, var advice) in Known)
        {
            if (head.StartsWith(start)) return $"found {name}, {advice}";
        }
        foreach ((var start, var name, var advice) in Lettered)
        {
            if (head.StartsWith(start) && HasControl(head[start.Length..])) return $"found {name}, {advice}";
        }
        if (head.Length >= 10 && head.StartsWith("BZh"u8) && head[4..].StartsWith("1AY&SY"u8))
            return $"found a bzip2 file, {Text("unpack it first: bunzip2")}";
        if (head.StartsWith("PK"u8) && head.Length >= 4 && (head[2], head[3]) is (3, 4) or (5, 6) or (7, 8)) return $"found {Zip(head)}";
        // Pieces that zstd and LZ4 readers pass over; and the two first bytes of a pickle.
        if (head.Length >= 4 && head[0] is >= 0x50 and <= 0x5F && head[1] == 0x2A && head[2] == 0x4D && head[3] == 0x18)
            return $"found a zstd or LZ4 file, {Text(Unpack)}";
        if (head.Length >= 2 && head[0] == 0x80 && head[1] is >= 2 and <= 5) return $"found a Python pickle, {Text(AsCsv)}";
        if (head.Length >= 24 && head[8..].StartsWith("{\"__metadata__\":"u8))
            return "found a file of weights (safetensors), expected rows as text; name the raw file they were learnt from";
        if (head.Length >= 12 && head[8..].StartsWith("DUCK"u8))
            return $"found a DuckDB database, expected rows; name a table of it: duckdb:FILE#TABLE";
        if (head.Length >= 262 && head[257..].StartsWith("ustar"u8)) return $"found a tar archive, {Text("unpack it first: tar -xf")}";
        return WideText(head);
    }

    private static bool HasControl(ReadOnlySpan<byte> bytes)
    {
        foreach (var b in bytes[..Math.Min(bytes.Length, 64)])
        {
            if (b is < (byte)' ' and not ((byte)'\t' or (byte)'\r' or (byte)'\n') or 0x7F) return true;
        }
        return false;
    }

    private static string Text(string advice) => $"expected text, maybe gzip or zstd; {advice}";

    private static string Zip(ReadOnlySpan<byte> head)
    {
        var isWorkbook = head.IndexOf("[Content_Types].xml"u8) >= 0 || head.IndexOf("xl/"u8) >= 0;
        return isWorkbook ? $"an Excel workbook (.xlsx), {Text("save it as CSV UTF-8 first")}" : $"a zip file, {Text("unpack it first: unzip")}";
    }

    // UTF-16 or UTF-32 without a mark: between letters of western scripts stand NUL bytes, always at the same places.
    private static string? WideText(ReadOnlySpan<byte> head)
    {
        head = head[..Math.Min(head.Length & ~3, 256)];
        if (head.Length < 8) return null;
        Span<int> zeros = stackalloc int[4];
        zeros.Clear();
        for (var i = 0; i < head.Length; i++) zeros[i & 3] += head[i] == 0 ? 1 : 0;
        int most = head.Length / 4, many = most - most / 8;
        var isWide = zeros[1] >= many && zeros[3] >= many && zeros[0] + zeros[2] == 0
            || zeros[0] >= many && zeros[2] >= many && zeros[1] + zeros[3] == 0;
        if (isWide) return $"found UTF-16 text without a mark, {Utf8}; convert it: iconv -f UTF-16LE -t UTF-8, or UTF-16BE";
        var isWider = zeros[1] + zeros[2] + zeros[3] == 3 * most && zeros[0] == 0 || zeros[0] + zeros[1] + zeros[2] == 3 * most
            && zeros[3] == 0;
        return isWider ? $"found UTF-32 text without a mark, {Utf8}; convert it: iconv -f UTF-32LE -t UTF-8, or UTF-32BE" : null;
    }
}
