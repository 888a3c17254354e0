using Microsoft.ML;
using Microsoft.ML.Data;
using Column = Microsoft.ML.DataViewSchema.Column;

namespace Consort.ML;

/// <summary>The same of single rows, which a prediction engine asks for.</summary>
internal sealed class ScoredRows(ClickScorer scorer, DataViewSchema input) : IRowToRowMapper
{
    public DataViewSchema InputSchema => input;

    public DataViewSchema OutputSchema { get; } = scorer.GetOutputSchema(input);

    public IEnumerable<Column> GetDependencies(IEnumerable<Column> dependingColumns) =>
        new ScoredColumns(scorer, input, OutputSchema, dependingColumns).Inputs;

    public DataViewRow GetRow(DataViewRow input, IEnumerable<Column> activeColumns) =>
        new Row(new ScoredColumns(scorer, InputSchema, OutputSchema, activeColumns), input);

    private sealed class Row(ScoredColumns columns, DataViewRow from) : DataViewRow
    {
        public override long Position => from.Position;

        public override long Batch => from.Batch;

        public override DataViewSchema Schema => columns.Schema;

        public override bool IsColumnActive(Column column) => columns.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(Column column) => columns.Getter<TValue>(column, from);

        public override ValueGetter<DataViewRowId> GetIdGetter() => from.GetIdGetter();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                from.Dispose();
            base.Dispose(disposing);
        }
    }
}
