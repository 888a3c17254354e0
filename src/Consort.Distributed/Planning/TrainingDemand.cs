namespace Consort.Distributed.Planning;

/// <summary>What a family asks of whoever trains it, whatever the machine.</summary>
/// <param name="FlopsPerRow">Of forward and backward pass.</param>
/// <param name="DenseNumbers">All parameters but tables.</param>
/// <param name="Fields">Tokens of a row.</param>
/// <param name="NumbersPerToken">Of all tables together.</param>
/// <param name="NormWidths">Features of each batch norm.</param>
/// <param name="Members">Logits of a row.</param>
internal sealed record TrainingDemand(
    double FlopsPerRow, double DenseNumbers, int Fields, double NumbersPerToken, IReadOnlyList<int> NormWidths, int Members)
{
    /// <summary>
    /// When dense gradients are complete, in the order of the backward pass: so many numbers where such a share of it is still to do. All
    /// of them behind it, unless given.
    /// </summary>
    public IReadOnlyList<(double Left, double Numbers)> Completions { get; init; } = [(0, DenseNumbers)];
}

/// <summary>What a machine does, measured on it.</summary>
/// <param name="SecondsPerStep">What a step costs whatever its rows.</param>
/// <param name="SecondsPerRow">What each row adds, tables in the caches.</param>
/// <param name="LossSecondsPerRow">Of that, the strategy, which each rank goes through for all rows.</param>
/// <param name="Streams">Bytes a second that memory copies, read and written counted once each.</param>
/// <param name="Lines">Bytes a second of rows at random places.</param>
internal sealed record MachineSpeed(
    double SecondsPerStep, double SecondsPerRow, double LossSecondsPerRow, double Streams, double Lines);
