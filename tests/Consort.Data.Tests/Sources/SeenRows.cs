using System.Text;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Tests.Sources;

/// <summary>Keeps the cells of each row that comes by, with its place; a cell that is absent is null.</summary>
internal sealed class SeenRows(Schema schema) : IRowConsumer
{
    private readonly LabelReader _labels = new(schema);

    public List<(string Place, string?[] Cells)> Rows { get; } = [];

    /// <summary>All rows of some places, in order.</summary>
    public static List<(string Place, string?[] Cells)> Of(SourceCatalogue catalogue, Schema schema, params string[] places)
    {
        var seen = new SeenRows(schema);
        using var pass = new RowPass(places, schema, catalogue: catalogue);
        pass.Run([seen]);
        return seen.Rows;
    }

    public void Take(RowCursor rows)
    {
        var fields = rows.Layout.Schema.Fields.Count;
        for (var r = 0; r < rows.Group.Rows; r++)
        {
            var cells = new string?[fields];
            for (var f = 0; f < fields; f++)
                cells[f] = rows.Group.Held(f)[r] is { Length: >= 0 } cell ? Encoding.UTF8.GetString(cell.Of(rows.Data)) : null;
            Rows.Add((rows.Say(rows.PlaceOf(r)), cells));
        }
        Look(rows, rows.Group.Rows);
    }

    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) => [(rows.Layout.Label, count => Look(rows, count))];

    private void Look(RowCursor rows, int count) =>
        _labels.Read(rows.Data, rows.Group.Held(rows.Layout.Label)[..count], new byte[4 * RowGroup.Capacity], 4);
}
