using Consort.Data.Sources;

namespace Consort.Data.Parquet;

/// <summary>
/// Rows of a Parquet file. Reading gives out places alone, some thousand rows of a row group at a time; the columns are read by whoever has
/// the block. A place is the row, from 1.
/// </summary>
internal sealed class ParquetSource(SourceRequest request) : IRowSource
{
    private const int CellBytes = 16, FewestRows = 512, MostRows = 16_384;
    private ColumnTurns? _turns;
    private FileHash? _hash; // where somebody will ask
    private long[] _starts = [];
    private long _size;
    private long _changed;
    private int _blockRows;
    private int _group;
    private long _row;
    private bool _isClosed;

    public Layout? Layout { get; private set; }

    public long Position => _starts.Length == 0 || _starts[^1] == 0 ? 0 : (long)(_size * (_row / (double)_starts[^1]));

    public bool Read(Block block)
    {
        if (_turns is null) Open();
        _hash?.Take(Position);
        while (_group + 1 < _starts.Length && _row == _starts[_group + 1]) _group++;
        if (_group + 1 >= _starts.Length) return false;
        block.Rows = (int)Math.Min(_blockRows, _starts[_group + 1] - _row);
        (block.FirstPlace, block.Length) = (_row + 1, block.Rows);
        _row += block.Rows;
        _turns!.GiveOut(block.Rows);
        return true;
    }

    public RowParser Parser() => new TableParser(Layout!, _turns!.Fill);

    public string Say(long place) => FormattableString.Invariant($"{request.Path}:{place}");

    public SourceIdentity Identify(long rows)
    {
        using (var file = SourceStream.Open(request.Path))
        {
            if (file.Length != _size || File.GetLastWriteTimeUtc(file.SafeFileHandle).Ticks != _changed)
                throw new ConsortException($"{request.Path}: changed while it was read; copy it and read the copy");
        }
        _hash ??= new FileHash(request.Path);
        return SourceIdentity.Of(request.Path, _hash.Finish(), rows);
    }

    // Its hash is finished when it is asked for, which is after it was closed at its end.
    public void Dispose()
    {
        _turns?.Close();
        if (_isClosed || _starts.Length == 0 || _row < _starts[^1]) _hash?.Dispose();
        _isClosed = true;
    }

    private void Open()
    {
        using (var own = SourceStream.Open(request.Path))
            (_size, _changed) = (own.Length, File.GetLastWriteTimeUtc(own.SafeFileHandle).Ticks);
        var file = ParquetFile.Open(request.Path);
        try
        {
            Layout = LayoutOf(file);
            _starts = file.Starts;
            if (request.IsIdentified) _hash = new FileHash(request.Path);
            _turns = new ColumnTurns(file, Layout);
            _blockRows = Math.Clamp(request.BlockBytes / (CellBytes * Math.Max(1, _turns.Columns)), FewestRows, MostRows);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private Layout LayoutOf(ParquetFile file)
    {
        // Keys that the schema does not name belong to the folder, not to the rows.
        var keys = file.Keys.Where(k => request.Schema.Fields.Any(f => f.Name == k.Name))
            .Select(k => new SourceColumn(k.Name, ParquetColumn.Text));
        return Layout.OfColumns(request, [.. file.Columns.Select(c => c.Facts), .. keys], ", or take its parts by SQL");
    }
}
