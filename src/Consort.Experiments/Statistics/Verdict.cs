namespace Consort.Experiments.Statistics;

/// <summary>What measurements say of a claim that something is larger.</summary>
internal enum Verdict
{
    /// <summary>None of the others.</summary>
    Undecided,

    /// <summary>It is larger, and by at least what counts.</summary>
    Confirmed,

    /// <summary>Whatever the difference is, it is smaller than what counts.</summary>
    Negligible,

    /// <summary>It is smaller.</summary>
    Refuted,
}

/// <summary>A claim and what was measured about it.</summary>
/// <param name="Text">What is claimed, as something that is larger than something.</param>
/// <param name="Seeds">The difference over seeds, by Student's t; null for fewer than two seeds.</param>
/// <param name="Rows">The difference over the rows of the test split; null where rows cannot be compared.</param>
/// <param name="LeastGain">Differences below it do not count; null for that of the table.</param>
internal sealed record Claim(string Text, Comparison? Seeds, Comparison? Rows, double? LeastGain = null)
{
    /// <summary>Of a claim over several models: the mean difference over models, each model one value; else null.</summary>
    public Comparison? Models { get; init; }

    /// <summary>
    /// The difference with one error for new seeds, new rows and new models, as far as each was measured: SE² = SE_rows² + s²/n. Null
    /// without an interval over seeds, which alone tells of the chance in training, and of several models with one.
    /// </summary>
    public Comparison? Joint => Seeds is null ? null : Comparison.Joint(Seeds.Difference, Seeds, Rows, Models);
}
