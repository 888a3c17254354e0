using Consort.Data.Batches;
using Consort.Data.Parquet;

namespace Consort.Cli.Predictions;

/// <summary>Predictions as a Parquet file: what is kept as text, probabilities as doubles.</summary>
/// <param name="stream">Where to; not disposed of.</param>
/// <param name="names">The probabilities.</param>
internal sealed class PredictionTable(Stream stream, IReadOnlyList<string> names) : PredictionFile(names)
{
    private ParquetTable? _table;

    public override void Write(int rows, double[][] probabilities, KeptCells kept)
    {
        _table ??= new ParquetTable(stream, kept.Names, Names);
        for (var column = 0; column < kept.Names.Count; column++)
            _table.AddTexts(column, kept.Of(column)[..rows]);
        for (var name = 0; name < Names.Count; name++)
            _table.AddNumbers(name, probabilities[name].AsSpan(0, rows));
        _table.EndRows(rows);
    }

    public override void Finish()
    {
        _table ??= new ParquetTable(stream, [], Names);
        _table.Finish();
    }

    public override void Dispose()
    {
        _table?.Dispose();
        base.Dispose();
    }
}
