using Consort.Data.Encoding;
using Consort.Data.Readers;
using Consort.Data.Storage;

namespace Consort.Data.Datasets;

/// <summary>
/// Encodes a raw file as it is read, in file order, with an encoder fitted before: for evaluation and prediction on new
/// data. Streaming; memory does not grow with the file. Where labels are required and a file of true probabilities lies
/// beside, batches have the truth. One caller at a time.
/// </summary>
public sealed unsafe class RawBatchReader : IDisposable
{
    private readonly string _path;
    private readonly BlockReader _reader;
    private readonly RowEncoder _rows;
    private readonly RowGroup _group;
    private readonly Block _block = new();
    private readonly Batch _batch;
    private readonly byte[] _encoded;
    private readonly int _rowBytes;
    private readonly TruthFiles? _truth;
    private RowParser? _parser;
    private readonly long[] _lines; // of the batch's rows
    private readonly long[] _groupLines = new long[RowGroup.Capacity];
    private long _line;
    private int _counted;
    private long _row;
    private int _position;
    private int _held;
    private int _given;

    /// <summary>Opens a raw file.</summary>
    /// <param name="path">A file as the encoder's schema describes it.</param>
    /// <param name="encoder">The fitted encoder.</param>
    /// <param name="batchSize">Rows per batch, 1 to 1,048,576.</param>
    /// <param name="labelRequired">Whether a file without the label column is a mistake; otherwise its labels are 0 and <see cref="HasLabels"/> is false.</param>
    /// <exception cref="ConsortException">The file is missing, or the batch size out of range.</exception>
    public RawBatchReader(string path, Encoder encoder, int batchSize, bool labelRequired)
    {
        new LoaderOptions(batchSize).Validate();
        using (SourceStream.Open(path)) { }
        _path = path;
        _reader = new BlockReader([path], encoder.Schema, labelRequired);
        _rows = new RowEncoder(encoder);
        _group = new RowGroup(encoder.Schema.Fields.Count);
        int fields = encoder.Space.Categorical.Count, numerics = encoder.Space.Numeric.Count;
        _truth = labelRequired ? TruthFiles.Open([path]) : null;
        _batch = new Batch(batchSize, fields, numerics, truth: _truth is not null);
        _lines = new long[batchSize];
        _rowBytes = 4 * (fields + numerics + 1);
        _encoded = new byte[_rowBytes * RowGroup.Capacity];
    }

    /// <summary>Whether the file has labels; known after the first batch.</summary>
    public bool HasLabels => _reader.Layouts[0]?.HasLabel ?? true;

    /// <summary>Bytes of the file read so far.</summary>
    public long Position => _reader.Position;

    /// <summary>The line of the file on which a row of the last batch begins, from 1.</summary>
    public long LineOf(int row) => _lines[row];

    /// <summary>The next batch, valid until the next call; null at the end.</summary>
    /// <exception cref="ConsortException">A mistake in the file, with line and column.</exception>
    public Batch? Next()
    {
        int rows = 0;
        while (rows < _batch.Capacity)
        {
            if (_given == _held && !FillGroup()) break;
            int take = Math.Min(_held - _given, _batch.Capacity - rows);
            Copy(rows, take);
            rows += take;
            _given += take;
        }
        _batch.Rows = rows;
        if (rows == 0)
        {
            _truth?.CheckRows([_row]);
            return null;
        }
        _truth?.Read(0, _row, rows).CopyTo(new Span<float>(_batch.Truth, rows));
        _row += rows;
        return _batch;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _truth?.Dispose();
        _reader.Dispose();
        _group.Dispose();
        _block.Dispose();
        _batch.Dispose();
    }

    private bool FillGroup()
    {
        if (_position >= _block.Length)
        {
            if (!_reader.Read(_block)) return false;
            _position = 0;
            (_counted, _line) = (0, _block.FirstLine);
            _parser ??= ReaderCatalogue.Create(_reader.Layouts[0]);
        }
        _position = _parser!.Parse(_block, _position, _path, _group);
        fixed (byte* target = _encoded) _rows.Encode(_block, _group, _reader.Layouts[0], _path, target, _rowBytes);
        _held = _group.Rows;
        _given = 0;
        CountLines();
        return true;
    }

    // Line by line, for the block is gone when somebody asks; a quoted row may span several.
    private void CountLines()
    {
        for (int r = 0; r < _held; r++)
        {
            _line += new ReadOnlySpan<byte>(_block.Data + _counted, _group.RowStarts[r] - _counted).Count((byte)'\n');
            _counted = _group.RowStarts[r];
            _groupLines[r] = _line;
        }
    }

    private void Copy(int at, int rows)
    {
        _groupLines.AsSpan(_given, rows).CopyTo(_lines.AsSpan(at));
        int fields = _batch.Fields, numerics = _batch.Numerics;
        fixed (byte* encoded = _encoded)
        {
            for (int r = 0; r < rows; r++)
            {
                byte* row = encoded + (_given + r) * _rowBytes;
                new ReadOnlySpan<byte>(row, fields * 4).CopyTo(new Span<byte>(_batch.Ids + (nint)(at + r) * fields, fields * 4));
                new ReadOnlySpan<byte>(row + fields * 4, numerics * 4).CopyTo(new Span<byte>(_batch.Numeric + (nint)(at + r) * numerics, numerics * 4));
                _batch.Labels[at + r] = *(float*)(row + (fields + numerics) * 4);
            }
        }
    }
}
