using System.Collections.Concurrent;
using Consort.Data.Encoders;
using Consort.Foundation.Options;
using Consort.Serving.Inference;
using Consort.Serving.Packages;

namespace Consort.Serving;

/// <summary>
/// A packed model that turns raw values into calibrated probabilities. Safe for many threads at once; once there are as many workspaces as
/// threads, scoring allocates nothing. <see cref="Dispose"/> lets the calls that are under way finish.
/// </summary>
public sealed class Scorer : IDisposable
{
    private readonly WorkspacePool _pool;
    private readonly FieldPlaces _fields;
    private readonly ConcurrentDictionary<Type, object> _rowScorers = new();
    private readonly ConcurrentDictionary<string, CandidateScorer> _candidateScorers = new(StringComparer.Ordinal);

    private Scorer(string path, ScoringModel model)
    {
        (Path, Encoder, Package) = (path, model.Encoder, model.Manifest);
        _pool = new WorkspacePool(model);
        _fields = new FieldPlaces(Encoder);
        Rows = new RowLogits(Encoder, Package);
    }

    /// <summary>Where the package was loaded from.</summary>
    public string Path { get; }

    /// <summary>What the package says of itself: model, members, metrics, training data.</summary>
    public PackageManifest Package { get; }

    /// <summary>The raw fields that it reads, in the schema's order.</summary>
    public IReadOnlyList<string> Fields => _fields.Names;

    /// <summary>Raw values to ids, as fitted on the training rows.</summary>
    public Encoder Encoder { get; }

    internal WorkspacePool Pool => _pool;

    /// <summary>What scores rows that are whole.</summary>
    internal RowLogits Rows { get; }

