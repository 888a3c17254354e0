using Consort.Foundation.Options;
using Consort.Learning.Training;

namespace Consort.Studies.Distilling;

/// <summary>A phase by labels alone after a student has learned from its teachers, at a low, constant rate: KD-DAGFM's last step.</summary>
internal static class LabelPhase
{
    private const double Share = 0.01; // of the student's first rate

    /// <summary>The student in two phases; the second is undone where it only harms.</summary>
    /// <param name="student">In one phase.</param>
    /// <param name="epochs">Of the second.</param>
    /// <param name="rate">Of the second; null for a hundredth of the first one's.</param>
    public static OptionTree After(OptionTree student, int epochs, double? rate)
    {
        string[] keys = [.. Phase.Options.Keys];
        var training = (OptionGroup)student["training"];
        var first = OptionTree.Keys([("name", "distil"), ("strategy", student["strategy"]),
            .. training.Entries.Where(e => keys.Contains(e.Key)).Select(e => (e.Key, e.Value))]);
        var start = training.NumberAt("learning_rate") ?? 1e-3;
        var labels = OptionTree.Keys(
            ("name", "labels"), ("strategy", OptionTree.Keys(("name", "supervised"))), ("epochs", epochs),
            ("learning_rate", rate ?? (Share * start)), ("schedule", OptionTree.Keys(("name", "constant"))), ("patience", 0),
            ("evaluate_first", true));
        return student.Without(["strategy", .. keys.Select(k => $"training.{k}")]).With("phases", OptionTree.List(first, labels));
    }
}
