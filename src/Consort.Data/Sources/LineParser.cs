namespace Consort.Data.Sources;

/// <summary>Cuts rows of a text. The place of a row is the line on which it begins.</summary>
internal abstract class LineParser(Layout layout) : RowParser(layout)
{
    private long _line;
    private int _counted;

    public override long PlaceOf(Block block, RowGroup group, int row) => LineAt(block, group.Starts[row]);

    // Counted from group to group, for a quoted row may span lines, and comments of libsvm are lines without rows.
    public override void Places(Block block, RowGroup group, Span<long> places)
    {
        for (var r = 0; r < group.Rows; r++)
        {
            _line += block.Content[_counted..group.Starts[r]].Count((byte)'\n');
            (_counted, places[r]) = (group.Starts[r], _line);
        }
    }

    protected override void Begin(Block block)
    {
        base.Begin(block);
        (_line, _counted) = (block.FirstPlace, 0);
    }

    /// <summary>A mistake in a row of the block.</summary>
    protected ConsortException Error(Block block, int rowStart, string message) =>
        new(FormattableString.Invariant($"{Source}:{LineAt(block, rowStart)}: {message}"));

    private static long LineAt(Block block, int position) => block.FirstPlace + block.Bytes[..position].Count((byte)'\n');
}
