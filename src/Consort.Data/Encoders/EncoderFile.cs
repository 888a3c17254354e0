using System.IO.Hashing;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Encoders;

/// <summary>The file of an encoder: magic, version, length, XxHash128, and its schema with what was fitted.</summary>
internal static class EncoderFile
{
    private static readonly byte[] Magic = "CONSORTE"u8.ToArray();

    /// <summary>Writes all of it.</summary>
    public static void Write(Encoder encoder, Stream stream)
    {
        using var content = new MemoryStream();
        using (var writer = new BinaryWriter(content, System.Text.Encoding.UTF8, leaveOpen: true))
            WriteContent(encoder, writer, (_, vocabulary) => vocabulary.Write(writer));
        ReadOnlySpan<byte> bytes = content.GetBuffer().AsSpan(0, (int)content.Length);
        using var head = new BinaryWriter(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        head.Write(Magic);
        head.Write(Encoder.Version);
        head.Write((long)bytes.Length);
        head.Write(XxHash128.Hash(bytes));
        head.Write(bytes);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="source">Their origin, for messages.</param>
    /// <exception cref="ConsortException">Damaged, or of another version.</exception>
    public static Encoder Read(Stream stream, string source)
    {
        try
        {
            using var head = new BinaryReader(stream, System.Text.Encoding.UTF8, leaveOpen: true);
            if (!head.ReadBytes(8).AsSpan().SequenceEqual(Magic))
                throw new ConsortException($"{source}: found another kind of file, expected an encoder");
            var version = head.ReadInt32();
            if (version != Encoder.Version)
                throw new ConsortException($"{source}: found encoder version {version}, expected {Encoder.Version}; encode the data again");
            var length = head.ReadInt64();
            var checksum = head.ReadBytes(16);
            // Before anything of that length is allocated.
            if (length < 0 || length > Math.Min(Array.MaxLength, stream.CanSeek ? stream.Length - stream.Position : long.MaxValue))
                throw new InvalidDataException("length");
            var bytes = head.ReadBytes((int)length);
            if (bytes.Length != length || !XxHash128.Hash(bytes).AsSpan().SequenceEqual(checksum))
                throw new InvalidDataException("checksum");
            using var reader = new BinaryReader(new MemoryStream(bytes));
            return ReadContent(reader, source, () => Vocabulary.Read(reader));
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw new ConsortException($"{source}: found a damaged encoder; its checksum or length does not agree, expected a whole one",
                e);
        }
    }

    /// <summary>Writes the schema and what was fitted.</summary>
    public static void WriteContent(Encoder encoder, BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary)
    {
        writer.Write(encoder.Schema.ToJson());
        foreach (var column in encoder.Columns.Where(c => c.Leader is null)) column.Write(writer, vocabulary);
    }

    /// <summary>Reads what <see cref="WriteContent"/> wrote.</summary>
    public static Encoder ReadContent(BinaryReader reader, string source, Func<Vocabulary> vocabulary)
    {
        var options = OptionMap.Of(StoredOptions.Read(reader.ReadString(), source));
        // A fitted schema is whole in itself: no file is opened because another file says so.
        if (options.Has("file")) throw new InvalidDataException("a schema that names a file");
        var schema = Schema.LoadFitted(options);
        return new Encoder(schema, ColumnCatalogue.Read(schema, reader, vocabulary));
    }

    /// <summary>Whether reading failed because the bytes are wrong.</summary>
    public static bool IsDamage(Exception e) => e is InvalidDataException or EndOfStreamException or OverflowException or FormatException;
}
