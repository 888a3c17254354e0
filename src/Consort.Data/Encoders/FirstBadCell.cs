using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// Columns are worked through one after another, so the first mistake met need not be the first in the file. Once there is one,
/// every column is looked through again for the earliest.
/// </summary>
internal static class FirstBadCell
{
    /// <summary>The mistake that comes first in the file, as a message with file, line and column.</summary>
    /// <param name="layout">What was expected, and what it is read for.</param>
    /// <param name="block">The block.</param>
    /// <param name="group">The rows, of which at least one has a cell that a column does not take.</param>
    /// <param name="path">The file.</param>
    /// <param name="columns">Fields, each with what looks at the first so many rows and throws <see cref="CellError"/> at a bad one.</param>
    public static ConsortException Of(Layout layout, Block block, RowGroup group, string path, IEnumerable<(int Field, Action<int> Look)> columns)
    {
        (int Row, int Start) first = (group.Rows, 0);
        (int Field, CellError Error)? found = null;
        foreach ((int field, Action<int> look) in columns)
        {
            try
            {
                look(Math.Min(group.Rows, first.Row + 1));
            }
            catch (CellError error)
            {
                (int Row, int Start) place = (error.Row, group.CellsOf(field)[error.Row].Start);
                if (found is not null && place.CompareTo(first) >= 0) continue;
                (first, found) = (place, (field, error));
            }
        }
        return found is { } bad
            ? Explain(layout, block, group, bad.Field, path, bad.Error)
            : throw new InvalidOperationException("a bad cell that is found once and not again");
    }

    private static ConsortException Explain(Layout layout, Block block, RowGroup group, int field, string path, CellError error)
    {
        Schema schema = layout.Schema;
        Cell cell = group.CellsOf(field)[error.Row];
        ReadOnlySpan<byte> text = cell.Length <= 0 ? default : block.Bytes.Slice(cell.Start, cell.Length);
        string name = field < schema.Fields.Count ? schema.Fields[field].Name : "label";
        string found = text.IsEmpty ? "an empty cell" : RowParser.Show(text);
        long line = block.LineAt(group.Starts[error.Row]);
        return new ConsortException($"{path}:{line}, column {name}: found {found}, expected {error.Message}{CellHint.Of(layout, field, text, line, Texts)}");

        // For a label whose values have no name yet: what stands in its column.
        IReadOnlyCollection<string> Texts(int most)
        {
            var texts = new SortedSet<string>(StringComparer.Ordinal);
            foreach (Cell other in group.CellsOf(field)[..group.Rows])
            {
                if (other.Length > 0) texts.Add(RowParser.Show(block.Bytes.Slice(other.Start, other.Length)));
                if (texts.Count == most) break;
            }
            return texts;
        }
    }
}
