using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>Lets generic kernels multiply matrices of their own element type.</summary>
internal static class GenericGemm
{
    /// <summary>Runs the multiply for float or double.</summary>
    /// <exception cref="NotSupportedException">Any other element.</exception>
    public static void Multiply<T>(this Gemm gemm, GemmCall<T> call)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(float))
            gemm.Run(Unsafe.As<GemmCall<T>, GemmCall<float>>(ref call));
        else if (typeof(T) == typeof(double))
            gemm.Run(Unsafe.As<GemmCall<T>, GemmCall<double>>(ref call));
        else
            throw new NotSupportedException($"matrix multiply: found {typeof(T)}, expected float or double");
    }
}
