namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>The instructions a matrix multiply is written for.</summary>
internal enum GemmKernel
{
    /// <summary>128-bit vectors or none: Arm, and machines without the others.</summary>
    Portable,

    /// <summary>256-bit vectors with fused multiply-add.</summary>
    Avx2,

    /// <summary>512-bit vectors.</summary>
    Avx512,
}
