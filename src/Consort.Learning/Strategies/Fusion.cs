namespace Consort.Learning.Strategies;

/// <summary>How the logits of the members become the one logit of the ensemble.</summary>
public enum Fusion
{
    /// <summary>z = (1/M) Σ_m z_m.</summary>
    Mean,

    /// <summary>z = Σ_m z_m.</summary>
    Sum,

    /// <summary>
    /// z = Σ_m z_m, where the members' output layers are slices of one layer over all their last hidden layers.
    /// </summary>
    Concat,
}
