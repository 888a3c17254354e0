namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>What is applied to each element of a product after the bias.</summary>
public enum Activation
{
    /// <summary>x</summary>
    None,

    /// <summary>max(x, 0); NaN stays NaN</summary>
    Relu,
}
