namespace Consort.AspNetCore.Watching;

/// <summary>What a version that scores in the shadow says beside what was answered.</summary>
internal sealed class ShadowComparison
{
    private readonly Lock _gate = new();
    private readonly LabelledRows _labelled = new(), _labelledAnswers = new();
    private long _rows, _failures;
    private double _distance, _greatest, _answered, _shadow;
    private string? _mistake;

    /// <summary>Rows that both have scored.</summary>
    public long Rows => Interlocked.Read(ref _rows);

    /// <summary>Requests that it could not score.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <summary>Counts what both said of rows.</summary>
    public void Add(ReadOnlySpan<float> answered, ReadOnlySpan<float> shadow)
    {
        lock (_gate)
        {
            for (var row = 0; row < answered.Length; row++)
            {
                var distance = Math.Abs(answered[row] - shadow[row]);
                (_distance, _greatest) = (_distance + distance, Math.Max(_greatest, distance));
                (_answered, _shadow) = (_answered + answered[row], _shadow + shadow[row]);
            }

            _rows += answered.Length;
        }
    }

    /// <summary>Takes the label of a row that both have scored.</summary>
    public void AddLabel(float answered, float shadow, bool isClick)
    {
        _labelledAnswers.Add(answered, isClick);
        _labelled.Add(shadow, isClick);
    }

    /// <summary>Counts a request that it could not score, and keeps why.</summary>
    public void AddFailure(string mistake)
    {
        lock (_gate)
        {
            _failures++;
            _mistake = mistake;
        }
    }

    /// <summary>The numbers so far; null before the first request.</summary>
    public ShadowMeasures? Measure()
    {
        var (labelled, answers) = (_labelled.Measure(), _labelledAnswers.Measure());
        lock (_gate)
            return _rows == 0 && _failures == 0 ? null
                : new ShadowMeasures(_rows, _failures, _mistake, PerRow(_answered), PerRow(_shadow), PerRow(_distance),
                    _rows == 0 ? null : _greatest)
                { Labelled = labelled, LabelledAnswers = answers };

        double? PerRow(double sum) => _rows == 0 ? null : sum / _rows;
    }
}

/// <summary>A shadow's numbers.</summary>
/// <param name="Rows">Rows that both have scored.</param>
/// <param name="Failures">Requests that it could not score.</param>
/// <param name="LastFailure">Why the last of them could not be scored; null where all were.</param>
/// <param name="MeanAnswered">Mean probability that was answered; null, as what follows, before the first row.</param>
/// <param name="MeanShadow">Mean probability of the shadow.</param>
/// <param name="MeanDifference">Mean |p − p′|.</param>
/// <param name="MaxDifference">The greatest.</param>
internal sealed record ShadowMeasures(
    long Rows, long Failures, string? LastFailure, double? MeanAnswered, double? MeanShadow, double? MeanDifference, double? MaxDifference)
{
    /// <summary>What came of rows that it scored and whose label came back.</summary>
    public required FeedbackMeasures Labelled { get; init; }

    /// <summary>What was answered to the same rows.</summary>
    public required FeedbackMeasures LabelledAnswers { get; init; }
}
