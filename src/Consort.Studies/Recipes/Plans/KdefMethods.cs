using Consort.Foundation.Options;

namespace Consort.Studies.Recipes.Plans;

/// <summary>A way in which a family learns.</summary>
/// <param name="Name">As <c>--methods</c> names it.</param>
/// <param name="Yaml">The section <c>strategy</c>.</param>
internal sealed record KdefMethod(string Name, string Yaml)
{
    /// <summary>The section <c>strategy</c>.</summary>
    public OptionTree Strategy { get; } = OptionTree.Parse(Yaml);
}

/// <summary>The ways of learning that Li et al. compare.</summary>
internal static class KdefMethods
{
    /// <summary>Both terms with the examination.</summary>
    public static KdefMethod Kdef { get; } = new("kdef", "{ name: kdef }");

    /// <summary>
    /// Plain fusions trained by the fused logit alone; "kd", the teach term without the peer term; "dml", the peer term without the teach
    /// term, both with the examination; and both together.
    /// </summary>
    public static IReadOnlyList<KdefMethod> Compared { get; } =
    [
        new("mean", "{ name: supervised, loss: ensemble, fusion: mean }"),
        new("sum", "{ name: supervised, loss: ensemble, fusion: sum }"),
        new("concat", "{ name: supervised, loss: ensemble, fusion: concat }"),
        new("kd", "{ name: kdef, teach: 1, peer: 0 }"),
        new("dml", "{ name: kdef, teach: 0, peer: 1 }"),
        Kdef,
    ];

    /// <summary>KDEF without its parts.</summary>
    public static IReadOnlyList<KdefMethod> Ablated { get; } =
    [
        new("label", "{ name: kdef, teach: 0, peer: 0 }"),
        new("teach", "{ name: kdef, teach: 1, peer: 0, exam: false }"),
        new("peer", "{ name: kdef, teach: 0, peer: 1, exam: false }"),
        new("teach-peer", "{ name: kdef, exam: false }"),
        new("teach-exam", "{ name: kdef, teach: 1, peer: 0 }"),
        new("peer-exam", "{ name: kdef, teach: 0, peer: 1 }"),
        Kdef,
        new("kdef-detached", "{ name: kdef, detach_exam: true }"),
    ];
}
