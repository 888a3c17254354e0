using System.Numerics;
using Consort.Compute.Cpu.Kernels;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// The three multiplies of a fully connected layer y = x Wᵀ + b over B rows, x [B, in], y [B, out]; W is [out, in], or such columns of a
/// wider matrix.
/// </summary>
/// <param name="gemm">The matrix multiply.</param>
/// <param name="inputs">in.</param>
/// <param name="outputs">out.</param>
/// <param name="stride">Elements from one row of W to the next.</param>
internal readonly unsafe struct DenseMultiply<T>(Gemm gemm, int inputs, int outputs, int stride)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>y = x Wᵀ + b, or y += x Wᵀ + b.</summary>
    public void Forward(int rows, T* x, T* weight, T* bias, T* y, bool accumulate = false, bool relu = false) =>
        gemm.Multiply(new GemmCall<T>
        {
            M = rows,
            N = outputs,
            K = inputs,
            A = x,
            Lda = inputs,
            B = weight,
            Ldb = stride,
            TransB = true,
            C = y,
            Ldc = outputs,
            Accumulate = accumulate,
            Bias = bias,
            Relu = relu,
        });

    /// <summary>∂W += ∂yᵀ x, and ∂b += Σ_B ∂y where a place for it is given.</summary>
    public void WeightGradient(int rows, T* gradient, T* x, T* weightGradient, T* biasGradient) => gemm.Multiply(new GemmCall<T>
    {
        M = outputs,
        N = inputs,
        K = rows,
        A = gradient,
        Lda = outputs,
        TransA = true,
        B = x,
        Ldb = inputs,
        C = weightGradient,
        Ldc = stride,
        Accumulate = true,
        RowSums = biasGradient,
    });

    /// <summary>∂x = ∂y W, put or added as the target says.</summary>
    public void InputGradient(int rows, T* gradient, T* weight, GradientTarget<T> target) => gemm.Multiply(new GemmCall<T>
    {
        M = rows,
        N = inputs,
        K = outputs,
        A = gradient,
        Lda = outputs,
        B = weight,
        Ldb = stride,
        C = target.Data,
        Ldc = inputs,
        Accumulate = target.Accumulate,
        Mask = target.Mask,
        Ldmask = inputs,
    });
}
