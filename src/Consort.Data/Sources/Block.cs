namespace Consort.Data.Sources;

/// <summary>
/// A piece of a file cut at row ends, in native memory. Every row in it ends with a line feed, also a file's last one,
/// and <see cref="Padding"/> readable bytes follow, so that kernels may load whole vectors.
/// </summary>
internal sealed unsafe class Block : IDisposable
{
    public const int DefaultBytes = 1 << 20;
    public const int Padding = 128;

    public Block(int capacity = DefaultBytes) => Grow(capacity);

    public byte* Data { get; private set; }
    public int Capacity { get; private set; }

    /// <summary>Bytes of whole rows.</summary>
    public int Length { get; set; }

    /// <summary>Place in the order of all blocks of a pass.</summary>
    public long Index { get; set; }

    /// <summary>Which of the sources.</summary>
    public int File { get; set; }

    /// <summary>The line of the file on which the block begins, from 1.</summary>
    public long FirstLine { get; set; }

    /// <summary>The number of data rows of this file before the block.</summary>
    public long FirstRow { get; set; }

    /// <summary>The number of data rows of all files before the block.</summary>
    public long FirstRowOfAll { get; set; }

    public int Rows { get; set; }

    /// <summary>Whether all of it is UTF-8 without NUL bytes; set when its first rows are parsed.</summary>
    public bool IsText { get; set; }

    /// <summary>All bytes that may be touched.</summary>
    public Span<byte> Bytes => new(Data, Capacity + Padding);

    /// <summary>The whole rows.</summary>
    public ReadOnlySpan<byte> Content => new(Data, Length);

    public void Grow(int capacity)
    {
        Data = NativeBlocks.Grow(Data, (long)capacity + Padding);
        new Span<byte>(Data + Capacity, capacity - Capacity + Padding).Clear();
        Capacity = capacity;
    }

    /// <summary>The line of the file at a place of the block; counted only when an error is reported.</summary>
    public long LineAt(int position) => FirstLine + Bytes[..position].Count((byte)'\n');

    public void Dispose()
    {
        Free(isFinalizer: false);
        GC.SuppressFinalize(this);
    }

    ~Block() => Free(isFinalizer: true);

    private void Free(bool isFinalizer)
    {
        NativeBlocks.FreeGrown(Data, isFinalizer);
        Data = null;
    }
}
