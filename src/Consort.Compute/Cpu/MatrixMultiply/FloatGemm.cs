namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>A way to multiply in single precision, with the buffers it needs.</summary>
internal abstract class FloatGemm : IDisposable
{
    public abstract void Run(in GemmCall<float> call);

    public abstract void Dispose();
}
