using System.Runtime.InteropServices;

namespace Consort.Serving.Packages;

/// <summary>Memory of our own that lives as long as something refers to it, on a multiple of 4096 bytes as a map would be.</summary>
internal sealed unsafe class NativeBlock : SafeBuffer
{
    private const int Page = 4096;
    private readonly long _bytes;

    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public NativeBlock(long bytes) : base(ownsHandle: true)
    {
        _bytes = Math.Max(1, bytes);
        SetHandle((nint)NativeBlocks.Rubbish<byte>(_bytes, leastAlignment: Page));
        Initialize((ulong)_bytes);
        // Blocks are freed by the collector where an encoder outlives its scorer; it must know what hangs on them.
        GC.AddMemoryPressure(_bytes);
    }

    protected override bool ReleaseHandle()
    {
        NativeBlocks.Free((void*)handle, isFinalizer: true);
        GC.RemoveMemoryPressure(_bytes);
        return true;
    }
}
