namespace Consort.Compute.Operations;

/// <summary>An activation function.</summary>
public enum Activation
{
    /// <summary>y = x.</summary>
    None,

    /// <summary>y = max(0, x).</summary>
    Relu,

    /// <summary>y = x where x is positive, else x / 100.</summary>
    LeakyRelu,

    /// <summary>y = x where x is positive, else α x with α learned for each feature; see <see cref="ParametricRelu"/>.</summary>
    Prelu,

    /// <summary>y = x · (p + α (1 − p)), p = σ of x batch-normalised, α learned for each feature; see <see cref="DiceGate"/>.</summary>
    Dice,

    /// <summary>y = 1 / (1 + e⁻ˣ).</summary>
    Sigmoid,

    /// <summary>y = tanh x.</summary>
    Tanh,

    /// <summary>y = x / (1 + e⁻ˣ), also called swish.</summary>
    Silu,

    /// <summary>
    /// y = x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))). Source: Hendrycks and Gimpel 2016, the approximation that FuxiCTR takes.
    /// </summary>
    Gelu,

    /// <summary>y = eˣ.</summary>
    Exponential,

    /// <summary>y = ln max(|x|, 1e-5), whose gradient is zero below. The logarithm of AFN, with FuxiCTR's least magnitude.</summary>
    LogMagnitude,
}
