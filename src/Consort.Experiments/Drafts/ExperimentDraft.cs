using System.Globalization;
using System.Text;
using Consort.Data.Profiles;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Experiments.Drafts;

/// <summary>
/// A first experiment for a file that was looked at: one DeepFM, as large as the rows can teach, with a reason for each choice.
/// </summary>
public static class ExperimentDraft
{
    private const string Model = "DeepFM", Gentle = "{ name: plateau, factor: 0.3 }";

    /// <summary>The file.</summary>
    /// <param name="profile">What was seen.</param>
    /// <param name="schema">The schema made of it.</param>
    /// <param name="schemaFile">The schema's file, from the experiment's folder.</param>
    /// <param name="folder">The experiment's folder, which names of raw files start from.</param>
    /// <param name="head">Lines of comment at its beginning.</param>
    public static string ToYaml(DataProfile profile, SchemaDraft schema, string schemaFile, string folder, IEnumerable<string> head)
    {
        var text = new StringBuilder();
        foreach (var line in head)
            text.Append("# ").Append(PrintableText.Of(line)).Append('\n');
        var size = SizeOf(profile.Rows);
        text.Append(CultureInfo.InvariantCulture, $"name: {QuotedYaml.Of($"{Model} on {NameOf(profile.Sources[0])}")}\n");
        text.Append(CultureInfo.InvariantCulture, $"data:\n  schema: {QuotedYaml.Of(schemaFile)}\n");
        foreach (var line in SplitDraft.Lines(profile, schema, folder))
            text.Append("  ").Append(line).Append('\n');
        text.Append(CultureInfo.InvariantCulture,
            $"embedding:\n  dimension: {size.Dimension}  # numbers a feature; more rows can teach more\n");
        text.Append(CultureInfo.InvariantCulture,
            $"members:\n  - {{ model: {Model}, hidden_units: [{string.Join(", ", size.Hidden)}], dropout: {size.Dropout} }}  # `consort models` lists others\n");
        text.Append(string.Create(CultureInfo.InvariantCulture, $"""
            training:
              batch_size: {size.Batch}
              epochs: {size.Epochs}  # the most; patience ends it earlier, and the best weights are kept
              patience: {size.Patience}
              schedule: {size.Schedule}
              ema: {size.Average}  # averages the weights, which lets few rows wobble less; 0 for none
              learning_rate: {size.Rate}
              embedding_l2: {size.EmbeddingL2}  # raise it where training rows are learned by heart
              embedding_update: {size.Update}
              monitor: auc
              seed: 1

            """).ReplaceLineEndings("\n"));
        return text.ToString();
    }

    private static string NameOf(string source) => SourcePlace.IsFile(source)
        ? Path.GetFileName(Path.TrimEndingDirectorySeparator(source)) : SourcePlace.Show(source);

    private static Size SizeOf(long rows) => rows switch
    {
        // Validation rows are few: a wobble ends nothing, and what rows are learned by heart with is held down (docs/results/boosting.md).
        < 20_000 => new(8, [64, 32], "0.2", 256, 20, "3e-3", "1e-2", "dense") { Patience = 4, Schedule = Gentle, Average = "0.99" },
        < 200_000 => new(8, [64, 32], "0.1", 512, 20, "1e-2", "1e-2", "dense") { Patience = 4, Schedule = Gentle, Average = "0.99" },
        < 2_000_000 => new(10, [200, 100], "0.1", 2048, 30, "3e-3", "3e-3", "dense") { Patience = 4, Schedule = Gentle, Average = "0.99" },
        < 20_000_000 => new(16, [400, 200], "0", 4096, 5, "3e-3", "3e-4", "deferred") { Patience = 4, Schedule = Gentle, Average = "0.99" },
        _ => new(16, [400, 400, 400], "0", 8192, 2, "1e-3", "1e-5", "deferred"), // as BARS has it for Criteo; not measured here
    };

    private sealed record Size(int Dimension, int[] Hidden, string Dropout, int Batch, int Epochs, string Rate, string EmbeddingL2,
        string Update)
    {
        public int Patience { get; init; } = 2;

        public string Schedule { get; init; } = "{ name: plateau }";

        public string Average { get; init; } = "0";
    }
}
