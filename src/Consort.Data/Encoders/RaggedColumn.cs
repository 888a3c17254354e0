using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>A column of which a row has several ids, or none: its id is where the row's list begins.</summary>
internal abstract class RaggedColumn(string name, int field) : ColumnEncoder(name, field)
{
    public abstract override ListShape Shape { get; }

    /// <summary>Encodes one cell; gives how many ids the list has.</summary>
    /// <param name="data">Where the cell lies; 8 bytes may be read from any place in it.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="row">Its row, for messages.</param>
    /// <param name="list">Room for the longest list.</param>
    /// <exception cref="CellError">The cell is not what the column expects.</exception>
    public abstract int Encode(ReadOnlySpan<byte> data, Cell cell, int row, Span<int> list);

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride) =>
        Encode(data, cells, target, stride, new ListBuffer());

    /// <summary>Encodes the cells of a group; their lists go behind those that are held, where the rows' ids say.</summary>
    /// <exception cref="CellError">A cell is not what the column expects.</exception>
    public void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride, ListBuffer lists)
    {
        for (var r = 0; r < cells.Length; r++)
        {
            Put(target, r, stride, lists.Length);
            lists.Keep(Shape.RoomOf(Encode(data, cells[r], r, lists.Room(Shape.Room))));
        }
    }
}
