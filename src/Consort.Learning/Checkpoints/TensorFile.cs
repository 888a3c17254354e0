using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;
using Consort.Foundation.Files;

namespace Consort.Learning.Checkpoints;

/// <summary>Gives so many numbers of a tensor from one on; they hold until it is asked again.</summary>
internal delegate ReadOnlySpan<float> TensorReader(long start, int length);

/// <summary>Takes numbers of a tensor from one on.</summary>
internal delegate void TensorWriter(long start, Span<float> numbers);

/// <summary>A tensor to be written: a name, a shape, and float32 numbers that stay where they are.</summary>
internal sealed record TensorSource(string Name, IReadOnlyList<long> Shape, TensorReader Read)
{
    public TensorSource(string name, IReadOnlyList<long> shape, NativeSource<float> numbers)
        : this(name, shape, (start, length) => numbers().Slice(start, length))
    {
    }

    public long Elements => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>
/// Named float32 tensors in one file of the safetensors layout: the length of a JSON header, the header, the numbers. The header's metadata
/// hold the state as JSON and an XxHash128 of the whole file, computed with the checksum's own digits as zeros; a file that is cut short or
/// changed anywhere is refused.
/// </summary>
internal static class TensorFile
{
    private const string Format = "consort-tensors-1";
    private const int MaxHeader = 64 << 20;
    private const int BlockElements = 1 << 18;
    private static readonly string NoChecksum = new('0', 32);

    /// <summary>Writes the file beside its place and moves it there when it is whole and flushed.</summary>
    public static void Write(string path, string state, IReadOnlyList<TensorSource> tensors)
    {
        var header = Encoding.UTF8.GetBytes(Header(state, tensors));
        var hash = new XxHash128();
        hash.Append(BitConverter.GetBytes((long)header.Length));
        hash.Append(header);
        foreach (var tensor in tensors)
            ForEachBlock(tensor, hash.Append);
        var digits = Convert.ToHexStringLower(hash.GetCurrentHash());
        Encoding.ASCII.GetBytes(digits).CopyTo(header.AsSpan(ChecksumAt(header)));

        SafeFile.Write(path, stream =>
        {
            stream.Write(BitConverter.GetBytes((long)header.Length));
            stream.Write(header);
            foreach (var tensor in tensors)
                ForEachBlock(tensor, stream.Write);
        });
    }

    /// <summary>Reads a file that is whole.</summary>
    /// <param name="path">The file.</param>
    /// <param name="target">Where the numbers of a tensor go, given its name and shape; null to skip it.</param>
    /// <param name="complete">Called when all targets are known and before any number is copied; may refuse by throwing.</param>
    /// <returns>The state.</returns>
    /// <exception cref="ConsortException">The file is absent, of another kind, cut short or changed; no number was copied.</exception>
    public static string Read(string path, Func<string, IReadOnlyList<long>, NativeSource<float>?> target, Action? complete = null) =>
        ReadBlocks(
            path, (name, shape) => target(name, shape) is not { } numbers ? null
                : (start, block) => block.CopyTo(numbers().Slice(start, block.Length)), complete);

    /// <summary>The same, block by block.</summary>
    /// <inheritdoc cref="Read"/>
    public static string ReadBlocks(string path, Func<string, IReadOnlyList<long>, TensorWriter?> target, Action? complete = null)
    {
        using var stream = Open(path);
        var header = ReadHeader(stream, path);
        var (state, expected) = Metadata(header, path);

        // Checked before anything is copied, so that a damaged file changes nothing.
        var found = Checksum(stream, header);
        if (!string.Equals(expected, found, StringComparison.Ordinal))
            throw Damaged(path, $"checksum {expected}, found {found}");

        var tensors = Tensors(header, stream.Length - 8 - header.Length, path);
        var targets = tensors.ConvertAll(tensor => target(tensor.Name, tensor.Shape));
        complete?.Invoke();
        var room = new float[BlockElements];
        for (var i = 0; i < tensors.Count; i++)
        {
            if (targets[i] is not { } write)
                continue;
            stream.Position = 8 + header.Length + tensors[i].Begin;
            var elements = tensors[i].Bytes / sizeof(float);
            for (long done = 0; done < elements; done += BlockElements)
            {
                var block = room.AsSpan(0, (int)Math.Min(elements - done, BlockElements));
                stream.ReadExactly(MemoryMarshal.AsBytes(block));
                write(done, block);
            }
        }

        return state;
    }

