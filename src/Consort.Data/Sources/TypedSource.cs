namespace Consort.Data.Sources;

/// <summary>Rows of a program, some thousand at a time and column by column. A place is the row, from 1.</summary>
internal sealed class TypedSource<T>(SourceRequest request, Func<IEnumerable<T>> rows, IReadOnlyList<TypedColumn<T>> columns) : IRowSource
{
    private const int BlockRows = 4096;
    private readonly List<T> _held = new(BlockRows);
    private IEnumerator<T>? _rows;
    private (TypedColumn<T> Column, ListForm? Form, int Field)[] _columns = [];
    private TextHash? _hash;
    private long _row;

    public Layout? Layout { get; private set; }

    public long Position { get; private set; }

    public bool Read(Block block)
    {
        if (_rows is null) Open();
        _held.Clear();
        while (_held.Count < BlockRows && _rows!.MoveNext()) _held.Add(_rows.Current);
        if (_held.Count == 0) return _row > 0 ? false : throw new ConsortException($"{request.Path}: found no rows, expected at least one");
        Write(block);
        return true;
    }

    public RowParser Parser() => new TableParser(Layout!);

    public string Say(long place) => FormattableString.Invariant($"{request.Path}:{place}");

    public SourceIdentity Identify(long rows) => _hash!.Identify(request.Path, rows);

    public void Dispose() => _rows?.Dispose();

    private void Open()
    {
        Layout = Layout.OfColumns(request, [.. columns.Select(c => c.Facts)], "");
        _columns = [.. columns.Zip(Layout.Targets).Where(p => p.Second < request.Schema.Fields.Count)
            .Select(p => (p.First, ListForm.Of(request.Schema.Fields[p.Second]), p.Second))];
        _hash = new TextHash(_columns.Length);
        _rows = rows().GetEnumerator();
    }

    private void Write(Block block)
    {
        var writer = new CellWriter(block);
        block.Table.Begin(request.Schema.Fields.Count, _held.Count);
        for (var c = 0; c < _columns.Length; c++)
        {
            var (column, form, field) = _columns[c];
            var start = writer.End;
            var cells = block.Table.CellsOf(field);
            for (var r = 0; r < cells.Length; r++)
                if (!column.Write!(_held[r], writer, form, out cells[r]))
                    block.Table.Fail(r, ListText.Mistake(column.Facts.Name, writer.Written(cells[r].Start)[..cells[r].Length], form!));
            _hash!.Append(c, writer.Written(start), cells);
        }
        (block.Rows, block.Length, block.FirstPlace, block.TextBytes) = (_held.Count, _held.Count, _row + 1, writer.End);
        _row += _held.Count;
        Position += writer.End;
    }
}
