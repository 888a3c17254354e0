using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Studies.Recipes.Plans;

namespace Consort.Studies.Recipes.Teaching;

/// <summary>What the runs of a way of teaching start or learn from.</summary>
/// <param name="Plan">Takes the runs.</param>
/// <param name="Model">Of members and students.</param>
/// <param name="Replicate">Of the table.</param>
/// <param name="Members">Runs of the family's members, each by itself.</param>
/// <param name="Many">Those and more.</param>
/// <param name="Settings">The experiment of one member.</param>
internal sealed record TeachingStart(RunPlan Plan, string Model, int Replicate, IReadOnlyList<string> Members, IReadOnlyList<string> Many,
    OptionTree Settings);

/// <summary>A row of the table: a way of learning, and which runs it is made of.</summary>
/// <param name="Name">As <c>--methods</c> has it.</param>
/// <param name="Text">What the row says; {0} is the number of members, {1} that of many.</param>
/// <param name="IsMember">Whether the row is the mean over the members of its runs, each by itself, rather than their ensemble.</param>
/// <param name="Runs">Its runs, one family or several models that are averaged.</param>
internal sealed record TeachingMethod(string Name, string Text, bool IsMember, Func<TeachingStart, IReadOnlyList<string>> Runs)
{
    private const string Wide = "wide";
    private const double TuningShare = 0.1; // of the members' rate
    private const double StudentDecay = 0.1; // of the members' λ on embeddings

    /// <summary>Whether it takes more members than a family has.</summary>
    public bool NeedsMany => Name.EndsWith("-many", StringComparison.Ordinal);

    /// <summary>Whether it takes a model with a tower.</summary>
    public bool NeedsTower => Name.StartsWith(Wide, StringComparison.Ordinal);

    /// <summary>Each model by itself: what all others are set beside.</summary>
    public static TeachingMethod One { get; } = new("", "one, tuned", true, s => s.Members);

    /// <summary>The rows, controls before what they control.</summary>
    public static IReadOnlyList<TeachingMethod> All { get; } =
    [
        new("averaged", "{0} averaged", false, s => s.Members),
        new("averaged-many", "{1} averaged", false, s => s.Many),
        new("averaged-narrow", "{0} averaged, tables of the size of one", false, Narrow),
        new("labels-longer", "control: labels, twice the epochs", false,
            s => [s.Plan.Student($"{s.Model}-labels-longer", s.Model, s.Replicate, Supervised, [], TwiceAsLong)]),
        new("labels-loose", "control: labels, the students' weaker decay", false,
            s => [s.Plan.Student($"{s.Model}-labels-loose", s.Model, s.Replicate, Supervised, [], Loosened)]),
        new("labels-again", "control: labels again, two epochs", true, s => [GoneOn(s, "labels-again", Members, 2)]),
        new(Wide, "control: labels, one tower of {0} times the arithmetic", false,
            s => [s.Plan.Student($"{s.Model}-wide{s.Members.Count}", s.Model, s.Replicate, Supervised, [], o => Widened(s, o))]),
        new("self", "control: distilled from itself, logits", false,
            s => [Student(s, "self", s.Members.Take(1), ExperimentOptions.LogitMatching)]),
        new("mutual-paper", "mutual: the paper, MSE 1, one epoch", true,
            s => [GoneOn(s, "mutual-paper", Mutual("mse", 1).With("peers", "training"), 1, isConstant: true)]),
        new("mutual-mse20", "mutual: MSE 20, two epochs", true, s => [GoneOn(s, "mutual-mse20", Mutual("mse", 20), 2)]),
        new("mutual-kl5", "mutual: KL 5, two epochs", true, s => [GoneOn(s, "mutual-kl5", Mutual("kl", 5), 2)]),
        new("kdef", "KDEF, the ensemble", false, s => [Kdef(s)]),
        new("kdef-member", "KDEF, one member", true, s => [Kdef(s)]),
        new("distil-soft", "distilled: soft labels 1 : 1", false, s => [Student(s, "distil-soft", s.Members, SoftLabels)]),
        new("distil", "distilled: logits 20 : 0.1", false, s => [Student(s, "distil", s.Members, ExperimentOptions.LogitMatching)]),
        new(Wide + "-distil", "distilled likewise into a tower of {0} times the arithmetic", false,
            s => [s.Plan.Student($"{s.Model}-distil-wide{s.Members.Count}", s.Model, s.Replicate, ExperimentOptions.LogitMatching,
                s.Members, o => Loosened(Widened(s, o)))]),
        new("distil-many", "distilled from {1}: logits 20 : 0.1", false,
            s => [Student(s, "distil-many", s.Many, ExperimentOptions.LogitMatching)]),
    ];

    private static OptionTree Supervised => OptionTree.Parse("{ name: supervised }");

    private static OptionTree Members => OptionTree.Parse("{ name: supervised, loss: members }");

    private static OptionTree SoftLabels =>
        OptionTree.Parse("{ name: distillation, distance: soft_label, weight: 1, label_weight: 1, temperature: 1 }");

    private static OptionTree Mutual(string divergence, double weight) =>
        OptionTree.Keys(("name", "mutual"), ("divergence", divergence), ("weight", weight), ("warm_epochs", 0));

    private static string Student(TeachingStart start, string what, IEnumerable<string> teachers, OptionTree strategy) =>
        start.Plan.Student($"{start.Model}-{what}", start.Model, start.Replicate, strategy, [.. teachers], Loosened);

    // What teachers say of a row is less noisy than its label, so that less decay is needed.
    private static OptionTree Loosened(OptionTree options) => options.Change("training.embedding_l2", l => StudentDecay * l.Number);

    // As often multiplied as all members together are.
    private static OptionTree Widened(TeachingStart start, OptionTree options) =>
        TowerWidths.OfOnly(options, m => TowerWidths.Multiplied(m, start.Members.Count));

    // At a tenth of the rate, falling as the members' did.
    private static string GoneOn(TeachingStart start, string what, OptionTree strategy, int epochs, bool isConstant = false)
    {
        var phase = OptionTree.Keys(
            ("strategy", strategy), ("epochs", epochs), ("patience", 0),
            ("learning_rate", TuningShare * start.Settings["training.learning_rate"].Number),
            ("schedule", isConstant ? OptionTree.Parse("{ name: constant }")
                : OptionTree.Keys(("name", "exponential"), ("fraction", 0.03), ("epochs", epochs))));
        return start.Plan.GoneOn($"{start.Model}x{start.Members.Count}-{what}", start.Model, start.Replicate, start.Members, phase);
    }

    private static string Kdef(TeachingStart start) =>
        start.Plan.Shared(start.Model, start.Members.Count, start.Replicate, KdefMethods.Kdef);

    // As many members as there are, whose tables are together no larger than one.
    private static IReadOnlyList<string> Narrow(TeachingStart start)
    {
        var dimension = Math.Max(1, (int)start.Settings["embedding.dimension"].Number / start.Members.Count);
        return [.. start.Members.Select((_, m) => start.Plan.Alone(start.Model, start.Replicate, m, $"narrow{dimension}",
            o => o.With("embedding.dimension", dimension)))];
    }

    private static OptionTree TwiceAsLong(OptionTree options)
    {
        foreach (var path in new[] { "training.epochs", "training.schedule.epochs" })
            options = options.Change(path, n => 2 * n.Number);
        return options;
    }
}
