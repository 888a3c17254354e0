using System.Buffers;

namespace Consort.Serving.Onnx;

/// <summary>Memory that someone else keeps, as bytes that protobuf can write without copying them.</summary>
internal sealed unsafe class NativeBytes(nint address, int length) : MemoryManager<byte>
{
    public override Span<byte> GetSpan() => new((void*)address, length);

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)address + elementIndex);

    public override void Unpin() { }

    protected override void Dispose(bool disposing) { }
}
