using Consort.Foundation.Options;
using Consort.Learning.Strategies;

namespace Consort.Studies.Distilling;

/// <summary>How a student learns from its teachers: an experiment's own distillation, or what keeps most of the gain.</summary>
internal static class StudentStrategy
{
    /// <summary>Makes it: what the request says wins over the experiment, which wins over the recipe of its distance.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="ofFile">The strategy of an experiment file, or null.</param>
    /// <exception cref="ConsortException">A temperature for a distance that has none.</exception>
    public static OptionTree Of(DistilRequest request, OptionTree? ofFile)
    {
        var isOfFile = "distillation".Equals(ofFile?.TextAt("name"), StringComparison.OrdinalIgnoreCase);
        if (!isOfFile && ofFile?.TextAt("name") is { } other and not "supervised")
            request.Notice?.Invoke($"{request.ExperimentFile}: its strategy {other} is not one of distillation, and is not used");
        var strategy = isOfFile ? ofFile! : Recipe(request.Distance
            ?? (request.Temperature is null ? TeacherDistance.Logit : TeacherDistance.SoftLabel));
        if (request.Distance is { } distance)
            strategy = strategy.With("distance", Word(distance));
        if (request.Temperature is not null && (strategy.TextAt("distance") ?? "mse_logit") != Word(TeacherDistance.SoftLabel))
            throw new ConsortException(
                $"--temperature: found with distance {strategy.TextAt("distance") ?? "mse_logit"}, expected --distance soft, whose labels it softens");
        foreach (var (key, value) in new[]
        {
            ("temperature", request.Temperature), ("weight", request.Weight), ("label_weight", request.LabelWeight),
        })
            if (value is { } number)
                strategy = strategy.With(key, number);
        // Of the logit that is served labels are all that it learns from.
        if (request is { AuxiliaryHead: true, LabelWeight: null } && !isOfFile)
            strategy = strategy.With("label_weight", 1);
        return request.Gate is { } gate ? strategy.With("gate", gate) : strategy;
    }

    /// <summary>As an experiment names a distance.</summary>
    public static string Word(TeacherDistance distance) => distance switch
    {
        TeacherDistance.Logit => "mse_logit",
        TeacherDistance.Probability => "mse",
        _ => "soft_label",
    };

    // Squared logits go with a small weight of labels, for what they say is in them; the others need the labels.
    private static OptionTree Recipe(TeacherDistance distance) => OptionTree.Keys(
        ("name", "distillation"), ("distance", Word(distance)), ("weight", 20),
        ("label_weight", distance == TeacherDistance.Logit ? 0.1 : 1), ("temperature", distance == TeacherDistance.SoftLabel ? 4 : 1));
}
