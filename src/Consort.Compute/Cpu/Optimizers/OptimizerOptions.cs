namespace Consort.Compute.Cpu.Optimizers;

/// <summary>Which rows of an embedding table a step changes.</summary>
public enum EmbeddingUpdate
{
    /// <summary>
    /// Every row, every step, with the regulariser over the whole table: what a dense optimizer does, and what published BARS numbers mean.
    /// Its cost grows with the table.
    /// </summary>
    Dense,

    /// <summary>The rows of the batch alone, their state and regulariser too ("lazy"). Its cost does not depend on the table.</summary>
    Touched,

    /// <summary>
    /// The dense update's result, but a row makes the steps it has missed when a batch is about to read it, or a table is read whole. With
    /// a regulariser they are made one by one, with the dense update's bits; without one at once by a closed form (to the precision of the
    /// numbers, see <see cref="AdamGap{T}"/>). The norm that gradients are clipped by counts all rows: while a bound shows that it stays
    /// below the limit rows remain deferred, otherwise the step is dense.
    /// </summary>
    Deferred,
}

/// <summary>How parameters change.</summary>
public sealed record OptimizerOptions
{
    /// <summary>The update rule.</summary>
    public UpdateRule Rule { get; init; } = new Adam();

    /// <summary>λ of the regulariser (λ/2)‖W‖² of every embedding table, at least 0: adds λw to the gradient.</summary>
    public double EmbeddingL2 { get; init; }

    /// <summary>λ of the regulariser (λ/2)‖W‖² of all trained dense parameters, biases too, at least 0.</summary>
    public double DenseL2 { get; init; }

    /// <summary>The learning rate of embedding tables over that of all else, above 0.</summary>
    public double EmbeddingRate { get; init; } = 1;

    /// <summary>
    /// The most that the norm of the whole gradient, regularisers included, may have, above 0; a longer one is scaled by max / (norm +
    /// 1e-6), as PyTorch does. Null leaves gradients as they are and saves a pass over them.
    /// </summary>
    public double? MaxGradientNorm { get; init; }

    /// <summary>Which rows of the tables a step changes.</summary>
    public EmbeddingUpdate EmbeddingUpdate { get; init; } = EmbeddingUpdate.Dense;

    /// <summary>
    /// β of the moving average of the weights that is kept beside them, in [0, 1); 0 keeps none. See <see cref="AverageDecay"/>.
    /// </summary>
    public double AverageDecay { get; init; }

    /// <summary>Whether a plain mean of the weights is kept beside them, of those that someone adds.</summary>
    public bool KeepsMean { get; init; }

    /// <summary>Members whose own parameters and tables stay as they are; −1 stands for what members share. Null for none.</summary>
    public IReadOnlySet<int>? FrozenMembers { get; init; }

    /// <summary>Throws if a setting is out of its range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">It names the setting, what was found and what was expected.</exception>
    public void Validate()
    {
        ArgumentNullException.ThrowIfNull(Rule);
        Rule.Validate();
        RequireFiniteAndAtLeastZero(nameof(EmbeddingL2), EmbeddingL2);
        RequireFiniteAndAtLeastZero(nameof(DenseL2), DenseL2);
        if (!(EmbeddingRate > 0) || !double.IsFinite(EmbeddingRate))
            throw new ArgumentOutOfRangeException(nameof(EmbeddingRate), EmbeddingRate, "expected above 0");
        if (MaxGradientNorm is { } norm && (!(norm > 0) || !double.IsFinite(norm)))
            throw new ArgumentOutOfRangeException(nameof(MaxGradientNorm), norm, "expected above 0");
        if (AverageDecay is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(AverageDecay), AverageDecay, "expected at least 0 and below 1");
        if (KeepsMean && AverageDecay > 0)
            throw new ArgumentOutOfRangeException(nameof(KeepsMean), KeepsMean, "expected false beside a moving average");
        if (EmbeddingUpdate is not (EmbeddingUpdate.Dense or EmbeddingUpdate.Touched or EmbeddingUpdate.Deferred))
            throw new ArgumentOutOfRangeException(nameof(EmbeddingUpdate), EmbeddingUpdate, "expected Dense, Touched or Deferred");
    }

    /// <summary>Whether any average is kept.</summary>
    internal bool HasAverage => AverageDecay > 0 || KeepsMean;

    /// <summary>Whether what belongs to a member stays as it is.</summary>
    internal bool IsFrozen(int member) => FrozenMembers?.Contains(member) ?? false;

    private static void RequireFiniteAndAtLeastZero(string name, double found)
    {
        if (!(found >= 0) || !double.IsFinite(found))
            throw new ArgumentOutOfRangeException(name, found, "expected at least 0");
    }
}
