using Consort.Serving.Profiles;

namespace Consort.Serving.Watching;

/// <summary>
/// Counts rows that a scorer has scored and compares them with its package's training rows. Of any size; memory is that of the profile. For
/// one thread at a time; adding allocates nothing.
/// </summary>
public sealed class TrafficWatch
{
    private readonly Scorer _scorer;
    private readonly TrainingProfile _profile;
    private readonly WatchedColumns _columns;
    private readonly ColumnTally[] _counts;
    private readonly float[] _edges;
    private readonly long[] _scores;
    private readonly int[] _fields; // the field of each column, by its place among the scorer's
    private double _predicted, _clicks;

    private TrafficWatch(Scorer scorer, TrainingProfile profile)
    {
        (_scorer, _profile, _columns) = (scorer, profile, WatchedColumns.Of(scorer.Encoder, profile));
        _counts = [.. _columns.Bins.Select(b => new ColumnTally(b.Count))];
        _fields = [.. _columns.Bins.Select(b => FieldOf(scorer, b))];
        _edges = [.. profile.Scores?.Edges ?? []];
        if (profile.Scores is { } scores && scores.Counts.Count != _edges.Length + 1)
            throw new ConsortException("scores: found a profile whose bins do not fit its edges; pack the run again");
        _scores = new long[_edges.Length + 1];
    }

    /// <summary>Rows counted.</summary>
    public long Rows { get; private set; }

    /// <summary>Rows of which the label is known.</summary>
    public long Labelled { get; private set; }

    /// <summary>A watch of a scorer; null where its package has no profile.</summary>
    /// <exception cref="ConsortException">The profile is not one of the package's encoder.</exception>
    public static TrafficWatch? Of(Scorer scorer) => scorer.Package.Profile is { } profile ? new TrafficWatch(scorer, profile) : null;

    /// <summary>Counts impressions and what was said of them.</summary>
    /// <param name="batch">Impressions of the scorer.</param>
    /// <param name="probabilities">One each.</param>
    public void Add(ImpressionBatch batch, ReadOnlySpan<float> probabilities)
    {
        _scorer.Require(batch.Scorer);
        var (columns, numerics) = (_scorer.Encoder.Space.Categorical.Count, _scorer.Encoder.Space.Numeric.Count);
        for (var row = 0; row < batch.Count; row++)
        {
            Add(batch.Ids.AsSpan(row * columns, columns), batch.Numerics.AsSpan(row * numerics, numerics), batch.Lists);
            _scores[ProfileFit.ScoreBin(_edges, probabilities[row])]++;
        }

        Rows += batch.Count;
    }

    /// <summary>Counts one impression and what was said of it.</summary>
    /// <param name="impression">An impression of the scorer.</param>
    /// <param name="probability">Its probability.</param>
    public void Add(Impression impression, float probability)
    {
        _scorer.Require(impression.Scorer);
        Add(impression.Ids, impression.Numerics, impression.Lists);
        _scores[ProfileFit.ScoreBin(_edges, probability)]++;
        Rows++;
    }

    /// <summary>Counts candidates of one context and what was said of them.</summary>
    /// <param name="context">What they have in common.</param>
    /// <param name="candidates">What they differ in.</param>
    /// <param name="differs">Whether candidates give a field, by its place among the scorer's; other fields are the context's.</param>
    /// <param name="probabilities">One a candidate.</param>
    public void Add(Impression context, ImpressionBatch candidates, ReadOnlySpan<bool> differs, ReadOnlySpan<float> probabilities)
    {
        _scorer.Require(context.Scorer);
        _scorer.Require(candidates.Scorer);
        var (columns, numerics) = (_scorer.Encoder.Space.Categorical.Count, _scorer.Encoder.Space.Numeric.Count);
        for (var row = 0; row < candidates.Count; row++)
        {
            for (var c = 0; c < _counts.Length; c++)
                if (differs[_fields[c]])
                    _counts[c].Add(_columns.Bins[c], candidates.Ids.AsSpan(row * columns, columns),
                        candidates.Numerics.AsSpan(row * numerics, numerics), candidates.Lists);
                else
                    _counts[c].Add(_columns.Bins[c], context.Ids, context.Numerics, context.Lists);
            _scores[ProfileFit.ScoreBin(_edges, probabilities[row])]++;
        }

        Rows += candidates.Count;
    }

    /// <summary>Counts a label that has come.</summary>
    /// <param name="probability">What was said of the row.</param>
    /// <param name="isClick">What came of it.</param>
    public void AddLabel(float probability, bool isClick)
    {
        _predicted += probability;
        _clicks += isClick ? 1 : 0;
        Labelled++;
    }

    private void Add(ReadOnlySpan<int> ids, ReadOnlySpan<float> numerics, ReadOnlySpan<int> lists)
    {
        for (var c = 0; c < _counts.Length; c++)
            _counts[c].Add(_columns.Bins[c], ids, numerics, lists);
    }

    // Null where it is not known.
    private long? MissingBefore(int column) => _columns.Bins[column].Column is { List: not null } ? _profile.Columns[column].Empty
        : _columns.TellsMissing(column) ? _profile.Columns[column].Counts[ColumnBins.Missing] : null;

    private static int FieldOf(Scorer scorer, ColumnBins bins) => Enumerable.Range(0, scorer.Fields.Count)
        .First(f => (bins.Column is null ? scorer.NumericOf(f) : scorer.CategoricalOf(f)).Contains(bins.Place));

    /// <summary>Forgets all rows.</summary>
    public void Clear()
    {
        foreach (var counts in _counts)
            counts.Clear();
        Array.Clear(_scores);
        (Rows, Labelled, _predicted, _clicks) = (0, 0, 0, 0);
    }

    /// <summary>Compares what was counted with the training rows.</summary>
    /// <param name="options">When a difference is an alarm; null for the usual.</param>
    public DriftReport Compare(DriftOptions? options = null)
    {
        var judge = new DriftJudge(options ?? new DriftOptions(), (3 * _counts.Length) + 2);
        return new DriftReport
        {
            Rows = Rows,
            Columns = [.. _counts.Select((c, i) => judge.Column(
                _profile.Columns[i], MissingBefore(i), _profile.Rows, c, Rows, bin => _columns.Describe(i, bin)))],
            Scores = _profile.Scores is { } scores ? judge.Scores(scores, _scores) : null,
            Calibration = _profile.Scores is { } held && Labelled > 0 ? judge.Calibration(held, _predicted, _clicks, Labelled) : null,
            Alarms = judge.Alarms,
        };
    }
}
