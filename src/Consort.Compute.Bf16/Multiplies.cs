using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Bf16;

/// <summary>Who multiplies matrices where an experiment may ask for bf16.</summary>
public static class Multiplies
{
    /// <summary>
    /// Why products of a precision are made in fp32 on this machine, or null where they are not: bf16 needs a processor with AVX512-BF16
    /// that is not switched off (<c>DOTNET_EnableAVX512=0</c>) and a system that allows executable memory.
    /// </summary>
    public static string? Missing(this Precision precision) => precision == Precision.Bf16 ? Bf16Code.Missing : null;

    /// <summary>Chooses the fastest kernels that this machine has; fp32 is used where it cannot do with less.</summary>
    /// <param name="workers">Who shares the work; not disposed with the result.</param>
    /// <param name="precision">Of the operands.</param>
    /// <param name="library">Who multiplies in fp32.</param>
    /// <exception cref="NotSupportedException">A native library that is not there, or one for bf16.</exception>
    public static Gemm Of(Workers workers, Precision precision, MatrixLibrary library = MatrixLibrary.Managed) =>
        precision == Precision.Fp32 ? new Gemm(workers, library)
        : library != MatrixLibrary.Managed ? throw new NotSupportedException($"native multiplies are in fp32, found {precision.Name()}")
        : new Gemm(workers, Gemm.Fastest, precision.Missing() is null ? new Bf16Gemm(workers) : null);
}
