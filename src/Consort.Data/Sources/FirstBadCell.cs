namespace Consort.Data.Sources;

/// <summary>A cell that is not what its column expects; whoever knows its place turns it into a <see cref="ConsortException"/>.</summary>
/// <param name="row">The row within its group.</param>
/// <param name="expected">What was expected.</param>
/// <param name="mend">What mends it where the schema can still be changed, and where only the rows can; null where that is plain.</param>
internal sealed class CellError(int row, string expected, (string Schema, string File)? mend = null) : Exception(expected)
{
    /// <summary>The row within its group.</summary>
    public int Row { get; } = row;

    /// <summary>The end of a message: what mends it.</summary>
    public string Mend(RowRules rules) => mend is { } how ? rules.Mend(how.Schema, how.File) : "";
}

/// <summary>
/// Columns are worked through one after another, so the first mistake met need not be the first in the source. Once there is one, every
/// column is looked through again for the earliest.
/// </summary>
internal static class FirstBadCell
{
    /// <summary>The mistake that comes first, as a message with place and column.</summary>
    /// <param name="rows">A group, of which at least one row has a cell that a column does not take.</param>
    /// <param name="columns">Fields, each with what looks at the first so many rows and throws <see cref="CellError"/> at a bad
    /// one.</param>
    public static ConsortException Of(RowCursor rows, IEnumerable<(int Field, Action<int> Look)> columns)
    {
        var group = rows.Group;
        var first = (Row: group.Rows, Start: 0);
        (int Field, CellError Error)? found = null;
        foreach (var (field, look) in columns)
        {
            try
            {
                look(Math.Min(group.Rows, first.Row + 1));
            }
            catch (CellError error)
            {
                var place = (error.Row, group.CellsOf(field)[error.Row].Start);
                if (found is null || place.CompareTo(first) < 0) (first, found) = (place, (field, error));
            }
        }
        return found is { } bad ? Explain(rows, bad.Field, bad.Error) : throw new InvalidOperationException(
            "a bad cell that is found once and not again");
    }

    private static ConsortException Explain(RowCursor rows, int field, CellError error)
    {
        var schema = rows.Layout.Schema;
        var text = rows.Group.CellsOf(field)[error.Row].Of(rows.Data);
        var name = field < schema.Fields.Count ? schema.Fields[field].Name : "label";
        var found = text.IsEmpty ? "an empty cell" : RowParser.Show(text);
        var place = rows.PlaceOf(error.Row);
        return new ConsortException(
            $"{rows.Say(place)}, column {name}: found {found}, expected {error.Message}{error.Mend(rows.Layout.Rules)}{CellHint.Of(rows.Layout, field, text, place, Texts)}");

        // For a label whose values have no name yet: what stands in its column.
        IReadOnlyCollection<string> Texts(int most)
        {
            var texts = new SortedSet<string>(StringComparer.Ordinal);
            foreach (var other in rows.Group.Held(field))
            {
                if (other.Length > 0) texts.Add(RowParser.Show(other.Of(rows.Data)));
                if (texts.Count == most) break;
            }
            return texts;
        }
    }
}
