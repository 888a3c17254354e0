using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>A way to multiply in single precision, with the buffers it needs.</summary>
internal abstract class FloatGemm : IDisposable
{
    public abstract void Run(in GemmCall<float> call);

    public abstract void Dispose();
}

/// <summary>A way to multiply that rounds its operands to fewer bits.</summary>
internal abstract class ReducedGemm : FloatGemm
{
    /// <summary>What they are rounded to.</summary>
    public abstract Precision Precision { get; }

    /// <summary>The same over other workers.</summary>
    public abstract ReducedGemm With(Workers workers);

    /// <summary>Whether the product is of a kind that it is for.</summary>
    public abstract bool Fits(in GemmCall<float> call);
}
