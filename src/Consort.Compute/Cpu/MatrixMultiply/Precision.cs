namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>What the operands of a matrix multiply are rounded to. Its sums, and all that is kept, are floats.</summary>
public enum Precision
{
    /// <summary>Not at all: single precision.</summary>
    Fp32,

    /// <summary>
    /// bfloat16, the upper half of a float: 8 bits of significand, all of its range. Rounded to nearest, ties to even; NaN and infinities
    /// stay what they are; operands and sums below 2⁻¹²⁶ become zero. The result is the same whatever the number of threads.
    /// </summary>
    Bf16,
}

/// <summary>The names of precisions.</summary>
public static class Precisions
{
    /// <summary>The names as files and command lines write them.</summary>
    public static IReadOnlyDictionary<string, Precision> Names { get; } =
        new Dictionary<string, Precision> { ["fp32"] = Precision.Fp32, ["bf16"] = Precision.Bf16 };

    /// <summary>The name of a precision.</summary>
    public static string Name(this Precision precision) => precision == Precision.Bf16 ? "bf16" : "fp32";
}
