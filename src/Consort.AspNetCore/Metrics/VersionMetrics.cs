namespace Consort.AspNetCore.Metrics;

/// <summary>What a version has been asked and what it answered, since it was loaded.</summary>
internal sealed class VersionMetrics
{
    private long _values;
    private long _unseen;

    /// <summary>Impressions of each request.</summary>
    public Histogram Rows { get; } = new([1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000], perOne: 1);

    /// <summary>Probabilities; their mean is sum ÷ count.</summary>
    public Histogram Probabilities { get; } = new([0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]);

    /// <summary>Categorical values that were encoded.</summary>
    public long Values => Interlocked.Read(ref _values);

    /// <summary>Those of them that training has not seen.</summary>
    public long Unseen => Interlocked.Read(ref _unseen);

    public void AddValues(long values, long unseen)
    {
        Interlocked.Add(ref _values, values);
        Interlocked.Add(ref _unseen, unseen);
    }

    /// <summary>Counts the answer of a request.</summary>
    public void AddAnswer(ReadOnlySpan<float> probabilities)
    {
        Rows.Add(probabilities.Length);
        foreach (var probability in probabilities)
            Probabilities.Add(probability);
    }
}
