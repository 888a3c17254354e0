using System.Text;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Batches;

/// <summary>
/// Texts of some columns of the rows of a batch, as their source has them: what a row is called, to stand beside its probability.
/// </summary>
public sealed class KeptCells
{
    private readonly int[] _fields;
    private readonly string?[][] _group;
    private readonly string?[][] _texts; // [column][row]

    private KeptCells(IReadOnlyList<string> names, int[] fields, int capacity)
    {
        (Names, _fields) = (names, fields);
        _group = [.. names.Select(_ => new string?[RowGroup.Capacity])];
        _texts = [.. names.Select(_ => new string?[capacity])];
    }

    /// <summary>The columns.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The text of a column in each row of the batch; null where the row has no such cell.</summary>
    /// <param name="column">By its place among <see cref="Names"/>.</param>
    public ReadOnlySpan<string?> Of(int column) => _texts[column];

    /// <summary>Keeps columns of rows that a schema describes; columns that it does not know or read are read too.</summary>
    /// <param name="schema">The schema; gives the one to read by.</param>
    /// <param name="names">The columns.</param>
    /// <param name="capacity">Rows of a batch.</param>
    /// <param name="haveNames">Whether the rows name their columns.</param>
    /// <exception cref="ConsortException">A column is named that the rows cannot have.</exception>
    internal static KeptCells Of(ref Schema schema, IReadOnlyList<string> names, int capacity, bool haveNames)
    {
        var fields = schema.Fields.ToList();
        var places = new int[names.Count];
        for (var i = 0; i < places.Length; i++)
        {
            places[i] = fields.FindIndex(f => f.Name == names[i]);
            if (places[i] < 0 && !haveNames)
                throw new ConsortException(
                    $"--keep {names[i]}: found no such field in the schema, and the rows do not name their columns; expected one of {string.Join(", ", schema.Fields.Select(f => f.Name))}");
            if (places[i] < 0)
            {
                places[i] = fields.Count;
                fields.Add(new Field(names[i], FieldKind.Categorical));
            }
            else if (fields[places[i]].Columns.Count == 0 && fields[places[i]].Kind != FieldKind.Label)
            {
                fields[places[i]] = new Field(names[i], FieldKind.Categorical);
            }
        }
        if (names.Count > 0) schema = schema with { Fields = fields };
        return new KeptCells([.. names], places, capacity);
    }

    /// <summary>Takes the rows of a group.</summary>
    internal void Take(RowCursor rows)
    {
        for (var i = 0; i < _fields.Length; i++)
        {
            var cells = rows.Group.Held(_fields[i]);
            for (var r = 0; r < cells.Length; r++)
                _group[i][r] = cells[r].Length < 0 ? null : Encoding.UTF8.GetString(cells[r].Of(rows.Data));
        }
    }

    /// <summary>Puts rows of the group into the batch.</summary>
    internal void Copy(int from, int at, int rows)
    {
        for (var i = 0; i < _fields.Length; i++) _group[i].AsSpan(from, rows).CopyTo(_texts[i].AsSpan(at));
    }
}
