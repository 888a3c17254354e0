namespace Consort.Learning.Losses;

/// <summary>
/// Cross-entropy with a softened probability at temperature T: L = T² CE(σ(t/T), σ(z/T)), with the teacher's logit t a constant; it differs
/// from T² KL(σ(t/T) ‖ σ(z/T)) by what does not depend on z. ∂L/∂z = T (σ(z/T) − σ(t/T)), so that T² keeps the gradient's size. Source:
/// Hinton, Vinyals and Dean 2015, arXiv 1503.02531, section 2.
/// </summary>
internal static class SoftLabel
{
    /// <summary>L and ∂L/∂z of a row.</summary>
    public static (double Value, double Gradient) Of(double temperature, double t, double z)
    {
        var soft = Logistic.Sigmoid(t / temperature);
        return (temperature * temperature * BinaryCrossEntropy.Value(soft, z / temperature),
            temperature * (Logistic.Sigmoid(z / temperature) - soft));
    }
}