    /// <summary>Reads the state alone, without the checksum: quick however large the tensors are.</summary>
    /// <exception cref="ConsortException">The file is absent, of another kind, or its header is damaged.</exception>
    public static string ReadState(string path)
    {
        using var stream = Open(path);
        return Metadata(ReadHeader(stream, path), path).State;
    }

    /// <summary>A digest of its tensors alone: names, shapes and numbers. The state beside them has times.</summary>
    /// <exception cref="ConsortException">The file is absent, of another kind, or its header is damaged.</exception>
    public static string DigestOfTensors(string path)
    {
        using var stream = Open(path);
        var header = ReadHeader(stream, path);
        var hash = new XxHash128();
        foreach (var tensor in Tensors(header, stream.Length - 8 - header.Length, path))
            hash.Append(Encoding.UTF8.GetBytes($"{tensor.Name} {string.Join(' ', tensor.Shape)}\n"));
        hash.Append(stream);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    /// <summary>A file that cannot be used.</summary>
    public static ConsortException Damaged(string path, string expected) =>
        new($"{path}: the file is damaged or cut short: expected {expected}; use an older checkpoint or train again");

    private static string Header(string state, IReadOnlyList<TensorSource> tensors)
    {
        var entries = new List<TensorEntry>();
        long begin = 0;
        foreach (var tensor in tensors)
        {
            var bytes = tensor.Elements * sizeof(float);
            entries.Add(new TensorEntry(tensor.Name, TensorType.F32, tensor.Shape, begin, bytes));
            begin += bytes;
        }

        return TensorLayout.Header(new Dictionary<string, string> { ["format"] = Format, ["checksum"] = NoChecksum, ["state"] = state },
            entries);
    }

    private static int ChecksumAt(byte[] header) => header.AsSpan().IndexOf("\"checksum\":\""u8) + "\"checksum\":\"".Length;

    /// <summary>Asks for the numbers as <see cref="Write"/> does, and writes nothing: of a rank that has a part of them.</summary>
    public static void Attend(IReadOnlyList<TensorSource> tensors)
    {
        for (var pass = 0; pass < 2; pass++)
            foreach (var tensor in tensors)
                ForEachBlock(tensor, _ => { });
    }

    private static void ForEachBlock(TensorSource tensor, ReadBlock read)
    {
        for (long done = 0; done < tensor.Elements; done += BlockElements)
            read(MemoryMarshal.AsBytes(tensor.Read(done, (int)Math.Min(tensor.Elements - done, BlockElements))));
    }

    private static FileStream Open(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException($"{path}: cannot be opened: {e.Message}", e);
        }
    }

    private static byte[] ReadHeader(FileStream stream, string path)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (stream.ReadAtLeast(bytes, 8, throwOnEndOfStream: false) < 8)
            throw Damaged(path, "at least 8 bytes");
        var length = BitConverter.ToInt64(bytes);
        if (length is < 2 or > MaxHeader || length % 8 != 0 || length > stream.Length - 8)
            throw Damaged(path, string.Create(CultureInfo.InvariantCulture,
                $"a header that fits, found one of {length} bytes in a file of {stream.Length}"));
        var header = new byte[length];
        stream.ReadExactly(header);
        return header;
    }

    private static (string State, string Checksum) Metadata(byte[] header, string path)
    {
        var metadata = TensorLayout.Metadata(header, expected => Damaged(path, expected));
        var format = metadata.GetValueOrDefault("format");
        if (format != Format)
            throw new ConsortException($"{path}: found format {format}, expected {Format}");
        return metadata.TryGetValue("state", out var state) && metadata.TryGetValue("checksum", out var checksum)
            ? (state, checksum)
            : throw Damaged(path, "a header in JSON with format, state and checksum");
    }

    private static List<TensorEntry> Tensors(byte[] header, long room, string path)
    {
        var tensors = TensorLayout.Tensors(header, room, expected => Damaged(path, expected));
        return tensors.Find(t => t.Type != TensorType.F32) is { } other
            ? throw Damaged(path, $"{other.Name} as F32, found {other.Type}")
            : tensors;
    }

    private static string Checksum(FileStream stream, byte[] header)
    {
        var blank = (byte[])header.Clone();
        var at = ChecksumAt(blank);
        if (at + NoChecksum.Length <= blank.Length)
            Encoding.ASCII.GetBytes(NoChecksum).CopyTo(blank.AsSpan(at));
        var hash = new XxHash128();
        hash.Append(BitConverter.GetBytes((long)header.Length));
        hash.Append(blank);
        stream.Position = 8 + header.Length;
        hash.Append(stream);
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }

    private delegate void ReadBlock(ReadOnlySpan<byte> block);
}
