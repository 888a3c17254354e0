using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Batches;

/// <summary>
/// Encodes raw rows as they are read, in the order of their sources, with an encoder fitted before: for evaluation and prediction on new
/// data. Streaming; memory does not grow with the rows. Where labels are required and a file of true probabilities lies beside each source,
/// batches have the truth. One caller at a time.
/// </summary>
public sealed class RawBatchReader : IRowConsumer, IDisposable
{
    private const int MostNames = 10;

    private readonly string[] _paths;
    private readonly RowPass _pass;
    private readonly RowCursor _rows;
    private readonly RowEncoder _encoder;
    private readonly Batch _batch;
    private readonly UnseenValues _unseen;
    private readonly byte[] _encoded;
    private readonly RowLayout _stored;
    private readonly TruthFiles? _truth;
    private readonly long[] _places; // of the batch's rows
    private readonly int[] _placeSources;
    private readonly long[] _groupPlaces = new long[RowGroup.Capacity];
    private readonly float[] _groupTruth = new float[RowGroup.Capacity];
    private int _groupSource;
    private Layout? _layout;
    private int _held;
    private int _given;
    private bool _failed;

    /// <summary>Opens raw rows.</summary>
    /// <param name="paths">Where they are, one place after another: files as the encoder's schema describes them, or what the catalogue
    /// knows.</param>
    /// <param name="encoder">The fitted encoder.</param>
    /// <param name="batchSize">Rows per batch, 1 to 1,048,576.</param>
    /// <param name="labelRequired">Whether a file without labels is a mistake; otherwise they are 0, and so is a label that is empty.
    /// Without them are: a file with a header that does not name the label, one without a header that has a column fewer, and one of libsvm
    /// or libffm whose first item has a colon.</param>
    /// <param name="unknown">What becomes of columns that the encoder was not fitted for: of those that the header names beside the
    /// schema's, and of indices (libsvm) or fields (libffm) behind its last.</param>
    /// <param name="sources">The kinds of sources that are read; null for texts.</param>
    /// <param name="keep">Columns whose texts are kept, also such as the encoder does not know; null for none.</param>
    /// <param name="cancellation">Stops waiting for the bytes of a pipe.</param>
    /// <exception cref="ConsortException">A file is missing, or the batch size out of range.</exception>
    public RawBatchReader(
        IReadOnlyList<string> paths, Encoder encoder, int batchSize, bool labelRequired, UnknownColumns unknown = UnknownColumns.PassOver,
        SourceCatalogue? sources = null, IReadOnlyList<string>? keep = null, CancellationToken cancellation = default)
    {
        new LoaderOptions(batchSize).Validate();
        foreach (var path in paths.Where(SourcePlace.IsFile)) SourceStream.Check(path);
        _paths = [.. paths];
        var schema = encoder.Schema;
        Kept = KeptCells.Of(ref schema, keep ?? [], batchSize,
            schema.Header || keep is { Count: > 0 } && (sources ?? SourceCatalogue.BuiltIn).ColumnsOf(_paths[0]) is not null);
        _pass = new RowPass(_paths, schema, RowRules.Fitted(labelRequired, unknown == UnknownColumns.PassOver),
            catalogue: sources, cancellation: cancellation);
        _rows = new RowCursor(schema.Fields.Count);
        _encoder = new RowEncoder(encoder, labelRequired ? LabelUse.Required : LabelUse.MayBeEmpty);
        _truth = labelRequired ? TruthFiles.Open(_paths) : null;
        _batch = new Batch(batchSize, encoder.Space, truth: _truth is not null);
        _unseen = new UnseenValues(encoder);
        (_places, _placeSources) = (new long[batchSize], new int[batchSize]);
        _stored = new RowLayout(encoder.Space, hasTruth: false);
        _encoded = new byte[_stored.Bytes * RowGroup.Capacity];
    }

    /// <summary>Opens one file.</summary>
    /// <inheritdoc cref="RawBatchReader(IReadOnlyList{string}, Encoder, int, bool, UnknownColumns, SourceCatalogue?,
    /// IReadOnlyList{string}?, CancellationToken)"/>
    public RawBatchReader(
        string path, Encoder encoder, int batchSize, bool labelRequired, UnknownColumns unknown = UnknownColumns.PassOver,
        CancellationToken cancellation = default) : this([path], encoder, batchSize, labelRequired, unknown, null, null, cancellation)
    {
    }

    /// <summary>Whether the file has labels; known after the first batch. Of libsvm and libffm each row tells, and this is true.</summary>
    public bool HasLabels => _layout?.HasLabel ?? true;

