namespace Consort.Studies.Diagnostics;

/// <summary>Singular values σ₁ ≥ σ₂ ≥ … of a matrix and what is made of them.</summary>
/// <param name="SingularValues">σ, min(rows, columns) of them.</param>
/// <param name="Normalised">σ_i / σ₁, 1 first; all 0 for a matrix of zeros.</param>
/// <param name="InformationAbundance">IA = Σσ / max σ, 1 to min(rows, columns); 0 for a matrix of zeros. Source: Guo et al. 2024 (On the
/// Embedding Collapse when Scaling up Recommendation Models), definition 1.</param>
/// <param name="EffectiveRank">exp(−Σ q_i ln q_i) with q = σ / Σσ, 1 to min(rows, columns); 0 for a matrix of zeros. Source: Roy and
/// Vetterli 2007 (The Effective Rank), definition 1.</param>
public sealed record Spectrum(
    IReadOnlyList<double> SingularValues, IReadOnlyList<double> Normalised, double InformationAbundance, double EffectiveRank)
{
    /// <summary>Makes the measures.</summary>
    /// <param name="singularValues">σ, in any order, none negative.</param>
    public static Spectrum Of(IEnumerable<double> singularValues)
    {
        double[] values = [.. singularValues.OrderDescending()];
        var largest = values.Length == 0 ? 0 : values[0];
        if (!(largest > 0))
            return new Spectrum(values, new double[values.Length], 0, 0);
        var sum = values.Sum();
        var entropy = 0.0;
        foreach (var value in values)
            if (value > 0)
                entropy -= value / sum * Math.Log(value / sum);
        return new Spectrum(values, Array.ConvertAll(values, v => v / largest), sum / largest, Math.Exp(entropy));
    }
}
