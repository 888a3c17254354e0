using System.Globalization;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Consort.Serving.Packages;

/// <summary>A stretch of a package's file in memory.</summary>
/// <param name="Owner">What keeps the memory; it goes when nothing refers to it.</param>
/// <param name="Address">Where the stretch begins.</param>
/// <param name="Offset">Where it begins in the file.</param>
/// <param name="Length">Its bytes.</param>
internal readonly unsafe record struct PackagePart(SafeBuffer Owner, nint Address, long Offset, long Length)
{
    /// <summary>The address of an offset of the file.</summary>
    public byte* At(long offset) => (byte*)Address + (offset - Offset);

    /// <summary>Where the part ends.</summary>
    public byte* End => (byte*)Address + Length;
}

/// <summary>
/// The bytes of a package, read into memory or mapped, in three parts that follow each other: header, manifest and encoder; the
/// vocabularies, which an encoder may still refer to when the package was given up; the weights. The header is read first and
/// once: all that is checked later is checked against it, so a file that changes while it is read is refused.
/// </summary>
internal sealed unsafe class PackageBytes : IDisposable
{
    private const int MostAtOnce = 1 << 30;
    private readonly string _path;
    private readonly List<SafeBuffer> _owned = [];

    /// <exception cref="ConsortException">Another kind of file, cut short, or larger than the memory.</exception>
    public PackageBytes(string path, PackageStorage storage)
    {
        _path = path;
        using var file = Open(path, storage);
        var length = RandomAccess.GetLength(file);
        CheckLength(length);
        Span<byte> first = stackalloc byte[PackageHeader.Length];
        Read(file, first, 0);
        Header = PackageHeader.Read(first, length, path);
        var (vocabularies, weights) = (Header.Vocabularies.Offset, Header.Weights.Offset);
        try
        {
            using var map = storage == PackageStorage.Mapped
                ? MemoryMappedFile.CreateFromFile(file, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: true)
                : null;
            if (map is null)
                CheckMemory(length);
            Head = Take(0, vocabularies);
            Vocabularies = Take(vocabularies, weights);
            Weights = Take(weights, length);

            PackagePart Take(long from, long to) => map is null ? ReadPart(file, from, to - from) : MapPart(map, from, to - from);
        }
        catch
        {
            Dispose();
            Vocabularies.Owner?.Dispose();
            throw;
        }
    }

    public PackageHeader Header { get; }

    public PackagePart Head { get; }

    public PackagePart Vocabularies { get; }

    public PackagePart Weights { get; }

    /// <summary>Gives up all but the vocabularies, which go with the last encoder that refers to them.</summary>
    public void Dispose()
    {
        foreach (var owner in _owned)
            if (owner != Vocabularies.Owner)
                owner.Dispose();
    }

    private static SafeFileHandle Open(string path, PackageStorage storage)
    {
        var file = new FileInfo(path);
        var target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        // To open a pipe would be to wait for its other end; like other things that are no files, it has no length.
        if (target.Exists && target.Length == 0)
            throw PackageHeader.Damaged(path, $"at least {PackageHeader.Length} bytes, found 0");
        // Whoever writes meanwhile is not hindered where the bytes are ours afterwards; a map must not be written to.
        var share = storage == PackageStorage.Mapped ? FileShare.Read | FileShare.Delete : FileShare.ReadWrite | FileShare.Delete;
        return File.OpenHandle(path, FileMode.Open, FileAccess.Read, share);
    }

    private void CheckLength(long length)
    {
        if (length < PackageHeader.Length)
            throw PackageHeader.Damaged(_path, string.Create(CultureInfo.InvariantCulture, $"at least {PackageHeader.Length} bytes, found {length}"));
    }

    private void CheckMemory(long length)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (memory > 0 && length > memory)
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture, $"{_path}: found a package of {length} bytes, expected at most the {memory} of this machine's memory; map it instead (--map)"));
    }

    private PackagePart ReadPart(SafeFileHandle file, long from, long length)
    {
        var block = new NativeBlock(length);
        _owned.Add(block);
        var address = block.DangerousGetHandle();
        for (long done = 0; done < length;)
        {
            var size = (int)Math.Min(length - done, MostAtOnce);
            Read(file, new Span<byte>((byte*)address + done, size), from + done);
            done += size;
        }

        return new PackagePart(block, address, from, length);
    }

    private PackagePart MapPart(MemoryMappedFile map, long from, long length)
    {
        // A view of no length would reach to the end of the file.
        var view = map.CreateViewAccessor(from, Math.Max(1, length), MemoryMappedFileAccess.Read);
        var owner = view.SafeMemoryMappedViewHandle;
        _owned.Add(owner);
        byte* data = null;
        owner.AcquirePointer(ref data);
        // A reference that is counted would outlive the finalizer; the owner itself is referred to instead.
        owner.ReleasePointer();
        return new PackagePart(owner, (nint)(data + view.PointerOffset), from, length);
    }

    private void Read(SafeFileHandle file, Span<byte> bytes, long at)
    {
        while (bytes.Length > 0)
        {
            var read = RandomAccess.Read(file, bytes, at);
            if (read == 0)
                throw PackageHeader.Damaged(_path, string.Create(CultureInfo.InvariantCulture, $"more than {at} bytes, found its end there while it was read"));
            bytes = bytes[read..];
            at += read;
        }
    }
}
