using System.Runtime.InteropServices;

namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>
/// Native memory on a 64-byte boundary that grows to the largest size asked for, zero at first; its contents do not
/// survive growth.
/// </summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private nint _length;
    private float* _data;

    ~NativeBuffer() => NativeMemory.AlignedFree(_data);

    public float* Take(nint length)
    {
        if (length <= _length) return _data;
        Free();
        nuint bytes = (nuint)length * sizeof(float);
        _data = (float*)NativeMemory.AlignedAlloc(bytes, 64);
        NativeMemory.Clear(_data, bytes);
        _length = length;
        return _data;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_data);
        _data = null;
        _length = 0;
    }
}
