using System.Runtime.InteropServices;
using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Batches;

/// <summary>
/// Encodes a raw file as it is read, in file order, with an encoder fitted before: for evaluation and prediction on new
/// data. Streaming; memory does not grow with the file. Where labels are required and a file of true probabilities lies
/// beside, batches have the truth. One caller at a time.
/// </summary>
public sealed class RawBatchReader : IDisposable
{
    private const int MostNames = 10;

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
    private bool _failed;

    /// <summary>Opens a raw file.</summary>
    /// <param name="path">A file as the encoder's schema describes it.</param>
    /// <param name="encoder">The fitted encoder.</param>
    /// <param name="batchSize">Rows per batch, 1 to 1,048,576.</param>
    /// <param name="labelRequired">
    /// Whether a file without labels is a mistake; otherwise they are 0, and so is a label that is empty. Without them are: a file with a header
    /// that does not name the label, one without a header that has a column fewer, and one of libsvm or libffm whose first item has a colon.
    /// </param>
    /// <param name="unknown">What becomes of columns that the encoder was not fitted for: of those that the header names beside the
    /// schema's, and of indices (libsvm) or fields (libffm) behind its last.</param>
    /// <param name="cancellation">Stops waiting for the bytes of a pipe.</param>
    /// <exception cref="ConsortException">The file is missing, or the batch size out of range.</exception>
    public RawBatchReader(
        string path, Encoder encoder, int batchSize, bool labelRequired, UnknownColumns unknown = UnknownColumns.PassOver, CancellationToken cancellation = default)
    {
        new LoaderOptions(batchSize).Validate();
        SourceStream.Check(path);
        _path = path;
        _reader = new BlockReader(
            [path], encoder.Schema, RowRules.Fitted(labelRequired, unknown == UnknownColumns.PassOver), cancellation: cancellation);
        _rows = new RowEncoder(encoder, labelsMayBeEmpty: !labelRequired);
        _group = new RowGroup(encoder.Schema.Fields.Count);
        int fields = encoder.Space.Categorical.Count, numerics = encoder.Space.Numeric.Count;
        _truth = labelRequired ? TruthFiles.Open([path]) : null;
        _batch = new Batch(batchSize, fields, numerics, truth: _truth is not null);
        _lines = new long[batchSize];
        _rowBytes = 4 * (fields + numerics + 1);
        _encoded = new byte[_rowBytes * RowGroup.Capacity];
    }

    /// <summary>Whether the file has labels; known after the first batch. Of libsvm and libffm each row tells, and this is true.</summary>
    public bool HasLabels => _reader.Layouts[0]?.HasLabel ?? true;

    /// <summary>A line that says what has been passed over so far, or null.</summary>
    public string? PassedOver => _reader.Layouts[0] is not { } layout ? null
        : layout.Unknown is { Count: > 0 } names
            ? FormattableString.Invariant($"{_path}: passed over {names.Count} column{(names.Count == 1 ? "" : "s")} that the run does not know: {string.Join(", ", names.Take(MostNames))}{(names.Count > MostNames ? ", …" : "")}")
        : layout.UnknownPairs > 0
            ? FormattableString.Invariant($"{_path}: passed over {layout.UnknownPairs:N0} value{(layout.UnknownPairs == 1 ? "" : "s")} of {(layout.Schema.Format == DataFormat.Libffm ? "fields" : "indices")} behind the last that the run knows")
        : null;

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
        _truth?.Read(0, _row, rows).CopyTo(_batch.Truth);
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
        // What threw stands in the middle of a row, and what it holds is of no use.
        if (_failed) throw new InvalidOperationException($"{_path}: the reader has failed before");
        _failed = true;
        bool filled = ReadGroup();
        _failed = false;
        return filled;
    }

    private bool ReadGroup()
    {
        if (_position >= _block.Length)
        {
            if (!_reader.Read(_block)) return false;
            _position = 0;
            (_counted, _line) = (0, _block.FirstLine);
            _parser ??= ReaderCatalogue.Create(_reader.Layouts[0]);
        }
        _position = _parser!.Parse(_block, _position, _path, _group);
        _rows.Encode(_block, _group, _reader.Layouts[0], _path, _encoded, _rowBytes);
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
            int start = _group.Starts[r];
            _line += _block.Content[_counted..start].Count((byte)'\n');
            _counted = start;
            _groupLines[r] = _line;
        }
    }

    private void Copy(int at, int rows)
    {
        _groupLines.AsSpan(_given, rows).CopyTo(_lines.AsSpan(at));
        int fields = _batch.Fields, numerics = _batch.Numerics;
        _batch.Rows = at + rows;
        for (int r = 0; r < rows; r++)
        {
            ReadOnlySpan<byte> row = _encoded.AsSpan((_given + r) * _rowBytes, _rowBytes);
            row[..(fields * 4)].CopyTo(MemoryMarshal.AsBytes(_batch.IdsOf(at + r)));
            row.Slice(fields * 4, numerics * 4).CopyTo(MemoryMarshal.AsBytes(_batch.NumericOf(at + r)));
            _batch.Labels[at + r] = MemoryMarshal.Read<float>(row[((fields + numerics) * 4)..]);
        }
    }
}
