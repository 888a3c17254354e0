using Consort.Foundation.Options;
using Consort.Studies.Recipes.Plans;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Teaching;

/// <summary>What the runs of a way of making a family are planned with.</summary>
/// <param name="Plan">Takes the runs.</param>
/// <param name="Settings">Of the models.</param>
/// <param name="Model">Of the members.</param>
/// <param name="Replicate">Of the table.</param>
internal sealed record ScalingStart(RunPlan Plan, RecipeSettings Settings, string Model, int Replicate)
{
    /// <summary>The model by itself.</summary>
    public string One => Plan.Alone(Model, Replicate, 0);

    /// <summary>The model's options.</summary>
    public OptionTree Member => Settings.Member(Model);
}

/// <summary>A way of making a family of M members, and what is held equal to one model's.</summary>
/// <param name="Family">How members become a family.</param>
/// <param name="Held"><c>memory</c> or <c>flops</c>, or empty where members are as large as one.</param>
/// <param name="Text">What the row says after the number of members.</param>
/// <param name="Runs">Its runs for M members, one family or several models that are averaged.</param>
internal sealed record ScalingWay(string Family, string Held, string Text, Func<ScalingStart, int, IReadOnlyList<string>> Runs)
{
    private static readonly string[] TowerKeys = ["hidden_units", "activation", "batch_norm", "layer_norm", "dropout"];

    private static readonly KdefMethod Mutual = new("mutual-kl5", "{ name: mutual, divergence: kl, weight: 5 }");

    private static readonly KdefMethod Members = new("members", "{ name: supervised, loss: members, reduction: mean }");

    /// <summary>The average of independent models.</summary>
    public const string Averaged = "averaged";

    /// <summary>As <c>--methods</c> has it.</summary>
    public string Name => Held.Length == 0 ? Family : $"{Family}-{Held}";

    /// <summary>Those that are compared.</summary>
    public static IReadOnlyList<ScalingWay> All { get; } =
    [
        new(Averaged, "", "averaged, each as large as one", (s, members) => s.Plan.AloneEach(s.Model, s.Replicate, members)),
        new(Averaged, "memory", "averaged, tables of the size of one", (s, members) => Each(s, members, $"narrow{members}", o =>
            o.Change("embedding.dimension", d => Divided((int)d.Number, members)))),
        new(Averaged, "flops", "averaged, at the arithmetic of one", (s, members) => Each(s, members, $"thin{members}", o =>
            TowerWidths.OfOnly(o, m => TowerWidths.Divided(m, members)))),
        new("wide", "", "times the arithmetic in one model", (s, members) => [s.Plan.Alone(s.Model, s.Replicate, 0, $"wide{members}", o =>
            TowerWidths.OfOnly(o, m => TowerWidths.Multiplied(m, members)))]),
        new("mutual", "memory", "mutual, KL 5, one table", (s, members) => Shared(s, members, Mutual, s.Member, "")),
        new("mutual", "flops", "mutual, KL 5, one table, at the arithmetic of one",
            (s, members) => Shared(s, members, Mutual, TowerWidths.Divided(s.Member, members), "-thin")),
        new("kdef", "memory", "KDEF, one table", (s, members) => Shared(s, members, KdefMethods.Kdef, s.Member, "")),
        new("kdef", "flops", "KDEF, one table, at the arithmetic of one",
            (s, members) => Shared(s, members, KdefMethods.Kdef, TowerWidths.Divided(s.Member, members), "-thin")),
        new("tabm", "memory", "TabM, one table", (s, members) => Shared(s, members, Members, TabM(s.Member), "-tabm")),
        new("tabm", "flops", "TabM, one table, at the arithmetic of one",
            (s, members) => Shared(s, members, Members, TabM(TowerWidths.Divided(s.Member, members)), "-tabm-thin")),
    ];

    private static IReadOnlyList<string> Each(ScalingStart start, int members, string change, Func<OptionTree, OptionTree> make) =>
        [.. Enumerable.Range(0, members).Select(m => start.Plan.Alone(start.Model, start.Replicate, m, change, make))];

    private static IReadOnlyList<string> Shared(ScalingStart start, int members, KdefMethod method, OptionTree member, string what) =>
        [start.Plan.Shared($"{start.Model}x{members}{what}-{method.Name}", start.Model, start.Replicate, method,
            member.With("count", members))];

    private static int Divided(int number, int members) => Math.Max(1, number / members);

    private static OptionTree TabM(OptionTree tower) => OptionTree.Keys(
        TowerKeys.Where(k => tower.Find(k) is not null)
            .Select(k => (k, tower[k])).Prepend(("model", "TabM")));
}
