using System.Runtime.ExceptionServices;
using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>
/// Reads raw files one after another in blocks cut at row ends. The cuts depend on the files alone, so every pass
/// sees the same blocks whatever the number of threads. One caller at a time; parsing is done elsewhere, in parallel.
/// </summary>
internal sealed class BlockReader : IDisposable
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
    private Exception? _failure;
    private ConsortException? _unclosed;

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

    /// <summary>The place that the next block will have in the order of all blocks.</summary>
    public long NextIndex => _index;

    /// <summary>Reads the next block; false when all files are at their end. Once it has thrown, it throws the same again.</summary>
    /// <exception cref="ConsortException">A file that cannot be read, or is not made of rows.</exception>
    public bool Read(Block block)
    {
        if (_failure is { } failure) ExceptionDispatchInfo.Throw(failure);
        try
        {
            return ReadNext(block);
        }
        catch (Exception e)
        {
            _failure = e;
            throw;
        }
    }

    public void Dispose() => _stream?.Dispose();

    private bool ReadNext(Block block)
    {
        while (true)
        {
            if (_stream is null && !OpenNext()) return false;
            ReadFromFile(block);
            long line = _line;
            // With quotes a row may span lines, and comments of libsvm are lines without rows.
            _line += _schema.Quoted || _schema.Format != DataFormat.Delimited ? block.Content.Count((byte)'\n') : block.Rows;
            if (block.Rows == 0) continue;
            block.Index = _index++;
            block.File = _file;
            block.FirstLine = line;
            block.FirstRow = _row;
            block.FirstRowOfAll = _rowOfAll;
            _rowOfAll += block.Rows;
            _row += block.Rows;
            return true;
        }
    }

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

    private void ReadFromFile(Block block)
    {
        if (_unclosed is not null) throw _unclosed;
        if (block.Capacity < _blockBytes) block.Grow(_blockBytes);
        int held = _carried;
        if (block.Capacity < held + _blockBytes / 2) block.Grow(held + _blockBytes);
        _carry.AsSpan(0, held).CopyTo(block.Bytes);
        _carried = 0;
        while (true)
        {
            // Always fill up to the same size, so that the cuts do not depend on the block handed in.
            int wanted = Math.Max(_blockBytes, held + _blockBytes / 2);
            int read = _stream!.Fill(block.Bytes[held..wanted]);
            bool end = read < wanted - held;
            int total = held + read;
            int skip = 0;
            if (!_first || TakeFirstRow(block.Bytes[..total], end, out skip))
            {
                if (end)
                {
                    TakeRest(block, skip, total);
                    return;
                }
                (int cut, int count) = RowCutter.Cut(block.Bytes[skip..total], _schema);
                if (cut > 0)
                {
                    ReadOnlySpan<byte> rest = block.Bytes[(skip + cut)..total];
                    if (_carry.Length < rest.Length) _carry = new byte[Math.Max(rest.Length, _blockBytes)];
                    rest.CopyTo(_carry);
                    _carried = rest.Length;
                    _first = false;
                    Keep(block, skip, cut, count);
                    return;
                }
            }
            if (end) throw Empty();
            held = total;
            if (held > LongestRow)
                throw new ConsortException($"{_paths[_file]}:{_line}: found a row of more than {LongestRow >> 20} MiB" + (_schema.Quoted ? " (is a quote never closed?)" : ""));
            block.Grow(Math.Max(block.Capacity, held + _blockBytes));
        }
    }

    /// <summary>Takes the last rows of a file. Before a quote that is never closed there may be other mistakes, so these rows come first.</summary>
    private void TakeRest(Block block, int skip, int total)
    {
        total = CloseLastRow(block, skip, total);
        (int length, int rows) = RowCutter.Cut(block.Bytes[skip..total], _schema);
        if (length < total - skip)
        {
            long line = _line + block.Bytes.Slice(skip, length).Count((byte)'\n');
            _unclosed = new ConsortException($"{_paths[_file]}: found a quote that is never closed, after line {line}");
            if (rows == 0) throw _unclosed;
        }
        else
        {
            if (_row + rows == 0) throw _schema.Header ? HeaderAlone() : new ConsortException($"{_paths[_file]}: found no rows, expected at least one");
            Finish(rows);
        }
        Keep(block, skip, length, rows);
    }

    /// <summary>Reads the layout from the first row; <paramref name="skip"/> is the mark and header to pass over.</summary>
    private bool TakeFirstRow(ReadOnlySpan<byte> data, bool end, out int skip)
    {
        skip = data.StartsWith("\uFEFF"u8) ? 3 : 0;
        if (end && data[skip..].Trim("\r\n"u8).IsEmpty) throw Empty();
        int row = RowCutter.FirstRow(data[skip..], _schema.Quoted);
        if (row < 0 && RowCutter.EndsWithReturns(data[skip..], _schema.Quoted))
            throw new ConsortException($"{_paths[_file]}:{_line}: found lines that end with CR alone (old Mac), expected LF or CRLF; convert it: tr '\\r' '\\n'");
        if (row < 0 && !end) return false;
        if (row < 0) row = data.Length - skip;
        _layouts[_file] = Layout.Of(_paths[_file], _schema, data.Slice(skip, row), _rules);
        if (!_schema.Header) return true;
        _line = 1 + data.Slice(skip, row).Count((byte)'\n');
        skip += row;
        return end && data[skip..].Trim("\r\n"u8).IsEmpty ? throw HeaderAlone() : true;
    }

    /// <summary>Drops empty lines at the end of the file and ends the last row with a line feed.</summary>
    private static int CloseLastRow(Block block, int skip, int total)
    {
        total = skip + ((ReadOnlySpan<byte>)block.Bytes[skip..total]).TrimEnd("\r\n"u8).Length;
        if (total == skip) return total;
        if (total == block.Capacity) block.Grow(total + 64);
        block.Bytes[total] = (byte)'\n';
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

    private static void Keep(Block block, int skip, int length, int rows)
    {
        if (skip > 0) block.Bytes.Slice(skip, length).CopyTo(block.Bytes);
        block.Length = length;
        block.Rows = rows;
    }

    private ConsortException HeaderAlone() => new($"{_paths[_file]}: found a header but no rows");

    private ConsortException Empty() => new($"{_paths[_file]}: found an empty file, expected rows");
}
