using System.Globalization;
using System.IO.MemoryMappedFiles;
using Microsoft.Win32.SafeHandles;

namespace Consort.Serving.Packages;

/// <summary>A stretch of a package's file in memory.</summary>
/// <param name="Bytes">The memory; it goes when nothing refers to it.</param>
/// <param name="Offset">Where it begins in the file.</param>
internal readonly record struct PackagePart(HeldBytes Bytes, long Offset)
{
    /// <summary>The bytes from an offset of the file on.</summary>
    public NativeSpan<byte> At(long offset, long length) => Bytes.All.Part(offset - Offset, length);

    /// <summary>The bytes of a section that a span can hold.</summary>
    public ReadOnlySpan<byte> At(Section section) => Bytes.All.Slice(section.Offset - Offset, checked((int)section.Length));
}

/// <summary>
/// The bytes of a package, read into memory or mapped, in three parts that follow each other: header, manifest and encoder; the
/// vocabularies, which an encoder may still refer to when the package was given up; the weights. The header is read first and once: all
/// that is checked later is checked against it, so a file that changes while it is read is refused.
/// </summary>
internal sealed class PackageBytes : IDisposable
{
    private const int MostAtOnce = 1 << 30;
    private readonly string _path;
    private readonly List<HeldBytes> _owned = [];

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

            PackagePart Take(long from, long to) =>
                map is null ? ReadPart(file, from, to - from) : Own(HeldBytes.Map(map, from, to - from), from);
        }
        catch
        {
            Dispose();
            Vocabularies.Bytes?.Dispose();
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
            if (owner != Vocabularies.Bytes)
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
            throw PackageHeader.Damaged(_path,
                string.Create(CultureInfo.InvariantCulture, $"at least {PackageHeader.Length} bytes, found {length}"));
    }

    private void CheckMemory(long length)
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        if (memory > 0 && length > memory)
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"{_path}: found a package of {length} bytes, expected at most the {memory} of this machine's memory; map it instead (--map)"));
    }

    private PackagePart ReadPart(SafeFileHandle file, long from, long length)
    {
        var part = Own(HeldBytes.Allocate(length), from);
        for (long done = 0; done < length; done += MostAtOnce)
            Read(file, part.Bytes.All.Slice(done, (int)Math.Min(length - done, MostAtOnce)), from + done);
        return part;
    }

    private PackagePart Own(HeldBytes bytes, long from)
    {
        _owned.Add(bytes);
        return new PackagePart(bytes, from);
    }

    private void Read(SafeFileHandle file, Span<byte> bytes, long at)
    {
        while (bytes.Length > 0)
        {
            var read = RandomAccess.Read(file, bytes, at);
            if (read == 0)
                throw PackageHeader.Damaged(_path,
                    string.Create(CultureInfo.InvariantCulture, $"more than {at} bytes, found its end there while it was read"));
            bytes = bytes[read..];
            at += read;
        }
    }
}
