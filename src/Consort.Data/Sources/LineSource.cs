using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>Rows of a text, plain or gzip, which end with line feeds: reads it in blocks cut at row ends.</summary>
internal abstract class LineSource(SourceRequest request) : IRowSource
{
    /// <summary>A row longer than this is taken for a file of another format.</summary>
    private const int LongestRow = 64 << 20;

    private SourceStream? _stream;
    private byte[] _carry = [];
    private int _carried;
    private long _line = 1;
    private bool _isFirst = true;
    private bool _hasRows;
    private string? _hash;
    private ConsortException? _unclosed;

    public Layout? Layout { get; private set; }

    public long Position { get; private set; }

    protected string Path => request.Path;

    protected Schema Schema => request.Schema;

    protected RowRules Rules => request.Rules;

    protected Layout? First => request.First;

    /// <summary>Whether every line is a row, so that nobody needs to count lines.</summary>
    protected abstract bool RowsAreLines { get; }

    public abstract RowParser Parser();

    public string Say(long place) => FormattableString.Invariant($"{Path}:{place}");

    public SourceIdentity Identify(long rows) => SourceIdentity.Of(Path, _hash!, rows);

    /// <summary>The length of the whole rows at the start of the data, and how many they are; the data begin at a row's start.</summary>
    protected abstract (int Length, int Rows) Cut(ReadOnlySpan<byte> data);

    /// <summary>The length of the first row with its line end, or −1 when it is not whole.</summary>
    protected virtual int FirstRow(ReadOnlySpan<byte> data) => data.IndexOf((byte)'\n') + 1 is > 0 and var length ? length : -1;

    /// <summary>The layout, from the first row; a header is no row of data.</summary>
    protected abstract Layout LayoutOf(ReadOnlySpan<byte> firstRow);

    public bool Read(Block block)
    {
        if (_hash is not null) return false;
        _stream ??= new SourceStream(Path, request.Cancellation);
        do
        {
            if (_unclosed is not null) throw _unclosed;
            var isOver = Fill(block);
            block.FirstPlace = _line;
            _line += RowsAreLines ? block.Rows : block.Content.Count((byte)'\n');
            _hasRows |= block.Rows > 0;
            Position = _stream.Position;
            if (!isOver) continue;
            if (!_hasRows) throw Schema.Header ? HeaderAlone() : new ConsortException($"{Path}: found no rows, expected at least one");
            _hash = _stream.Hash();
            Position = _stream.Position;
        }
        while (block.Rows == 0 && _hash is null);
        return block.Rows > 0;
    }

    public void Dispose() => _stream?.Dispose();

    /// <summary>Fills a block; true at the end of the text.</summary>
    private bool Fill(Block block)
    {
        var (size, held) = (request.BlockBytes, _carried);
        if (block.Capacity < Math.Max(size, held + size / 2)) block.Grow(Math.Max(size, held + size));
        _carry.AsSpan(0, held).CopyTo(block.Bytes);
        _carried = 0;
        while (true)
        {
            // Always fill up to the same size, so that the cuts do not depend on the block handed in.
            var wanted = Math.Max(size, held + size / 2);
            var total = held + _stream!.Fill(block.Bytes[held..wanted]);
            var (end, skip) = (total < wanted, 0);
            if (!_isFirst || TakeFirstRow(block.Bytes[..total], end, out skip))
            {
                if (end) return TakeRest(block, skip, total);
                var (cut, rows) = Cut(block.Bytes[skip..total]);
                if (cut > 0)
                {
                    var rest = block.Bytes[(skip + cut)..total];
                    if (_carry.Length < rest.Length) _carry = new byte[Math.Max(rest.Length, size)];
                    rest.CopyTo(_carry);
                    _carried = rest.Length;
                    Keep(block, skip, cut, rows);
                    return false;
                }
            }
            if (end) throw Empty();
            held = total;
            if (held > LongestRow)
                throw new ConsortException($"{Path}:{_line}: found a row of more than {LongestRow >> 20} MiB, expected text with line ends" + (Schema.Quoted
                    ? " (is a quote never closed?)" : ""));
            block.Grow(Math.Max(block.Capacity, held + size));
        }
    }

    /// <summary>Takes the last rows. Before a quote that is never closed there may be other mistakes, so these rows come first.</summary>
    private bool TakeRest(Block block, int skip, int total)
    {
        total = CloseLastRow(block, skip, total);
        var (length, rows) = Cut(block.Bytes[skip..total]);
        if (length < total - skip)
        {
            _unclosed = new ConsortException(
                $"{Path}: found a quote that is never closed, after line {_line + block.Bytes.Slice(skip, length).Count((byte)'\n')}, expected another one that closes it");
            if (rows == 0) throw _unclosed;
        }
        Keep(block, skip, length, rows);
        return _unclosed is null;
    }

    /// <summary>Reads the layout from the first row; <paramref name="skip"/> is the mark and header to pass over.</summary>
    private bool TakeFirstRow(ReadOnlySpan<byte> data, bool end, out int skip)
    {
        skip = data.StartsWith("\uFEFF"u8) ? 3 : 0;
        if (end && data[skip..].Trim("\r\n"u8).IsEmpty) throw Empty();
        var row = FirstRow(data[skip..]);
        if (row < 0 && EndsWithReturns(data[skip..]))
            throw new ConsortException($"{Path}:{_line}: found lines that end with CR alone (old Mac), expected LF or CRLF; convert it: tr '\\r' '\\n'");
        if (row < 0 && !end) return false;
        if (row < 0) row = data.Length - skip;
        Layout = LayoutOf(data.Slice(skip, row));
        if (!Schema.Header) return true;
        _line = 1 + data.Slice(skip, row).Count((byte)'\n');
        skip += row;
        return end && data[skip..].Trim("\r\n"u8).IsEmpty ? throw HeaderAlone() : true;
    }

    /// <summary>Drops empty lines at the end of the text and ends the last row with a line feed.</summary>
    private static int CloseLastRow(Block block, int skip, int total)
    {
        total = skip + ((ReadOnlySpan<byte>)block.Bytes[skip..total]).TrimEnd("\r\n"u8).Length;
        if (total == skip) return total;
        if (total == block.Capacity) block.Grow(total + 64);
        block.Bytes[total] = (byte)'\n';
        return total + 1;
    }

    private void Keep(Block block, int skip, int length, int rows)
    {
        if (skip > 0) block.Bytes.Slice(skip, length).CopyTo(block.Bytes);
        (block.Length, block.Rows, _isFirst) = (length, rows, false);
    }

    /// <summary>
    /// Whether lines end with carriage returns alone: there is one outside quotes with more behind it, and no line feed at all.
    /// </summary>
    private bool EndsWithReturns(ReadOnlySpan<byte> data)
    {
        data = data.TrimEnd((byte)'\r');
        if (data.Contains((byte)'\n')) return false;
        var inside = false;
        foreach (var b in data)
        {
            if (Schema.Quoted && b == (byte)'"') inside = !inside;
            if (b == (byte)'\r' && !inside) return true;
        }
        return false;
    }

    private ConsortException HeaderAlone() => new($"{Path}: found a header but no rows, expected at least one");

    private ConsortException Empty() => new($"{Path}: found an empty file, expected rows");
}