    /// <summary>Loads a package that <c>consort pack</c> has written.</summary>
    /// <param name="path">The file.</param>
    /// <param name="check">What is checked before.</param>
    /// <param name="storage">Whether the file is read whole, and then free to change, or mapped until <see cref="Dispose"/>, and then never
    /// to be written to.</param>
    /// <param name="catalogues">By which the names of its models are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">It cannot be read, is no package, or is not whole and genuine; the message says what was
    /// expected.</exception>
    public static Scorer Load(
        string path, PackageCheck check = PackageCheck.Whole, PackageStorage storage = PackageStorage.Memory, Catalogues? catalogues = null)
    {
        var model = ScoringModel.Load(path, check, storage, catalogues);
        try
        {
            return new Scorer(path, model);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <summary>The place of a field among <see cref="Fields"/>.</summary>
    /// <exception cref="ConsortException">There is no such field; the message names the nearest.</exception>
    public int FieldIndex(string name) => _fields.Of(name);

    /// <summary>An impression with every field missing.</summary>
    public Impression NewImpression() => new(this);

    /// <summary>Room for impressions.</summary>
    /// <param name="capacity">The most, at least 1.</param>
    public ImpressionBatch NewBatch(int capacity) => new(this, capacity);

    /// <summary>Scores an impression.</summary>
    /// <returns>The probability of a click.</returns>
    /// <exception cref="ConsortException">The model's logit is not finite; the message names the numeric column furthest from the training
    /// rows.</exception>
    /// <exception cref="ObjectDisposedException">The scorer was disposed of.</exception>
    public float Score(Impression impression)
    {
        Require(impression.Scorer);
        Encoder.SettleTimes(impression.Lists, impression.Times);
        var workspace = Take();
        try
        {
            return Rows.Score(workspace, impression.Ids, impression.Numerics, impression.Lists);
        }
        finally
        {
            _pool.Return(workspace);
        }
    }

    /// <summary>Scores an impression given as raw values.</summary>
    /// <param name="values">UTF-8 of each field, in the order of <see cref="Fields"/>; an empty one is what the schema takes it
    /// for.</param>
    /// <returns>The probability of a click.</returns>
    /// <exception cref="ConsortException">A value is not what its field expects, there are too many or too few, or the model's logit is not
    /// finite.</exception>
    public float Score(ReadOnlySpan<ReadOnlyMemory<byte>> values)
    {
        if (values.Length != Fields.Count)
            throw new ConsortException($"found {values.Length} values, expected {Fields.Count}: {string.Join(", ", Fields)}");
        var workspace = Take();
        try
        {
            Encoder.Clear(workspace.Ids, workspace.Numerics, workspace.Lists, times: workspace.Times);
            for (var field = 0; field < values.Length; field++)
                Encoder.EncodeField(_fields.InSchema(field), values[field].Span, workspace.Ids, workspace.Numerics, workspace.Lists,
                    workspace.Times);
            Encoder.SettleTimes(workspace.Lists, workspace.Times);
            return Rows.Score(workspace, workspace.Ids, workspace.Numerics, workspace.Lists);
        }
        finally
        {
            _pool.Return(workspace);
        }
    }

    /// <summary>Scores a batch.</summary>
    /// <param name="batch">The impressions.</param>
    /// <param name="probabilities">Gets the probability of a click of each.</param>
    /// <exception cref="ConsortException">A row's logit is not finite: <see cref="ConsortException.Row"/> says which, and no row is
    /// answered.</exception>
    /// <exception cref="ArgumentException">There is too little room, or the batch is another scorer's.</exception>
    public void Score(ImpressionBatch batch, Span<float> probabilities)
    {
        FusedLogits(batch, probabilities);
        Rows.Calibrate(probabilities[..batch.Count]);
    }

    /// <summary>The fused logit of each impression, before calibration.</summary>
    /// <param name="batch">The impressions.</param>
    /// <param name="logits">Gets a logit each.</param>
    /// <exception cref="ConsortException">As of <see cref="Score(ImpressionBatch, Span{float})"/>.</exception>
    /// <exception cref="ArgumentException">There is too little room, or the batch is another scorer's.</exception>
    public void FusedLogits(ImpressionBatch batch, Span<float> logits)
    {
        Require(batch.Scorer);
        if (logits.Length < batch.Count)
            throw new ArgumentException($"found room for {logits.Length} numbers, expected {batch.Count}", nameof(logits));
        var workspace = Take();
        try
        {
            Rows.SettleTimes(batch.Lists, batch.Times, batch.Count, 0);
            var (columns, numerics) = (Encoder.Space.Categorical.Count, Encoder.Space.Numeric.Count);
            for (var start = 0; start < batch.Count; start += workspace.BatchRows)
            {
                var rows = Math.Min(workspace.BatchRows, batch.Count - start);
                Rows.Fuse(workspace, batch.Ids.AsSpan(start * columns), batch.Numerics.AsSpan(start * numerics), batch.Lists, rows,
                    logits.Slice(start, rows), start);
            }
        }
        catch (ConsortException)
        {
            // A call is answered as a whole or not at all.
            logits[..batch.Count].Clear();
            throw;
        }
        finally
        {
            _pool.Return(workspace);
        }
    }

    /// <summary>The logit of each member, before fusion and calibration.</summary>
    /// <param name="impression">The impression.</param>
    /// <param name="logits">[M], in the order of the package's members.</param>
    public void Logits(Impression impression, Span<float> logits)
    {
        Require(impression.Scorer);
        Encoder.SettleTimes(impression.Lists, impression.Times);
        var workspace = Take();
        try
        {
            Rows.Score(workspace, impression.Ids, impression.Numerics, impression.Lists);
            for (var member = 0; member < Package.Members.Count; member++)
                logits[member] = Rows.OfMember(workspace, member);
        }
        finally
        {
            _pool.Return(workspace);
        }
    }

    /// <summary>
    /// A scorer of many candidates for one context, which computes what they have in common once; made at the first call for these fields.
    /// </summary>
    /// <param name="fields">The fields that differ between candidates; all others belong to the context.</param>
    /// <exception cref="ConsortException">There is no such field.</exception>
    public CandidateScorer ForCandidates(params ReadOnlySpan<string> fields)
    {
        var places = new SortedSet<int>();
        foreach (var field in fields)
            places.Add(FieldIndex(field));
        return _candidateScorers.GetOrAdd(string.Join(',', places), static (_, made) => new CandidateScorer(made.Scorer, made.Places),
            (Scorer: this, Places: places));
    }

    /// <summary>
    /// A scorer of typed rows, made at the first call for a type. Public properties and fields are matched by name, or by
    /// <see cref="ImpressionFieldAttribute"/>.
    /// </summary>
    /// <exception cref="ConsortException">An attribute names no field, or no property matches one.</exception>
    public RowScorer<T> For<T>() => (RowScorer<T>)_rowScorers.GetOrAdd(typeof(T), static (_, scorer) => new RowScorer<T>(scorer), this);

    /// <summary>No call begins after this; those under way finish, and the last of them frees the map.</summary>
    public void Dispose() => _pool.Dispose();

    /// <param name="ids">From its first on.</param>
    /// <param name="numerics">Likewise.</param>
    /// <param name="lists">Those of all rows side by side.</param>
    /// <param name="times">Likewise.</param>
    /// <param name="row">Which of these it is.</param>
    internal ImpressionRow RowOf(Span<int> ids, Span<float> numerics, Span<int> lists, Span<long> times, int row = 0)
    {
        var count = Encoder.TimesPerRow;
        var (space, from) = (Encoder.Space, row * Encoder.Space.ListRoom);
        return new(this, ids[..space.Categorical.Count], numerics[..space.Numeric.Count], lists.Slice(from, space.ListRoom), from,
            times.Slice(row * count, count));
    }

    internal int SchemaIndex(int field) => _fields.InSchema(field);

    internal ReadOnlySpan<int> CategoricalOf(int field) => _fields.Categorical(field);

    internal ReadOnlySpan<int> NumericOf(int field) => _fields.Numeric(field);

    internal Workspace Take() => _pool.TryTake()
        ?? throw new ObjectDisposedException(nameof(Scorer), $"{Path}: the scorer was disposed of");

    internal void Return(Workspace workspace) => _pool.Return(workspace);

    internal void Require(Scorer other)
    {
        if (!ReferenceEquals(other, this))
            throw new ArgumentException($"an impression of the scorer of {other.Path} was given to that of {Path}");
    }
}
