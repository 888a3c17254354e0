namespace Consort.Data.Sources;

/// <summary>
/// Some whole rows of a source. Of text every row ends with a line feed, also a file's last one; another source lets its parser fill the
/// bytes. <see cref="Padding"/> bytes behind the rows may be read and written, so that kernels may load whole vectors.
/// </summary>
internal sealed class Block : IDisposable
{
    public const int DefaultBytes = 1 << 20;
    public const int Padding = 128;
    private readonly GrowingBuffer<byte> _data = new();

    public Block(int capacity = DefaultBytes) => Grow(capacity);

    public int Capacity { get; private set; }

    /// <summary>Bytes of whole rows.</summary>
    public int Length { get; set; }

    public int Rows { get; set; }

    /// <summary>Where the block begins, as the source counts places: of text the line, from 1.</summary>
    public long FirstPlace { get; set; }

    /// <summary>Place in the order of all blocks of a pass.</summary>
    public long Index { get; set; }

    /// <summary>Which of the sources of a pass.</summary>
    public int Source { get; set; }

    /// <summary>The rows of this source before the block.</summary>
    public long FirstRow { get; set; }

    /// <summary>The rows of all sources before the block.</summary>
    public long FirstRowOfAll { get; set; }

    /// <summary>Whether all of it is UTF-8 without NUL bytes; set when its first rows are parsed.</summary>
    public bool IsText { get; set; }

    /// <summary>The cells of a source whose rows come column by column.</summary>
    public CellTable Table { get; } = new();

    /// <summary>The bytes that such a source has written, where it does not leave that to its parser.</summary>
    public int TextBytes { get; set; }

    /// <summary>All bytes that may be touched.</summary>
    public Span<byte> Bytes => _data.Slice(0, Capacity + Padding);

    /// <summary>The whole rows.</summary>
    public ReadOnlySpan<byte> Content => _data.Slice(0, Length);

    public void Grow(int capacity)
    {
        _data.Grow((long)capacity + Padding);
        _data.Slice(Capacity, capacity - Capacity + Padding).Clear();
        Capacity = capacity;
    }

    public void Dispose() => _data.Dispose();
}
