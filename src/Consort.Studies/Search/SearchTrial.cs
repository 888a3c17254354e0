namespace Consort.Studies.Search;

/// <summary>What a trial came to with so many epochs at the most.</summary>
/// <param name="Epochs">The most that it had.</param>
/// <param name="Score">What is searched by, larger is better, on the validation rows that training looks at.</param>
/// <param name="Auc">On the same rows.</param>
/// <param name="LogLoss">Likewise.</param>
/// <param name="Seconds">Of its training so far.</param>
/// <param name="IsOver">Whether early stopping ended it: more epochs change nothing.</param>
internal sealed record Rung(int Epochs, double Score, double Auc, double LogLoss, double Seconds, bool IsOver);

/// <summary>Values that are tried.</summary>
/// <param name="Number">From 0, in the order in which they were drawn; 0 is the experiment as it stands.</param>
/// <param name="Places">Where each value stands in its dimension, 0 to 1.</param>
/// <param name="Values">The values as a file says them.</param>
/// <param name="Target">How many rungs it is to have.</param>
internal sealed record SearchTrial(int Number, IReadOnlyList<double> Places, IReadOnlyList<string> Values, int Target)
{
    /// <summary>What it came to, rung by rung.</summary>
    public IReadOnlyList<Rung> Rungs { get; init; } = [];

    /// <summary>The last of them, or null.</summary>
    public Rung? Last => Rungs is [.., var last] ? last : null;

    /// <summary>Why it cannot be trained, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether it has come as far as it is to.</summary>
    public bool IsDone => Failure is not null || Rungs.Count >= Target;
}
