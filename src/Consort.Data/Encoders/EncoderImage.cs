namespace Consort.Data.Encoders;

/// <summary>Takes bytes that are valid during the call.</summary>
/// <param name="bytes">Some of them, in order.</param>
public delegate void BytesTaker(ReadOnlySpan<byte> bytes);

/// <summary>
/// An encoder in two parts that is opened without indexing its vocabularies: a head with the schema, what was fitted but for tokens, and
/// sizes; and memory with the ready index of every vocabulary, which is used where a file is mapped. Checksums are the affair of the file
/// that holds them. Whatever the memory holds, encoding reads nothing outside of it and gives ids of the column.
/// </summary>
public static class EncoderImage
{
    private static readonly byte[] Magic = "CONSORTI"u8.ToArray();

    /// <summary>The head.</summary>
    public static byte[] Head(Encoder encoder)
    {
        using var head = new MemoryStream();
        using var writer = new BinaryWriter(head, System.Text.Encoding.UTF8);
        writer.Write(Magic);
        writer.Write(Encoder.Version);
        EncoderFile.WriteContent(encoder, writer, MappedVocabulary.WriteSizes);
        writer.Flush();
        return head.ToArray();
    }

    /// <summary>Gives the memory, in order; it is the same at each call.</summary>
    public static void Memory(Encoder encoder, BytesTaker take)
    {
        using var nothing = new BinaryWriter(Stream.Null);
        EncoderFile.WriteContent(encoder, nothing, (_, vocabulary) => MappedVocabulary.WriteMemory(vocabulary, take));
    }

    /// <summary>Opens an encoder.</summary>
    /// <param name="head">What <see cref="Head"/> gave.</param>
    /// <param name="memory">What <see cref="Memory"/> gave, on a multiple of 64 bytes; it is not to be disposed of before the encoder is
    /// done with.</param>
    /// <param name="source">Their origin, for messages.</param>
    /// <exception cref="ConsortException">Damaged, or of another version.</exception>
    public static Encoder Open(Stream head, NativeBuffer<byte> memory, string source)
    {
        try
        {
            using var reader = new BinaryReader(head, System.Text.Encoding.UTF8, leaveOpen: true);
            if (!reader.ReadBytes(8).AsSpan().SequenceEqual(Magic)) throw new InvalidDataException("magic");
            var version = reader.ReadInt32();
            if (version != Encoder.Version)
                throw new ConsortException($"{source}: found encoder version {version}, expected {Encoder.Version}; pack the run again");
            var mapped = new MappedMemory(memory);
            var encoder = EncoderFile.ReadContent(reader, source, () => MappedVocabulary.Read(reader, mapped));
            return mapped.Left == 0 && head.Position == head.Length ? encoder : throw new InvalidDataException("length");
        }
        catch (Exception e) when (EncoderFile.IsDamage(e))
        {
            throw new ConsortException($"{source}: found a damaged encoder; its parts do not agree, expected a whole one", e);
        }
    }
}
