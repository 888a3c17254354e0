namespace Consort.Learning.Losses;

/// <summary>
/// Squared difference of logits: L = (z − t)², with t a constant. ∂L/∂z = 2 (z − t). Source: Ba and Caruana 2014, "Do deep nets really need
/// to be deep?", arXiv 1312.6184.
/// </summary>
internal static class SquaredLogitError
{
    /// <summary>L and ∂L/∂z of a row.</summary>
    public static (double Value, double Gradient) Of(double t, double z) => ((z - t) * (z - t), 2 * (z - t));
}
