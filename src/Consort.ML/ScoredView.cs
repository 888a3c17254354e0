using Microsoft.ML;
using Microsoft.ML.Data;
using Column = Microsoft.ML.DataViewSchema.Column;

namespace Consort.ML;

/// <summary>A view with the columns of a scorer behind its own.</summary>
internal sealed class ScoredView(ClickScorer scorer, IDataView input) : IDataView
{
    public DataViewSchema Schema { get; } = scorer.GetOutputSchema(input.Schema);

    public bool CanShuffle => input.CanShuffle;

    public long? GetRowCount() => input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<Column> columnsNeeded, Random? rand = null)
    {
        var columns = new ScoredColumns(scorer, input.Schema, Schema, columnsNeeded);
        return new Cursor(columns, input.GetRowCursor(columns.Inputs, rand));
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<Column> columnsNeeded, int n, Random? rand = null)
    {
        var columns = new ScoredColumns(scorer, input.Schema, Schema, columnsNeeded);
        return [.. input.GetRowCursorSet(columns.Inputs, n, rand).Select(c => new Cursor(columns, c))];
    }

    private sealed class Cursor(ScoredColumns columns, DataViewRowCursor from) : DataViewRowCursor
    {
        public override long Position => from.Position;

        public override long Batch => from.Batch;

        public override DataViewSchema Schema => columns.Schema;

        public override bool IsColumnActive(Column column) => columns.IsActive(column);

        public override ValueGetter<TValue> GetGetter<TValue>(Column column) => columns.Getter<TValue>(column, from);

        public override ValueGetter<DataViewRowId> GetIdGetter() => from.GetIdGetter();

        public override bool MoveNext() => from.MoveNext();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                from.Dispose();
            base.Dispose(disposing);
        }
    }
}
