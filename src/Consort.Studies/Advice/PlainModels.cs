using Consort.Foundation.Options;

namespace Consort.Studies.Advice;

/// <summary>
/// Models without a tower in settings that suit them. What a draft sets is for towers: its decay of embeddings holds these down to less
/// than they can say, and they learn longer (docs/commands/advise.md has what that is worth).
/// </summary>
internal static class PlainModels
{
    // By model, the most that embeddings are decayed by: single weights bear less of it than vectors.
    private static readonly Dictionary<string, double> MostDecay = new(StringComparer.Ordinal) { ["LR"] = 1e-6, ["FM"] = 1e-4 };

    private static readonly (string Key, OptionTree Value)[] Settings =
        [("epochs", 60), ("patience", 4), ("schedule", OptionTree.Parse("{ name: plateau, factor: 0.3 }"))];

    /// <summary>The experiment as it is, or with what suits the model.</summary>
    public static OptionTree Suited(OptionTree experiment, string model) => !MostDecay.TryGetValue(model, out var most) ? experiment
        : Settings.Aggregate(experiment, (options, setting) => options.With($"training.{setting.Key}", setting.Value))
            .With("training.embedding_l2", Math.Min(most, experiment.NumberAt("training.embedding_l2") ?? most));
}
