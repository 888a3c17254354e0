namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>
/// Native memory on a 64-byte boundary that grows to the largest size asked for, zero at first; its contents do not survive growth.
/// </summary>
internal sealed unsafe class NativeBuffer : IDisposable
{
    private nint _length;
    private float* _data;

    ~NativeBuffer() => NativeBlocks.Free(_data, isFinalizer: true);

    public float* Take(nint length)
    {
        if (length <= _length) return _data;
        Free();
        _data = (float*)NativeBlocks.Zeros<float>(length);
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
        NativeBlocks.Free(_data);
        _data = null;
        _length = 0;
    }
}
