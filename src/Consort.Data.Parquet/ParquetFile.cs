using Consort.Data.Sources;
using ParquetSharp;

namespace Consort.Data.Parquet;

/// <summary>An open Parquet file: its columns, its row groups, and the keys that its folders name.</summary>
internal sealed class ParquetFile : IDisposable
{
    private const int BufferBytes = 1 << 18;
    private const string Null = "__HIVE_DEFAULT_PARTITION__";
    private readonly ReaderProperties _properties;

    private ParquetFile(string path)
    {
        Path = path;
        _properties = ReaderProperties.GetDefaultReaderProperties();
        // Otherwise the pages of a whole row group are read at once.
        _properties.EnableBufferedStream();
        _properties.BufferSize = BufferBytes;
        _properties.EnablePageChecksumVerification(); // of pages that have sums
        try
        {
            Reader = new ParquetFileReader(path, _properties);
            var meta = Reader.FileMetaData;
            Columns = ParquetColumn.Of(meta.Schema);
            Starts = new long[meta.NumRowGroups + 1];
            for (var g = 0; g < meta.NumRowGroups; g++)
            {
                using var group = Reader.RowGroup(g);
                Starts[g + 1] = Starts[g] + group.MetaData.NumRows;
            }
        }
        catch
        {
            Dispose();
            throw;
        }
        Keys = KeysOf(path);
    }

    public string Path { get; }

    public ParquetFileReader Reader { get; } = null!;

    /// <summary>What stands at the top of its schema.</summary>
    public IReadOnlyList<ParquetColumn> Columns { get; } = [];

    /// <summary>The rows before each row group, and all of them.</summary>
    public long[] Starts { get; } = [0];

    /// <summary>
    /// The keys of a partitioned folder, from the path: <c>day=2026-11-01/part-0.parquet</c>; a value of null is missing.
    /// </summary>
    public IReadOnlyList<(string Name, string? Value)> Keys { get; } = [];

    /// <summary>Opens a file and reads its end.</summary>
    /// <exception cref="ConsortException">It is not there, cut off, or no Parquet file that can be read.</exception>
    public static ParquetFile Open(string path)
    {
        using (var file = SourceStream.Open(path)) CheckEnds(path, file);
        try
        {
            return new ParquetFile(path);
        }
        catch (Exception e) when (e is ParquetException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new ConsortException($"{path}: found a Parquet file whose description cannot be read, expected a whole one: {Words(e)}", e);
        }
    }

    /// <summary>What the library says, on one line; without the name of a C++ type that it puts around.</summary>
    public static string Words(Exception e)
    {
        const string Begin = " (message: '", End = "')";
        var text = e.Message.ReplaceLineEndings(" ");
        if (text.IndexOf(Begin, StringComparison.Ordinal) is var at and >= 0 && text.EndsWith(End, StringComparison.Ordinal))
            text = text[(at + Begin.Length)..^End.Length];
        return PrintableText.Short(text, 200);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Reader?.Dispose();
        _properties.Dispose();
    }

    private static void CheckEnds(string path, FileStream file)
    {
        Span<byte> mark = stackalloc byte[4];
        var read = file.ReadAtLeast(mark, 4, throwOnEndOfStream: false);
        if (mark[..read].SequenceEqual("PARE"u8))
            throw new ConsortException($"{path}: found an encrypted Parquet file, expected one without a key; decrypt it first");
        if (file.Length >= 12)
        {
            file.Position = file.Length - 4;
            file.ReadExactly(mark);
            if (mark.SequenceEqual("PAR1"u8)) return;
        }
        throw new ConsortException($"{path}: found a Parquet file without its end, expected PAR1 as its last bytes: was it cut off, or is it still being written?");
    }

    // The folders right above the file, as far as they have the form of keys.
    private static List<(string, string?)> KeysOf(string path)
    {
        var keys = new List<(string, string?)>();
        for (var folder = Directory.GetParent(System.IO.Path.GetFullPath(path)); folder is not null; folder = folder.Parent)
        {
            var name = folder.Name;
            var equals = name.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1) break;
            var value = Uri.UnescapeDataString(name[(equals + 1)..]);
            keys.Insert(0, (Uri.UnescapeDataString(name[..equals]), value == Null ? null : value));
        }
        return keys;
    }
}
