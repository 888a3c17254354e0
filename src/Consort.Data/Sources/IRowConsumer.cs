namespace Consort.Data.Sources;

/// <summary>What one thread does with the rows of a pass: counts, stores or scores them.</summary>
internal interface IRowConsumer
{
    /// <summary>
    /// Whether it takes a field as <see cref="CellNumbers"/> where the source has whole numbers; otherwise all cells are texts.
    /// </summary>
    bool TakesNumbers(int field) => false;

    /// <summary>Called before a block is taken; may wait.</summary>
    void Prepare() { }

    /// <summary>Takes the rows of a group.</summary>
    /// <exception cref="CellError">A cell is not what its column expects.</exception>
    void Take(RowCursor rows);

    /// <summary>Called when all rows of a block were taken.</summary>
    void Finish(Block block) { }

    /// <summary>
    /// Asked after a cell was refused: the fields that are read, each with what looks at the first so many rows of the group and throws
    /// <see cref="CellError"/> at a bad one.
    /// </summary>
    IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows);
}
