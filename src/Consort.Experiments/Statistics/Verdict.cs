namespace Consort.Experiments.Statistics;

/// <summary>What measurements say of a claim that something is larger.</summary>
public enum Verdict
{
    /// <summary>Neither of the others.</summary>
    Undecided,

    /// <summary>Every interval lies above zero.</summary>
    Confirmed,

    /// <summary>Every interval ends below the least gain that would count: if there is one at all, it is smaller.</summary>
    NotConfirmed,
}

/// <summary>A claim and what was measured about it.</summary>
/// <param name="Text">What is claimed, as something that is larger than something.</param>
/// <param name="Seeds">The difference over seeds, by Student's t; null for fewer than two seeds.</param>
/// <param name="Rows">The difference over the rows of the test split; null where rows cannot be compared.</param>
/// <param name="LeastGain">Gains below it do not count.</param>
public sealed record Claim(string Text, Comparison? Seeds, Comparison? Rows, double LeastGain)
{
    /// <summary>
    /// Confirmed or not confirmed only if the intervals over seeds and over rows (where there is one) agree; undecided without an interval
    /// over seeds, which alone tells of the chance in training.
    /// </summary>
    public Verdict Verdict
    {
        get
        {
            if (Seeds is null)
                return Verdict.Undecided;
            var rows = Rows ?? Seeds;
            return Seeds.Low > 0 && rows.Low > 0 ? Verdict.Confirmed
                : Seeds.High < LeastGain && rows.High < LeastGain ? Verdict.NotConfirmed
                : Verdict.Undecided;
        }
    }

    /// <summary>The verdict for people.</summary>
    public string Word => Verdict switch
    {
        Verdict.Confirmed => "confirmed",
        Verdict.NotConfirmed => "not confirmed",
        _ => "undecided",
    };
}