    /// <summary>A line that says what has been passed over so far, or null.</summary>
    public string? PassedOver => _layout switch
    {
        { Unknown: { Count: > 0 } names } => FormattableString.Invariant(
            $"{SourcePlace.Show(_paths[0])}: passed over {names.Count} column{(names.Count == 1 ? "" : "s")} that the run does not know: {string.Join(", ", names.Take(MostNames))}{(names.Count > MostNames ? ", …" : "")}"),
        { UnknownPairs: > 0 and var pairs, Schema.Format: var format } => FormattableString.Invariant(
            $"{SourcePlace.Show(_paths[0])}: passed over {pairs:N0} value{(pairs == 1 ? "" : "s")} of {(format == DataFormat.Libffm ? "fields" : "indices")} behind the last that the run knows"),
        _ => null,
    };

    /// <summary>Whether anybody will ask for <see cref="Unseen"/>.</summary>
    public bool CountsUnseen { get; init; } = true;

    /// <summary>Whose share of each batch is handed out, and among how many: <c>(0, 1)</c> is all of it. All rows are read.</summary>
    public (int Rank, int Ranks) Share { get; init; } = (0, 1);

    /// <summary>A line that names fields of whose values so far nearly all were unseen in the encoder's training rows, or null.</summary>
    public string? Unseen => _unseen.Line(SourcePlace.Show(_paths[0]));

    /// <summary>The texts that are kept of the last batch.</summary>
    public KeptCells Kept { get; }

    /// <summary>Bytes of the file read so far.</summary>
    public long Position => _pass.Position;

    /// <summary>The line of the file on which a row of the last batch begins, or its number in a table, from 1; rows are counted in the
    /// whole batch.</summary>
    public long LineOf(int row) => _places[row];

    /// <summary>The place of a row of the last batch, as messages begin with it: <c>clicks.tsv:1042</c>.</summary>
    public string PlaceOf(int row) => FormattableString.Invariant($"{SourcePlace.Show(_paths[_placeSources[row]])}:{_places[row]}");

    /// <summary>The next batch, valid until the next call; null at the end.</summary>
    /// <exception cref="ConsortException">A mistake in the file, with line and column.</exception>
    public Batch? Next()
    {
        var rows = 0;
        _batch.Begin(0);
        while (rows < _batch.Capacity)
        {
            if (_given == _held && !FillGroup()) break;
            var take = Math.Min(_held - _given, _batch.Capacity - rows);
            Copy(rows, take);
            rows += take;
            _given += take;
        }
        _batch.Rows = rows;
        if (rows == 0)
        {
            _truth?.CheckRows(_pass.RowsOfSources());
            return null;
        }
        if (CountsUnseen) _unseen.Add(_batch);
        if (Share.Ranks > 1) _batch.Keep(Share.Rank, Share.Ranks);
        return _batch;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _truth?.Dispose();
        _pass.Dispose();
        _rows.Dispose();
        _batch.Dispose();
    }

    void IRowConsumer.Take(RowCursor rows)
    {
        _layout = rows.Layout;
        _encoder.Encode(rows, _encoded, _stored.Bytes, _stored.WeightAt, _stored.GroupAt);
        rows.Places(_groupPlaces);
        _groupSource = rows.Block.Source;
        _truth?.Read(_groupSource, rows.Block.FirstRow + rows.First, rows.Group.Rows).CopyTo(_groupTruth, 0);
        Kept.Take(rows);
        (_held, _given) = (rows.Group.Rows, 0);
    }

    IEnumerable<(int Field, Action<int> Look)> IRowConsumer.Looks(RowCursor rows) => _encoder.Looks(rows);

    private bool FillGroup()
    {
        // What threw stands in the middle of a row, and what it holds is of no use.
        if (_failed) throw new InvalidOperationException($"{_paths[0]}: the reader has failed before");
        _failed = true;
        var filled = _rows.Give(this) || (_pass.Read(_rows) && _rows.Give(this));
        _failed = false;
        return filled;
    }

    private void Copy(int at, int rows)
    {
        _groupPlaces.AsSpan(_given, rows).CopyTo(_places.AsSpan(at));
        _placeSources.AsSpan(at, rows).Fill(_groupSource);
        Kept.Copy(_given, at, rows);
        _batch.Rows = at + rows;
        if (_truth is not null) _groupTruth.AsSpan(_given, rows).CopyTo(_batch.Truth[at..]);
        for (var r = 0; r < rows; r++)
        {
            _batch.Put(at + r, _encoded.AsSpan((_given + r) * _stored.Bytes, _stored.Bytes), _stored);
            if (_stored.ListsAt >= 0) _batch.PutLists(at + r, _encoder.Lists.Bytes, 0);
        }
    }
}
