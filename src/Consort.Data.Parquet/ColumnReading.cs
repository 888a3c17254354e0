using Consort.Data.Sources;
using ParquetSharp;

namespace Consort.Data.Parquet;

/// <summary>One column of a file as it is read from row group to row group, by one thread at a time and in the order of the rows.</summary>
/// <param name="file">The file.</param>
/// <param name="column">The column.</param>
/// <param name="form">How a list is one cell; null where a row has one value.</param>
internal sealed class ColumnReading(ParquetFile file, ParquetColumn column, ListForm? form) : IDisposable
{
    private readonly object _turn = new();
    private RowGroupReader? _groupReader;
    private ColumnReader? _columnReader;
    private PageText? _text;
    private int _group = -1;
    private long _next;
    private string? _broken;

    /// <summary>Waits for its turn and writes the cells of some rows.</summary>
    public void Read(int group, long first, int field, bool takesNumbers, CellWriter writer, CellTable table)
    {
        var cells = table.CellsOf(field);
        lock (_turn)
        {
            while (_next != first) Monitor.Wait(_turn);
            var done = 0;
            try
            {
                if (_broken is null && group != _group) Open(group);
                if (_broken is null && takesNumbers && _text!.HasNumbers) _text.ReadNumbers(cells, field, ref done, writer, table);
                if (_broken is null) _text!.Read(cells, ref done, writer, table);
            }
            catch (Exception e) when (e is ParquetException or InvalidOperationException or OverflowException or IndexOutOfRangeException)
            {
                _broken = $"column {column.Facts.Name}: found damaged Parquet data: {ParquetFile.Words(e)}";
            }
            finally
            {
                if (_broken is not null) table.Fail(done, _broken);
                _next = first + cells.Length;
                Monitor.PulseAll(_turn);
            }
        }
    }

    public void Dispose()
    {
        _columnReader?.Dispose();
        _groupReader?.Dispose();
    }

    private void Open(int group)
    {
        Dispose();
        // The description of the file is everybody's.
        lock (file)
        {
            _groupReader = file.Reader.RowGroup(group);
            _columnReader = _groupReader.Column(column.Index);
            _text ??= PageText.Of(column, _columnReader.ColumnDescriptor, form);
        }
        _group = group;
        _text.Begin(_columnReader);
    }
}
