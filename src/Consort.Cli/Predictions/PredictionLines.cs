using System.Globalization;
using Consort.Data.Batches;
using Consort.Foundation.Tables;

namespace Consort.Cli.Predictions;

/// <summary>Predictions as lines: probabilities alone, or as CSV with what is kept before them.</summary>
/// <param name="writer">Where to; not disposed of.</param>
/// <param name="names">The probabilities.</param>
/// <param name="isCsv">Whether there is a header, and commas between.</param>
internal sealed class PredictionLines(TextWriter writer, IReadOnlyList<string> names, bool isCsv) : PredictionFile(names)
{
    private readonly bool _isCsv = isCsv;
    private bool _hasHeader = !isCsv;

    public override void Write(int rows, double[][] probabilities, KeptCells kept)
    {
        Span<char> text = stackalloc char[32];
        if (!_hasHeader)
            writer.Write($"{string.Join(',', kept.Names.Concat(Names).Select(CsvTable.Quoted))}\n");
        _hasHeader = true;
        for (var row = 0; row < rows; row++)
        {
            for (var column = 0; column < kept.Names.Count && _isCsv; column++)
            {
                writer.Write(CsvTable.Quoted(kept.Of(column)[row] ?? ""));
                writer.Write(',');
            }

            for (var name = 0; name < Names.Count; name++)
            {
                if (name > 0)
                    writer.Write(_isCsv ? ',' : '\t');
                // Nine digits: what float32 weights can tell apart, also for probabilities near 0.
                probabilities[name][row].TryFormat(text, out var length, "G9", CultureInfo.InvariantCulture);
                writer.Write(text[..length]);
            }

            writer.Write('\n');
        }
    }
}
