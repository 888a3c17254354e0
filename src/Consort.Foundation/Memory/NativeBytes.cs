using System.Buffers;
using System.Runtime.InteropServices;

namespace Consort.Foundation.Memory;

/// <summary>Memory that someone else keeps, as bytes that a library can write without copying them.</summary>
internal sealed unsafe class NativeBytes(NativeBuffer<float> numbers) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => MemoryMarshal.AsBytes(numbers.Span);

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)numbers.Pointer + elementIndex);

    public override void Unpin() { }

    protected override void Dispose(bool disposing) { }
}
