using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using Consort.Data.Encoders;
using Consort.Foundation.Files;

namespace Consort.Serving.Packages;

/// <summary>A tensor of a package: where its numbers lie in memory.</summary>
internal readonly record struct PackedTensor(TensorEntry Entry, PackagePart Part, long Offset)
{
    /// <summary>Its bytes.</summary>
    public NativeSpan<byte> Data => Part.At(Offset, Entry.Bytes);

    /// <summary>Its numbers, where they lie.</summary>
    public NativeBuffer<T> View<T>()
        where T : unmanaged => Part.Bytes.View<T>(Offset - Part.Offset, Entry.Bytes / TensorEntry.SizeOf(Entry.Type));

    /// <summary>Whether they begin on a multiple of so many bytes; parts begin on whole pages.</summary>
    public bool IsAligned(int bytes) => (Offset - Part.Offset) % bytes == 0;
}

/// <summary>
/// A package in memory. Opening checks header, manifest, encoder and the weights' header; <see cref="Verify"/> checks the numbers. Nothing
/// of a size that the file claims is allocated before the claim is checked against the file, and no name in it is ever opened.
/// </summary>
internal sealed class Package : IDisposable
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
        var manifest = bytes.Head.At(header.Manifest);
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
            bytes?.Vocabularies.Bytes.Dispose();
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
    public bool HasRoomAfter(in PackedTensor tensor) => tensor.Offset + tensor.Entry.Bytes + 64 <= FileLength;

    /// <summary>Checks the numbers of a tensor.</summary>
    /// <exception cref="ConsortException">They do not agree with their checksum.</exception>
    public void Verify(string name)
    {
        var tensor = _tensors[name];
        if (Hash(tensor.Data) != Manifest.Tensors[name])
            throw PackageHeader.Damaged(_path, $"tensor {name} to agree with its checksum");
    }

    public void Dispose() => _bytes.Dispose();

    /// <summary>The XxHash128 of memory, in hexadecimal.</summary>
    public static string Hash(NativeSpan<byte> bytes)
    {
        var hash = new XxHash128();
        for (long done = 0; done < bytes.Length; done += 1 << 30)
            hash.Append(bytes.Slice(done, (int)Math.Min(bytes.Length - done, 1 << 30)));
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
            if (part.At(new Section(from, to - from)).ContainsAnyExcept((byte)0))
                throw PackageHeader.Damaged(_path, "zeros between sections");
    }

    private void Check(in PackagePart part, Section section, string checksum, string what)
    {
        if (Hash(part.At(section.Offset, section.Length)) != checksum)
            throw PackageHeader.Damaged(_path, $"{what} with its checksum");
    }

    // An encoder may be asked after its package was given up, by whoever still holds it: it refers to its part.
    private Encoder ReadEncoder(in PackageHeader header)
    {
        using var head = _bytes.Head.Bytes.Read(header.Encoder.Offset, header.Encoder.Length);
        return EncoderImage.Open(head, _bytes.Vocabularies.Bytes.View<byte>(0, header.Vocabularies.Length), _path);
    }

    private void ReadWeights(Section section)
    {
        var length = BinaryPrimitives.ReadInt64LittleEndian(_bytes.Weights.At(section with { Length = 8 }));
        if (length is < 2 or > MaxWeightsHeader || length > section.Length - 8)
            throw PackageHeader.Damaged(_path, string.Create(CultureInfo.InvariantCulture,
                $"a weights header that fits, found one of {length} bytes in {section.Length}"));
        Check(_bytes.Weights, section with { Length = 8 + length }, Manifest.WeightsChecksum, "a weights header that agrees");
        var header = _bytes.Weights.At(new Section(section.Offset + 8, length)).ToArray();
        var begin = section.Offset + 8 + length;
        foreach (var entry in TensorLayout.Tensors(header, section.End - begin, expected => PackageHeader.Damaged(_path, expected)))
        {
            if (!Manifest.Tensors.ContainsKey(entry.Name)
                || !_tensors.TryAdd(entry.Name, new PackedTensor(entry, _bytes.Weights, begin + entry.Begin)))
                throw PackageHeader.Damaged(_path, $"one tensor {entry.Name} with one checksum");
        }

        if (Manifest.Tensors.Count != _tensors.Count)
            throw PackageHeader.Damaged(_path,
                string.Create(CultureInfo.InvariantCulture, $"{Manifest.Tensors.Count} tensors, found {_tensors.Count}"));
    }
}
