namespace Consort.AspNetCore.Watching;

/// <summary>What a version that scores in the shadow says beside what was answered.</summary>
internal sealed class ShadowComparison
{
    private readonly Lock _gate = new();
    private long _rows, _failures;
    private double _distance, _greatest, _answered, _shadow;

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

    /// <summary>Counts a request that it could not score.</summary>
    public void AddFailure() => Interlocked.Increment(ref _failures);

    /// <summary>The numbers so far; null before the first row.</summary>
    public ShadowMeasures? Measure()
    {
        lock (_gate)
            return _rows == 0 ? null : new ShadowMeasures(
                _rows, Failures, _answered / _rows, _shadow / _rows, _distance / _rows, _greatest);
    }
}

/// <summary>A shadow's numbers.</summary>
/// <param name="Rows">Rows that both have scored.</param>
/// <param name="Failures">Requests that it could not score.</param>
/// <param name="MeanAnswered">Mean probability that was answered.</param>
/// <param name="MeanShadow">Mean probability of the shadow.</param>
/// <param name="MeanDifference">Mean |p − p′|.</param>
/// <param name="MaxDifference">The greatest.</param>
internal sealed record ShadowMeasures(
    long Rows, long Failures, double MeanAnswered, double MeanShadow, double MeanDifference, double MaxDifference);
