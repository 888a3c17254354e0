using System.Globalization;
using System.IO.Hashing;
using System.IO.MemoryMappedFiles;
using Consort.Data;
using Consort.Data.Encoding;
using Consort.Data.Storage;

namespace Consort.Serving.Packages;

/// <summary>A tensor of a package: where its numbers lie in the map.</summary>
internal readonly unsafe record struct PackedTensor(TensorEntry Entry, nint Address)
{
    public byte* Data => (byte*)Address;
}

/// <summary>
/// A package mapped into memory. Opening checks header, manifest, encoder and the weights' header; <see cref="Verify"/>
/// checks the numbers. Nothing of a size that the file claims is allocated before the claim is checked against the file, and
/// no name in it is ever opened.
/// </summary>
internal sealed unsafe class Package : IDisposable
{
    private const int MaxWeightsHeader = 64 << 20;
    private readonly string _path;
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly Dictionary<string, PackedTensor> _tensors = new(StringComparer.Ordinal);
    private byte* _data;

    private Package(string path, FileStream stream)
    {
        _path = path;
        // A stream of no length cannot be mapped.
        if (stream.Length < PackageHeader.Length)
            throw PackageHeader.Damaged(path, string.Create(CultureInfo.InvariantCulture, $"at least {PackageHeader.Length} bytes, found {stream.Length}"));
        FileLength = stream.Length;
        _file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        _view = _file.CreateViewAccessor(0, FileLength, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _data);
        _data += _view.PointerOffset;
        try
        {
            var header = PackageHeader.Read(new ReadOnlySpan<byte>(_data, PackageHeader.Length), FileLength, path);
            CheckGaps(header);
            var manifest = new ReadOnlySpan<byte>(_data + header.Manifest.Offset, (int)header.Manifest.Length);
            if (XxHash128.HashToUInt128(manifest) != header.ManifestHash)
                throw PackageHeader.Damaged(path, "a manifest that agrees with its checksum");
            Manifest = PackageManifest.Read(manifest, path);
            Check(header.Encoder, Manifest.EncoderChecksum, "an encoder");
            Encoder = ReadEncoder(header);
            ReadWeights(header.Weights);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public PackageManifest Manifest { get; }

    public Encoder Encoder { get; }

    public long FileLength { get; }

    /// <summary>Opens a package.</summary>
    /// <exception cref="ConsortException">It cannot be read, or is no package, or is damaged.</exception>
    public static Package Open(string path)
    {
        try
        {
            // Another process may move a new package over this one; whoever maps the old one keeps it.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1);
            return new Package(path, stream);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException($"{path}: cannot be opened: {e.Message}", e);
        }
    }

    /// <summary>A tensor, or null.</summary>
    public PackedTensor? Find(string name) => _tensors.TryGetValue(name, out var tensor) ? tensor : null;

    /// <summary>The names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Whether a cache line lies after a tensor within the file.</summary>
    public bool HasRoomAfter(in PackedTensor tensor) => tensor.Data + tensor.Entry.Bytes + 64 <= _data + FileLength;

    /// <summary>Checks the numbers of a tensor.</summary>
    /// <exception cref="ConsortException">They do not agree with their checksum.</exception>
    public void Verify(string name)
    {
        var tensor = _tensors[name];
        if (Hash(tensor.Data, tensor.Entry.Bytes) != Manifest.Tensors[name])
            throw PackageHeader.Damaged(_path, $"tensor {name} to agree with its checksum");
    }

    public void Dispose()
    {
        if (_data != null)
            _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _data = null;
        _view?.Dispose();
        _file?.Dispose();
    }

    /// <summary>The XxHash128 of memory, in hexadecimal.</summary>
    public static string Hash(byte* data, long length)
    {
        var hash = new XxHash128();
        for (long done = 0; done < length;)
        {
            var size = (int)Math.Min(length - done, 1 << 30);
            hash.Append(new ReadOnlySpan<byte>(data + done, size));
            done += size;
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    // Bytes that no section owns are zeros, so that no byte of the file can change unseen.
    private void CheckGaps(in PackageHeader header)
    {
        foreach (var (from, to) in (ReadOnlySpan<(long, long)>)[(header.Manifest.End, header.Encoder.Offset), (header.Encoder.End, header.Vocabularies.Offset), (header.Vocabularies.End, header.Weights.Offset)])
            if (new ReadOnlySpan<byte>(_data + from, (int)(to - from)).ContainsAnyExcept((byte)0))
                throw PackageHeader.Damaged(_path, "zeros between sections");
    }

    private void Check(Section section, string checksum, string what)
    {
        if (Hash(_data + section.Offset, section.Length) != checksum)
            throw PackageHeader.Damaged(_path, $"{what} that agrees with its checksum");
    }

    // The vocabularies have a map of their own: an encoder may be asked after its package was given up, by whoever still holds
    // it, so that map goes with the last reference to the encoder.
    private Encoder ReadEncoder(in PackageHeader header)
    {
        var section = header.Vocabularies;
        using var head = new UnmanagedMemoryStream(_data + header.Encoder.Offset, header.Encoder.Length);
        // A view of no length would reach to the end of the file.
        var view = _file.CreateViewAccessor(section.Offset, Math.Max(1, section.Length), MemoryMappedFileAccess.Read);
        try
        {
            var owner = view.SafeMemoryMappedViewHandle;
            byte* data = null;
            owner.AcquirePointer(ref data);
            // A reference that is counted would outlive the finalizer; the owner itself is referred to instead.
            owner.ReleasePointer();
            data += view.PointerOffset;
            if (Hash(data, section.Length) != Manifest.VocabulariesChecksum)
                throw PackageHeader.Damaged(_path, "vocabularies that agree with their checksum");
            return EncoderImage.Open(head, owner, data, section.Length, _path);
        }
        catch
        {
            view.Dispose();
            throw;
        }
    }

    private void ReadWeights(Section section)
    {
        var length = *(long*)(_data + section.Offset);
        if (length is < 2 or > MaxWeightsHeader || length > section.Length - 8)
            throw PackageHeader.Damaged(_path, string.Create(CultureInfo.InvariantCulture, $"a weights header that fits, found one of {length} bytes in {section.Length}"));
        Check(section with { Length = 8 + length }, Manifest.WeightsChecksum, "a weights header");
        var header = new ReadOnlySpan<byte>(_data + section.Offset + 8, (int)length).ToArray();
        var begin = section.Offset + 8 + length;
        foreach (var entry in TensorLayout.Tensors(header, section.End - begin, expected => PackageHeader.Damaged(_path, expected)))
        {
            if (!Manifest.Tensors.ContainsKey(entry.Name) || !_tensors.TryAdd(entry.Name, new PackedTensor(entry, (nint)(_data + begin + entry.Begin))))
                throw PackageHeader.Damaged(_path, $"one tensor {entry.Name} with one checksum");
        }

        if (Manifest.Tensors.Count != _tensors.Count)
            throw PackageHeader.Damaged(_path, string.Create(CultureInfo.InvariantCulture, $"{Manifest.Tensors.Count} tensors, found {_tensors.Count}"));
    }
}
