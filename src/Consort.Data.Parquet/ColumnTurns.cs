using Consort.Data.Sources;

namespace Consort.Data.Parquet;

/// <summary>
/// The columns of a file that are read, each by one thread at a time: the block that is first in the file has the first turn at every
/// column, and while its thread is at one column, that of the next block is at the one before. So every page is decoded once, in order,
/// and by all threads together. A block that was given out is filled by somebody, or nobody waits for it.
/// </summary>
internal sealed class ColumnTurns
{
    private readonly ParquetFile _file;
    private readonly (ColumnReading Reading, int Field)[] _columns;
    private readonly (byte[]? Value, int Field)[] _keys;
    private readonly Lock _gate = new();
    private long _givenOut;
    private long _filled;
    private int _closings;

    public ColumnTurns(ParquetFile file, Layout layout)
    {
        _file = file;
        var fields = layout.Schema.Fields.Count;
        _columns = [.. file.Columns.Select((c, i) => (Column: c, Field: layout.Targets[i])).Where(p => p.Field < fields)
            .Select(p => (new ColumnReading(file, p.Column, ListForm.Of(layout.Schema.Fields[p.Field])), p.Field))];
        _keys = [.. layout.Names.Skip(file.Columns.Count).Select((name, i) =>
                (file.Keys.First(k => k.Name == name).Value is { } value ? System.Text.Encoding.UTF8.GetBytes(value) : null,
                layout.Targets[file.Columns.Count + i]))
            .Where(p => p.Item2 < fields)];
        Fields = fields;
    }

    /// <summary>How many columns are read.</summary>
    public int Columns => _columns.Length;

    private int Fields { get; }

    /// <summary>Notes rows that somebody is to fill.</summary>
    public void GiveOut(int rows)
    {
        lock (_gate) _givenOut += rows;
    }

    /// <summary>Fills the cells of a block; gives the bytes that were written.</summary>
    /// <param name="block">The block.</param>
    /// <param name="consumer">Who takes its rows, by numbers where it says so.</param>
    public int Fill(Block block, IRowConsumer? consumer)
    {
        var (table, writer, first) = (block.Table, new CellWriter(block), block.FirstPlace - 1);
        table.Begin(Fields, block.Rows);
        var group = Array.BinarySearch(_file.Starts, first) is var at && at >= 0 ? LastAt(at) : ~at - 1;
        foreach (var (reading, field) in _columns) reading.Read(group, first, field, consumer?.TakesNumbers(field) ?? false, writer, table);
        foreach (var (value, field) in _keys)
            table.CellsOf(field).Fill(value is null ? new Cell { Length = -1 } : writer.Text(value));
        lock (_gate)
        {
            _filled += block.Rows;
            if (_closings == 1 && _filled == _givenOut) Free();
        }
        return writer.End;
    }

    /// <summary>Closes the file, the first time only when what was given out is filled.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (++_closings > 1 || _filled == _givenOut) Free();
        }
    }

    // Empty row groups begin where the next one does.
    private int LastAt(int group)
    {
        while (group + 1 < _file.Starts.Length - 1 && _file.Starts[group + 1] == _file.Starts[group]) group++;
        return group;
    }

    private void Free()
    {
        _closings = 2;
        foreach (var (reading, _) in _columns) reading.Dispose();
        _file.Dispose();
    }
}
