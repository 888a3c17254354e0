using System.Globalization;
using System.IO.Hashing;
using Consort.Data.Encoders;
using Consort.Foundation.Files;

namespace Consort.Serving.Packages;

/// <summary>A tensor of a package: where its numbers lie in memory.</summary>
internal readonly unsafe record struct PackedTensor(TensorEntry Entry, nint Address)
{
    public byte* Data => (byte*)Address;
}

/// <summary>
/// A package in memory. Opening checks header, manifest, encoder and the weights' header; <see cref="Verify"/>
/// checks the numbers. Nothing of a size that the file claims is allocated before the claim is checked against the file, and
/// no name in it is ever opened.
/// </summary>
internal sealed unsafe class Package : IDisposable
{
    private const int MaxWeightsHeader = 64 << 20;
    private readonly string _path;
    private readonly PackageBytes _bytes;
    private readonly Dictionary<string, PackedTensor> _tensors = new(StringComparer.Ordinal);

    private Package(string path, PackageBytes bytes)
    {
        (_path, _bytes) = (path, bytes);
        var header = bytes.Header;
        FileLength = header.FileLength;
        CheckGaps(header);
        var manifest = new ReadOnlySpan<byte>(bytes.Head.At(header.Manifest.Offset), (int)header.Manifest.Length);
        if (XxHash128.HashToUInt128(manifest) != header.ManifestHash)
            throw PackageHeader.Damaged(path, "a manifest that agrees with its checksum");
        Manifest = PackageManifest.Read(manifest, path);
        Check(bytes.Head, header.Encoder, Manifest.EncoderChecksum, "an encoder that agrees");
        Check(bytes.Vocabularies, header.Vocabularies, Manifest.VocabulariesChecksum, "vocabularies that agree");
        Encoder = ReadEncoder(header);
        ReadWeights(header.Weights);
    }

    public PackageManifest Manifest { get; }

    public Encoder Encoder { get; }

    public long FileLength { get; }

    /// <summary>Opens a package.</summary>
    /// <exception cref="ConsortException">It cannot be read, or is no package, or is damaged.</exception>
    public static Package Open(string path, PackageStorage storage)
    {
        PackageBytes? bytes = null;
        try
        {
            bytes = new PackageBytes(path, storage);
            return new Package(path, bytes);
        }
        catch (Exception e)
        {
            bytes?.Dispose();
            bytes?.Vocabularies.Owner.Dispose();
            if (e is IOException or UnauthorizedAccessException or NotSupportedException or OutOfMemoryException)
                throw new ConsortException($"{path}: cannot be opened: {e.Message}", e);
            throw;
        }
    }

    /// <summary>A tensor, or null.</summary>
    public PackedTensor? Find(string name) => _tensors.TryGetValue(name, out var tensor) ? tensor : null;

    /// <summary>The names of all tensors.</summary>
    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>Whether a cache line lies after a tensor within the file.</summary>
    public bool HasRoomAfter(in PackedTensor tensor) => tensor.Data + tensor.Entry.Bytes + 64 <= _bytes.Weights.End;

    /// <summary>Checks the numbers of a tensor.</summary>
    /// <exception cref="ConsortException">They do not agree with their checksum.</exception>
    public void Verify(string name)
    {
        var tensor = _tensors[name];
        if (Hash(tensor.Data, tensor.Entry.Bytes) != Manifest.Tensors[name])
            throw PackageHeader.Damaged(_path, $"tensor {name} to agree with its checksum");
    }

    public void Dispose() => _bytes.Dispose();

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
        foreach (var (part, from, to) in (ReadOnlySpan<(PackagePart, long, long)>)
                 [
                     (_bytes.Head, header.Manifest.End, header.Encoder.Offset),
                     (_bytes.Head, header.Encoder.End, header.Vocabularies.Offset),
                     (_bytes.Vocabularies, header.Vocabularies.End, header.Weights.Offset),
                 ])
            if (new ReadOnlySpan<byte>(part.At(from), (int)(to - from)).ContainsAnyExcept((byte)0))
                throw PackageHeader.Damaged(_path, "zeros between sections");
    }

    private void Check(in PackagePart part, Section section, string checksum, string what)
    {
        if (Hash(part.At(section.Offset), section.Length) != checksum)
            throw PackageHeader.Damaged(_path, $"{what} with its checksum");
    }

    // An encoder may be asked after its package was given up, by whoever still holds it: it refers to the owner of its part.
    private Encoder ReadEncoder(in PackageHeader header)
    {
        using var head = new UnmanagedMemoryStream(_bytes.Head.At(header.Encoder.Offset), header.Encoder.Length);
        var part = _bytes.Vocabularies;
        return EncoderImage.Open(head, new NativeBuffer<byte>(part.At(part.Offset), header.Vocabularies.Length, part.Owner), _path);
    }

    private void ReadWeights(Section section)
    {
        var length = *(long*)_bytes.Weights.At(section.Offset);
        if (length is < 2 or > MaxWeightsHeader || length > section.Length - 8)
            throw PackageHeader.Damaged(_path, string.Create(CultureInfo.InvariantCulture, $"a weights header that fits, found one of {length} bytes in {section.Length}"));
        Check(_bytes.Weights, section with { Length = 8 + length }, Manifest.WeightsChecksum, "a weights header that agrees");
        var header = new ReadOnlySpan<byte>(_bytes.Weights.At(section.Offset + 8), (int)length).ToArray();
        var begin = section.Offset + 8 + length;
        foreach (var entry in TensorLayout.Tensors(header, section.End - begin, expected => PackageHeader.Damaged(_path, expected)))
        {
            if (!Manifest.Tensors.ContainsKey(entry.Name) || !_tensors.TryAdd(entry.Name, new PackedTensor(entry, (nint)_bytes.Weights.At(begin + entry.Begin))))
                throw PackageHeader.Damaged(_path, $"one tensor {entry.Name} with one checksum");
        }

        if (Manifest.Tensors.Count != _tensors.Count)
            throw PackageHeader.Damaged(_path, string.Create(CultureInfo.InvariantCulture, $"{Manifest.Tensors.Count} tensors, found {_tensors.Count}"));
    }
}
