using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;

namespace Consort.Serving.Packages;

/// <summary>Where a section lies in the file.</summary>
internal readonly record struct Section(long Offset, long Length)
{
    public long End => Offset + Length;
}

/// <summary>
/// The first 128 bytes of a package, little-endian: magic, format, own length, the file's length, four sections (offset and length each),
/// the XxHash128 of the manifest, zeros, and the XxHash128 of the 112 bytes before.
/// </summary>
internal readonly record struct PackageHeader(
    long FileLength, Section Manifest, Section Encoder, Section Vocabularies, Section Weights, UInt128 ManifestHash)
{
    public const int Length = 128;
    public const int Format = 2;
    public const int MaxManifest = 16 << 20;
    public const int EncoderAlignment = 64;
    public const int VocabulariesAlignment = 4096;
    public const int WeightsAlignment = 4096;
    private const int HashAt = 112;
    private const int ManifestHashAt = 88;
    private const int ReservedAt = 104;

    private static ReadOnlySpan<byte> Magic => "CONSORTM"u8;

    /// <summary>The next offset that a section of an alignment can begin at.</summary>
    public static long Align(long offset, int alignment) => (offset + alignment - 1) / alignment * alignment;

    public void Write(Span<byte> bytes)
    {
        bytes.Clear();
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], Format);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], FileLength);
        var at = 24;
        foreach (var section in (ReadOnlySpan<Section>)[Manifest, Encoder, Vocabularies, Weights])
        {
            BinaryPrimitives.WriteInt64LittleEndian(bytes[at..], section.Offset);
            BinaryPrimitives.WriteInt64LittleEndian(bytes[(at + 8)..], section.Length);
            at += 16;
        }

        BinaryPrimitives.WriteUInt128BigEndian(bytes[ManifestHashAt..], ManifestHash);
        XxHash128.Hash(bytes[..HashAt], bytes[HashAt..]);
    }

    /// <summary>Whether a file begins as a package does, whole or not.</summary>
    public static bool IsAt(string path)
    {
        using var file = File.OpenRead(path);
        Span<byte> start = stackalloc byte[8];
        return file.ReadAtLeast(start, 8, throwOnEndOfStream: false) == 8 && start.SequenceEqual(Magic);
    }

    /// <summary>Reads a header, and checks it against itself and the length of the file.</summary>
    /// <exception cref="ConsortException">Another kind of file, another format, or damaged.</exception>
    public static PackageHeader Read(ReadOnlySpan<byte> bytes, long fileLength, string path)
    {
        if (bytes.Length < Length || !bytes[..8].SequenceEqual(Magic))
            throw new ConsortException($"{path}: found another kind of file, expected a package that `consort pack` has written");
        var format = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]);
        if (format != Format && length == Length && IsGenuine(bytes))
            throw new ConsortException($"{path}: found package format {Text(format)}, expected {Format}; pack the run again");
        if (!IsGenuine(bytes) || format != Format || length != Length)
            throw Damaged(path, "a header that agrees with its checksum");
        if (bytes[ReservedAt..HashAt].ContainsAnyExcept((byte)0))
            throw Damaged(path, "zeros in the reserved bytes of the header");
        var header = new PackageHeader(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]), SectionAt(bytes, 24), SectionAt(bytes, 40), SectionAt(bytes, 56),
            SectionAt(bytes, 72),
            BinaryPrimitives.ReadUInt128BigEndian(bytes[ManifestHashAt..]));
        if (header.FileLength != fileLength)
            throw Damaged(path, $"{Text(header.FileLength)} bytes, found {Text(fileLength)}");
        // Sections follow each other in their order, so the lengths alone decide where they lie, and none overlaps another.
        if (header.Manifest.Length is < 2 or > MaxManifest || header.Encoder.Length < 0 || header.Vocabularies.Length < 0
            || header.Weights.Length < 8
            || header.Encoder.Length > fileLength || header.Vocabularies.Length > fileLength || header.Weights.Length > fileLength
            || header.Manifest.Offset != Length
            || header.Encoder.Offset != Align(header.Manifest.End, EncoderAlignment)
            || header.Vocabularies.Offset != Align(header.Encoder.End, VocabulariesAlignment)
            || header.Weights.Offset != Align(header.Vocabularies.End, WeightsAlignment)
            || header.Weights.End != fileLength)
            throw Damaged(path, "sections that follow each other to the end of the file");
        return header;
    }

    /// <summary>A package that cannot be used.</summary>
    public static ConsortException Damaged(string path, string expected) =>
        new($"{path}: the package is damaged or cut short: expected {expected}; copy or pack it again");

    private static bool IsGenuine(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[16];
        XxHash128.Hash(bytes[..HashAt], hash);
        return hash.SequenceEqual(bytes[HashAt..Length]);
    }

    private static Section SectionAt(ReadOnlySpan<byte> bytes, int at) =>
        new(BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[(at + 8)..]));

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
