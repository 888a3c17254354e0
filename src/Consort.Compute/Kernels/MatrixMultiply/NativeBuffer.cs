using System.Runtime.InteropServices;

namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>Native memory on a 64-byte boundary that grows to the largest size asked for; its contents do not survive growth.</summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private nint _length;
    private float* _data;

    ~NativeBuffer() => NativeMemory.AlignedFree(_data);

    public float* Take(nint length)
    {
        if (length <= _length) return _data;
        NativeMemory.AlignedFree(_data);
        _data = null;
        _length = 0;
        _data = (float*)NativeMemory.AlignedAlloc((nuint)length * sizeof(float), 64);
        _length = length;
        return _data;
    }

    public void Dispose()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
        _length = 0;
        GC.SuppressFinalize(this);
    }
}
