using Microsoft.ML;
using Column = Microsoft.ML.DataViewSchema.Column;

namespace Consort.ML;

/// <summary>Which columns are wanted of a scored view, and what these need of the view below.</summary>
internal sealed class ScoredColumns
{
    private readonly ClickScorer _scorer;
    private readonly DataViewSchema _input;
    private readonly HashSet<int> _active;

    public ScoredColumns(ClickScorer scorer, DataViewSchema input, DataViewSchema output, IEnumerable<Column> needed)
    {
        (_scorer, _input, Schema) = (scorer, input, output);
        _active = [.. needed.Select(c => c.Index)];
        var isScored = _active.Any(i => i >= input.Count);
        Inputs = [.. (isScored ? ViewRow.FieldsOf(scorer.Scorer, input).Select(c => c.Column) : [])
            .Concat(_active.Where(i => i < input.Count).Select(i => input[i])).DistinctBy(c => c.Index)];
    }

    public DataViewSchema Schema { get; }

    public IReadOnlyList<Column> Inputs { get; }

    public bool IsActive(Column column) => _active.Contains(column.Index);

    public ValueGetter<TValue> Getter<TValue>(Column column, DataViewRow row)
    {
        if (!IsActive(column)) throw new InvalidOperationException($"the column {column.Name} was not asked for");
        if (column.Index < _input.Count) return row.GetGetter<TValue>(row.Schema[column.Index]);
        var scored = new ViewRow(_scorer.Scorer, row);
        Delegate getter = column.Name switch
        {
            ClickScorer.Score => (ValueGetter<float>)((ref float value) => value = scored.Score()),
            ClickScorer.Probability => (ValueGetter<float>)((ref float value) => value = scored.Probability()),
            _ => (ValueGetter<bool>)((ref bool value) => value = scored.Probability() > 0.5f),
        };
        return getter as ValueGetter<TValue>
            ?? throw new InvalidOperationException($"the column {column.Name} is of type {column.Type}, not {typeof(TValue)}");
    }
}
