using System.Runtime.InteropServices;
using ParquetSharp;
using ParquetSharp.IO;

namespace Consort.Data.Parquet;

/// <summary>Writes a table of texts and numbers as a Parquet file, some rows at a time, in row groups of moderate size.</summary>
public sealed class ParquetTable : IDisposable
{
    private const int GroupRows = 1 << 17;

    private readonly ManagedOutputStream _stream;
    private readonly ParquetFileWriter _file;
    private readonly List<string?>[] _texts;
    private readonly List<double>[] _numbers;
    private int _rows;

    /// <summary>Begins a file.</summary>
    /// <param name="stream">Where to; stays open.</param>
    /// <param name="texts">Columns of texts, which may be missing; they come first.</param>
    /// <param name="numbers">Columns of numbers.</param>
    public ParquetTable(Stream stream, IReadOnlyList<string> texts, IReadOnlyList<string> numbers)
    {
        (_texts, _numbers) = ([.. texts.Select(_ => new List<string?>())], [.. numbers.Select(_ => new List<double>())]);
        _stream = new ManagedOutputStream(stream, leaveOpen: true);
        _file = new ParquetFileWriter(
            _stream, [.. texts.Select(n => new Column<string>(n)), .. numbers.Select(n => new Column<double>(n))]);
    }

    /// <summary>Adds texts to a column.</summary>
    public void AddTexts(int column, ReadOnlySpan<string?> texts) => _texts[column].AddRange(texts);

    /// <summary>Adds numbers to a column.</summary>
    public void AddNumbers(int column, ReadOnlySpan<double> numbers) => _numbers[column].AddRange(numbers);

    /// <summary>Called when each column has got so many values more.</summary>
    public void EndRows(int rows)
    {
        _rows += rows;
        if (_rows >= GroupRows) Flush();
    }

    /// <summary>Ends the file.</summary>
    public void Finish()
    {
        if (_rows > 0) Flush();
        _file.Close();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _file.Dispose();
        _stream.Dispose();
    }

    private void Flush()
    {
        using var group = _file.AppendRowGroup();
        foreach (var texts in _texts)
        {
            using var column = group.NextColumn().LogicalWriter<string?>();
            column.WriteBatch(CollectionsMarshal.AsSpan(texts));
            texts.Clear();
        }
        foreach (var numbers in _numbers)
        {
            using var column = group.NextColumn().LogicalWriter<double>();
            column.WriteBatch(CollectionsMarshal.AsSpan(numbers));
            numbers.Clear();
        }
        _rows = 0;
    }
}
