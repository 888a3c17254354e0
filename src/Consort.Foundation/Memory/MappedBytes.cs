using System.IO.MemoryMappedFiles;

namespace Consort.Foundation.Memory;

/// <summary>A file mapped into memory, to be read. After it was closed every access throws.</summary>
public sealed class MappedBytes : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private nint _data;

    /// <summary>Maps the first bytes of a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="length">How many, at least 1.</param>
    /// <exception cref="IOException">It cannot be opened, or is shorter.</exception>
    public MappedBytes(string path, long length)
    {
        Length = length;
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _data = NativeBlocks.Acquire(_view.SafeMemoryMappedViewHandle) + (nint)_view.PointerOffset;
    }

    /// <summary>In bytes.</summary>
    public long Length { get; }

    /// <summary>All of it.</summary>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public NativeSpan<byte> All => _data == 0
        ? throw new ObjectDisposedException(nameof(MappedBytes), "the file was closed")
        : NativeBlocks.Span<byte>(_data, Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_data != 0)
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _data = 0;
        _view.Dispose();
        _file.Dispose();
    }
}
