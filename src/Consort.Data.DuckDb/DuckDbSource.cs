using Consort.Data.Sources;
using DuckDB.NET.Native;

namespace Consort.Data.DuckDb;

/// <summary>
/// Rows of a query. DuckDB works on it by threads of its own; the chunks come in the query's order and are written as text as they come, by
/// which what was read is also known again. A place is the row, from 1.
/// </summary>
internal sealed class DuckDbSource(SourceRequest request) : IRowSource
{
    private readonly string _name = SourcePlace.Show(request.Path);
    private DuckDbQuery? _query;
    private (VectorText Text, int Column, int Field)[] _columns = [];
    private TextHash? _hash;
    private long _row;
    private bool _isOver;

    public Layout? Layout { get; private set; }

    // In the measure of text, which is what there is of it.
    public long Position { get; private set; }

    public bool Read(Block block)
    {
        if (_isOver) return false;
        try
        {
            if (_query is null) Open();
            using var chunk = _query!.Next();
            if (chunk is null)
            {
                _isOver = true;
                if (_row == 0) throw new ConsortException($"{_name}: found no rows, expected at least one");
                return false;
            }
            Write(chunk, block);
            return true;
        }
        catch (ConsortException) when (request.Cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(request.Cancellation);
        }
    }

    public RowParser Parser() => new TableParser(Layout!);

    public string Say(long place) => FormattableString.Invariant($"{_name}:{place}");

    public SourceIdentity Identify(long rows) => _hash!.Identify(request.Path, rows);

    public void Dispose()
    {
        _query?.Dispose();
        _query = null;
    }

    private void Open()
    {
        _query = DuckDbQuery.Open(DuckDbPlace.Parse(request.Path), _name, Read, request.Cancellation);
        Layout ??= LayoutOf(_query.Columns);
        // Of a table only what is read has been asked for, so columns are found by their names.
        var targets = Layout.Names.Zip(Layout.Targets).Where(p => p.Second < request.Schema.Fields.Count)
            .ToDictionary(p => p.First, p => p.Second);
        _columns = [.. _query.Columns.Where(c => targets.ContainsKey(c.Facts.Name)).Select(c =>
            (c.Texts(ListForm.Of(request.Schema.Fields[targets[c.Facts.Name]])), c.Index, targets[c.Facts.Name]))];
        _hash = new TextHash(_columns.Length);
    }

    private IEnumerable<string> Read(IReadOnlyList<DuckDbColumn> columns)
    {
        Layout = LayoutOf(columns);
        return columns.Where((_, i) => Layout.Targets[i] < request.Schema.Fields.Count).Select(c => c.Facts.Name);
    }

    private Layout LayoutOf(IReadOnlyList<DuckDbColumn> columns) =>
        Layout.OfColumns(request, [.. columns.Select(c => c.Facts)], ", or cast it in a query");

    private void Write(DuckDBDataChunk chunk, Block block)
    {
        var (rows, writer) = ((int)NativeMethods.DataChunks.DuckDBDataChunkGetSize(chunk), new CellWriter(block));
        block.Table.Begin(request.Schema.Fields.Count, rows);
        for (var c = 0; c < _columns.Length; c++)
        {
            var (text, column, field) = _columns[c];
            var start = writer.End;
            var cells = block.Table.CellsOf(field);
            text.Bind(NativeMethods.DataChunks.DuckDBDataChunkGetVector(chunk, column));
            text.Write(cells, writer, block.Table);
            _hash!.Append(c, writer.Written(start), cells);
        }
        (block.Rows, block.Length, block.FirstPlace, block.TextBytes) = (rows, rows, _row + 1, writer.End);
        _row += rows;
        Position += writer.End;
    }
}
