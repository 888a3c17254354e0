using System.Globalization;
using System.Text;
using Consort.Experiments.Files;

namespace Consort.Benchmarks;

/// <summary>
/// Rows with two histories of a wished mean length, and an experiment over them: what a step takes depends on how many positions there are,
/// not on what stands there.
/// </summary>
internal static class HistoryRows
{
    private const int Rows = 40_000;
    private const int Items = 20_000;
    private const int Categories = 200;

    /// <summary>Writes the rows and gives the experiment.</summary>
    /// <param name="folder">Where to.</param>
    /// <param name="mean">The mean length, at most <paramref name="longest"/>.</param>
    /// <param name="longest">L.</param>
    /// <param name="model">Of the catalogue.</param>
    /// <param name="with">Its options, as an experiment has them between braces.</param>
    /// <param name="batch">Batch size.</param>
    public static Experiment Write(string folder, double mean, int longest, string model, string with, int batch)
    {
        var random = new Random(1);
        var text = new StringBuilder("click\titem\tcategory\thistory\tcategory_history\n");
        for (var row = 0; row < Rows; row++)
        {
            int[] history = [.. Enumerable.Range(0, Length(random, mean, longest)).Select(_ => Item(random))];
            var item = Item(random);
            text.Append(CultureInfo.InvariantCulture, $"{random.Next(4) / 3}\ti{item}\tc{item % Categories}\t")
                .AppendJoin('|', history.Select(h => $"i{h}")).Append('\t')
                .AppendJoin('|', history.Select(h => $"c{h % Categories}")).Append('\n');
        }

        File.WriteAllText(Path.Combine(folder, "rows.tsv"), text.ToString());
        return Experiment.Parse(string.Create(CultureInfo.InvariantCulture, $$"""
            name: {{model}}, histories of {{mean}} of {{longest}} in the mean
            data:
              schema:
                delimiter: tab
                header: true
                fields:
                  - {name: click, kind: label}
                  - {name: item, kind: categorical}
                  - {name: category, kind: categorical}
                  - {name: history, kind: sequence, splitter: "|", max_len: {{longest}}, share: item}
                  - {name: category_history, kind: sequence, splitter: "|", max_len: {{longest}}, share: category}
              train: rows.tsv
              valid: rows.tsv
              cache: {{Path.Combine(folder, "cache").Replace('\\', '/')}}
            embedding: { dimension: 16 }
            members: [{ model: {{model}}, {{with}} }]
            training: { batch_size: {{batch}} }
            """), "bench", folder);
    }

    // Even around the mean as far as 0 and L allow.
    private static int Length(Random random, double mean, int longest)
    {
        var reach = Math.Min(mean, longest - mean);
        return (int)Math.Round(mean - reach + (2 * reach * random.NextDouble()));
    }

    // Few items are clicked often.
    private static int Item(Random random) => (int)(Items * Math.Pow(random.NextDouble(), 3));
}
