namespace Consort.Data.Sources;

/// <summary>Where one thread stands in a pass: its block, and of that one group of rows at a time.</summary>
/// <param name="columns">Fields of the schema.</param>
internal sealed class RowCursor(int columns) : IDisposable
{
    private IRowSource? _source;
    private RowParser? _parser;
    private int _position;

    public Block Block { get; } = new();

    public RowGroup Group { get; } = new(columns);

    /// <summary>Which column of the source fills which field.</summary>
    public Layout Layout => _source!.Layout!;

    /// <summary>The rows of the block before the group.</summary>
    public int First { get; private set; }

    /// <summary>The block's bytes.</summary>
    public ReadOnlySpan<byte> Data => Block.Bytes;

    /// <summary>Begins a block that was just read.</summary>
    public void Begin(IRowSource source)
    {
        if (_source != source)
        {
            _parser = source.Parser();
            Group.ClearNumbers();
        }
        _source = source;
        (_position, First, Group.Rows) = (0, 0, 0);
    }

    /// <summary>Has a consumer take the next group of the block; false where there is none.</summary>
    /// <exception cref="ConsortException">The mistake that comes first among these rows.</exception>
    public bool Give(IRowConsumer consumer)
    {
        if (_position >= Block.Length) return false;
        First += Group.Rows;
        _parser!.Consumer = consumer;
        _position = _parser.Parse(Block, _position, Group);
        try
        {
            consumer.Take(this);
        }
        catch (CellError)
        {
            _parser.WriteTexts(Block, Group);
            throw FirstBadCell.Of(this, consumer.Looks(this));
        }
        // What stopped the parser comes after these rows, which were found to be good.
        return Group.Mistake is { } mistake ? throw mistake : true;
    }

    /// <summary>The places of the group's rows.</summary>
    public void Places(Span<long> places) => _parser!.Places(Block, Group, places);

    /// <summary>The place of one row of the group.</summary>
    public long PlaceOf(int row) => _parser!.PlaceOf(Block, Group, row);

    /// <summary>A place as messages begin with it.</summary>
    public string Say(long place) => _source!.Say(place);

    /// <summary>What says the places of this source when the pass is already at the next one.</summary>
    public Func<long, string> Sayer => _source!.Say;

    public void Dispose() => Block.Dispose();
}
