using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;

namespace Consort.Foundation.Memory;

/// <summary>Bytes outside the managed heap, of their own or of a mapped file, that stay as long as something refers to them.</summary>
public sealed unsafe class HeldBytes : IDisposable
{
    private readonly SafeBuffer _owner;
    private readonly byte* _data;

    private HeldBytes(SafeBuffer owner, byte* data, long length)
    {
        (_owner, Length) = (owner, length);
        _data = data;
    }

    /// <summary>In bytes.</summary>
    public long Length { get; }

    /// <summary>All of it.</summary>
    /// <exception cref="ObjectDisposedException">It was given up.</exception>
    public NativeSpan<byte> All => new(ref *Pointer, Length);

    /// <summary>The first byte.</summary>
    internal byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_owner.IsClosed, this);
            return _data;
        }
    }

    /// <summary>Memory of its own on a multiple of 4096 bytes, as a map would be; nobody relies on what is in it.</summary>
    /// <exception cref="OutOfMemoryException">There is not so much.</exception>
    public static HeldBytes Allocate(long length)
    {
        var block = new Block(Math.Max(1, length));
        return new HeldBytes(block, (byte*)block.DangerousGetHandle(), length);
    }

    /// <summary>The first bytes of a file, mapped to be read.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">How many.</param>
    /// <exception cref="IOException">It cannot be opened, or is shorter.</exception>
    public static HeldBytes Map(string path, long length)
    {
        using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        return Map(file, 0, length);
    }

    /// <summary>A part of a mapped file, to be read.</summary>
    public static HeldBytes Map(MemoryMappedFile file, long from, long length)
    {
        // A view of no length would reach to the end of the file.
        var view = file.CreateViewAccessor(from, Math.Max(1, length), MemoryMappedFileAccess.Read);
        var owner = view.SafeMemoryMappedViewHandle;
        byte* data = null;
        owner.AcquirePointer(ref data);
        // A reference that is counted would outlive the finalizer; the owner itself is referred to instead.
        owner.ReleasePointer();
        return new HeldBytes(owner, data + view.PointerOffset, length);
    }

    /// <summary>A part, to be read as a stream.</summary>
    public Stream Read(long start, long length)
    {
        _ = All.Part(start, length);
        return new UnmanagedMemoryStream(Pointer + start, length);
    }

    /// <summary>A part as numbers that stay where they are; a cache line must follow it.</summary>
    /// <typeparam name="T">The element.</typeparam>
    /// <exception cref="ArgumentOutOfRangeException">It does not lie within.</exception>
    public NativeBuffer<T> View<T>(long start, long count)
        where T : unmanaged
    {
        _ = All.Part(start, count * sizeof(T));
        return new NativeBuffer<T>((T*)(Pointer + start), count, this);
    }

    /// <inheritdoc/>
    public void Dispose() => _owner.Dispose();

    private sealed class Block : SafeBuffer
    {
        private const int Page = 4096;
        private readonly long _bytes;

        public Block(long bytes) : base(ownsHandle: true)
        {
            _bytes = bytes;
            SetHandle((nint)NativeBlocks.Rubbish<byte>(bytes, leastAlignment: Page));
            Initialize((ulong)bytes);
            // Blocks are freed by the collector where an encoder outlives its scorer; it must know what hangs on them.
            GC.AddMemoryPressure(bytes);
        }

        protected override bool ReleaseHandle()
        {
            NativeBlocks.Free((void*)handle, isFinalizer: true);
            GC.RemoveMemoryPressure(_bytes);
            return true;
        }
    }
}
