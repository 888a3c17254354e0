using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>
/// Finds where a column has times of another form than in the rows before. Counters know only that training rows had several; which came
/// first, in all rows, is told by reading them once more, in their order.
/// </summary>
internal sealed class MixedTimes : IRowConsumer
{
    private readonly Column[] _columns;

    private MixedTimes(Schema schema)
    {
        _columns = [.. schema.Fields.Index()
            .Where(f => f.Item.Format == TimeFormat.Auto && (f.Item.Kind == FieldKind.Time || f.Item.Ages is not null))
            .Select(f => new Column(
                f.Index, new MissingTexts(schema, f.Item), f.Item.Ages is null ? null : new SequenceAgeColumn(schema, f.Index)))];
    }

    /// <summary>The first mistake of that kind; null where the rows have none.</summary>
    /// <param name="schema">Says which columns are times whose form is not named.</param>
    /// <param name="pass">Reads the rows once more.</param>
    /// <param name="cancellation">Stops it.</param>
    public static ConsortException? First(Schema schema, RowPass pass, CancellationToken cancellation)
    {
        var finder = new MixedTimes(schema);
        using var rows = new RowCursor(schema.Fields.Count);
        try
        {
            while (pass.Read(rows))
            {
                cancellation.ThrowIfCancellationRequested();
                while (rows.Give(finder)) { }
            }
            return null;
        }
        catch (ConsortException mistake)
        {
            return mistake;
        }
    }

    public void Take(RowCursor rows)
    {
        for (var r = 0; r < rows.Group.Rows; r++)
            foreach (var column in _columns)
                Look(rows, r, column);
    }

    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) => [];

    private static void Look(RowCursor rows, int row, Column column)
    {
        var cell = rows.Group.Held(column.Field)[row];
        if (column.Steps is not { } steps)
        {
            if (!column.Missing.Holds(rows.Data, cell)) See(rows, row, column, cell.Of(rows.Data), "");
            return;
        }
        Span<Cell> some = stackalloc Cell[RowGroup.Capacity];
        var (cut, step) = (steps.Cut(rows.Data, cell), 0);
        for (int n; (n = cut.Next(rows.Data, row, some, default)) > 0;)
        {
            foreach (var token in some[..n])
            {
                step++;
                if (token.Length > 0 && !column.Missing.Holds(rows.Data, token))
                    See(rows, row, column, token.Of(rows.Data), FormattableString.Invariant($" as step {step}"));
            }
        }
    }

    private static void See(RowCursor rows, int row, Column column, ReadOnlySpan<byte> text, string where)
    {
        var form = TimeForms.NameOf(text);
        if (column.Form == form) return;
        var isAlike = column.Form is { } seen && TimeForms.AreAlike(seen, form);
        if (isAlike && form.Length < column.Form!.Length) return;
        var (place, shown) = (rows.Say(rows.PlaceOf(row)), RowParser.Show(text));
        if (column.Form is null || isAlike) (column.Form, column.First) = (form, $"{shown} of {place}");
        else
            throw new ConsortException($"{place}, column {rows.Layout.Schema.Fields[column.Field].Name}: found {shown}{where}, {form}, expected {column.Form} as {column.First}{TimeForms.Mend}");
    }

    private sealed class Column(int field, MissingTexts missing, SequenceAgeColumn? steps)
    {
        public int Field { get; } = field;

        public MissingTexts Missing { get; } = missing;

        /// <summary>Cuts cells, where these hold the times of steps.</summary>
        public SequenceAgeColumn? Steps { get; } = steps;

        /// <summary>How its first time is written.</summary>
        public string? Form { get; set; }

        /// <summary>That time and its place.</summary>
        public string? First { get; set; }
    }
}
