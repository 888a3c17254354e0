using Consort.Compute.Cpu.MatrixMultiply.Bf16;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>What the operands of a matrix multiply are rounded to. Its sums, and all that is kept, are floats.</summary>
public enum Precision
{
    /// <summary>Not at all: single precision.</summary>
    Fp32,

    /// <summary>
    /// bfloat16, the upper half of a float: 8 bits of significand, all of its range. Rounded to nearest, ties to even;
    /// NaN and infinities stay what they are; operands and sums below 2⁻¹²⁶ become zero. The result is the same whatever
    /// the number of threads.
    /// </summary>
    Bf16,
}

/// <summary>The names of precisions, and which of them this machine has.</summary>
public static class Precisions
{
    /// <summary>The names as files and command lines write them.</summary>
    public static IReadOnlyDictionary<string, Precision> Names { get; } =
        new Dictionary<string, Precision> { ["fp32"] = Precision.Fp32, ["bf16"] = Precision.Bf16 };

    /// <summary>The name of a precision.</summary>
    public static string Name(this Precision precision) => precision == Precision.Bf16 ? "bf16" : "fp32";

    /// <summary>
    /// Why products of a precision are made in fp32 on this machine, or null where they are not: bf16 needs a processor
    /// with AVX512-BF16 that is not switched off (<c>DOTNET_EnableAVX512=0</c>) and a system that allows executable memory.
    /// </summary>
    public static string? Missing(this Precision precision) => precision == Precision.Bf16 ? Bf16Code.Missing : null;
}
