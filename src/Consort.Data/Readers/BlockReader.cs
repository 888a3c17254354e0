using Consort.Data.Schemas;

namespace Consort.Data.Readers;

/// <summary>
/// Reads raw files one after another in blocks cut at row ends. The cuts depend on the files alone, so every pass
/// sees the same blocks whatever the number of threads. One caller at a time; parsing is done elsewhere, in parallel.
/// </summary>
internal sealed unsafe class BlockReader : IDisposable
{
    /// <summary>A row longer than this is taken for a file of another format.</summary>
    private const int LongestRow = 64 << 20;

    private readonly IReadOnlyList<string> _paths;
    private readonly Schema _schema;
    private readonly RowRules _rules;
    private readonly CancellationToken _cancellation;
    private readonly int _blockBytes;
    private readonly Layout[] _layouts;
    private readonly string[] _hashes;
    private readonly long[] _rows;
    private SourceStream? _stream;
    private byte[] _carry = [];
    private int _carried;
    private int _file = -1;
    private long _index;
    private long _line;
    private long _row;
    private long _rowOfAll;
    private long _finishedBytes;
    private bool _first;

    public BlockReader(
        IReadOnlyList<string> paths, Schema schema, RowRules? rules = null, int blockBytes = Block.DefaultBytes, CancellationToken cancellation = default)
    {
        _paths = paths;
        _schema = schema;
        _rules = rules ?? RowRules.Training;
        _cancellation = cancellation;
        _blockBytes = blockBytes;
        _layouts = new Layout[paths.Count];
        _hashes = new string[paths.Count];
        _rows = new long[paths.Count];
    }

    /// <summary>The layout of each file reached so far.</summary>
    public IReadOnlyList<Layout> Layouts => _layouts;

    /// <summary>The content hash of each file, once it is read to its end.</summary>
    public IReadOnlyList<string> Hashes => _hashes;

    /// <summary>The data rows of each file, once it is read to its end.</summary>
    public IReadOnlyList<long> Rows => _rows;

    /// <summary>Bytes on disk read so far, over all files.</summary>
    public long Position => _finishedBytes + (_stream?.Position ?? 0);

    /// <summary>Reads the next block; false when all files are at their end.</summary>
    public bool Read(Block block)
    {
        while (true)
        {
            if (_stream is null && !OpenNext()) return false;
            if (!ReadFromFile(block)) continue;
            block.Index = _index++;
            block.File = _file;
            block.FirstLine = _line;
            block.FirstRow = _row;
            block.FirstRowOfAll = _rowOfAll;
            _rowOfAll += block.Rows;
            _row += block.Rows;
            // With quotes a row may span lines, so lines are counted apart from rows.
            _line += _schema.Quoted ? new ReadOnlySpan<byte>(block.Data, block.Length).Count((byte)'\n') : block.Rows;
            return true;
        }
    }

    public void Dispose() => _stream?.Dispose();

    private bool OpenNext()
    {
        if (_file + 1 >= _paths.Count) return false;
        _file++;
        _stream = new SourceStream(_paths[_file], _cancellation);
        _carried = 0;
        _line = 1;
        _row = 0;
        _first = true;
        return true;
    }

    private bool ReadFromFile(Block block)
    {
        if (block.Capacity < _blockBytes) block.Grow(_blockBytes);
        int held = _carried;
        if (block.Capacity < held + _blockBytes / 2) block.Grow(held + _blockBytes);
        _carry.AsSpan(0, held).CopyTo(new Span<byte>(block.Data, block.Capacity));
        _carried = 0;
        while (true)
        {
            // Always fill up to the same size, so that the cuts do not depend on the block handed in.
            int wanted = Math.Max(_blockBytes, held + _blockBytes / 2);
            int read = _stream!.Fill(new Span<byte>(block.Data + held, wanted - held));
            bool end = read < wanted - held;
            int total = held + read;
            int skip = 0;
            if (_first && !TakeFirstRow(new ReadOnlySpan<byte>(block.Data, total), end, out skip)) goto More;
            if (end)
            {
                total = CloseLastRow(block, skip, total);
                (int length, int rows) = RowCutter.Cut(new ReadOnlySpan<byte>(block.Data + skip, total - skip), _schema.Quoted);
                if (length < total - skip)
                    throw new ConsortException($"{_paths[_file]}: found a quote that is never closed, after line {_line + new ReadOnlySpan<byte>(block.Data, skip + length).Count((byte)'\n')}");
                Finish(rows);
                return Keep(block, skip, length, rows);
            }
            (int cut, int count) = RowCutter.Cut(new ReadOnlySpan<byte>(block.Data + skip, total - skip), _schema.Quoted);
            if (cut > 0)
            {
                int rest = total - skip - cut;
                if (_carry.Length < rest) _carry = new byte[Math.Max(rest, _blockBytes)];
                new ReadOnlySpan<byte>(block.Data + skip + cut, rest).CopyTo(_carry);
                _carried = rest;
                _first = false;
                return Keep(block, skip, cut, count);
            }
        More:
            if (end) throw Empty();
            held = total;
            if (held > LongestRow)
                throw new ConsortException($"{_paths[_file]}:{_line}: found a row of more than {LongestRow >> 20} MiB" + (_schema.Quoted ? " (is a quote never closed?)" : ""));
            block.Grow(Math.Max(block.Capacity, held + _blockBytes));
        }
    }

    /// <summary>Reads the layout from the first row; <paramref name="skip"/> is the mark and header to pass over.</summary>
    private bool TakeFirstRow(ReadOnlySpan<byte> data, bool end, out int skip)
    {
        skip = data.StartsWith("\uFEFF"u8) ? 3 : 0;
        if (end && data[skip..].Trim("\r\n"u8).IsEmpty) throw Empty();
        int row = RowCutter.FirstRow(data[skip..], _schema.Quoted);
        if (row < 0 && !end) return false;
        if (row < 0) row = data.Length - skip;
        _layouts[_file] = Layout.Of(_paths[_file], _schema, data.Slice(skip, row), _rules);
        if (!_schema.Header) return true;
        _line = 1 + data.Slice(skip, row).Count((byte)'\n');
        skip += row;
        if (end && data[skip..].Trim("\r\n"u8).IsEmpty)
            throw new ConsortException($"{_paths[_file]}: found a header but no rows");
        return true;
    }

    /// <summary>Drops empty lines at the end of the file and ends the last row with a line feed.</summary>
    private static int CloseLastRow(Block block, int skip, int total)
    {
        while (total > skip && block.Data[total - 1] is (byte)'\n' or (byte)'\r') total--;
        if (total == skip) return total;
        if (total == block.Capacity) block.Grow(total + 64);
        block.Data[total] = (byte)'\n';
        return total + 1;
    }

    private void Finish(int rows)
    {
        _rows[_file] = _row + rows;
        _hashes[_file] = _stream!.Hash();
        _finishedBytes += _stream.Position;
        _stream.Dispose();
        _stream = null;
        _first = false;
    }

    private static bool Keep(Block block, int skip, int length, int rows)
    {
        if (skip > 0) Buffer.MemoryCopy(block.Data + skip, block.Data, block.Capacity, length);
        block.Length = length;
        block.Rows = rows;
        return rows > 0;
    }

    private ConsortException Empty() => new($"{_paths[_file]}: found an empty file, expected rows");
}
