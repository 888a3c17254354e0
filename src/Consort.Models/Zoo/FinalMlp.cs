using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// FinalMLP: two towers over differently gated embeddings, fused bilinearly: z = b₁ + w₁ · o₁ + b₂ + w₂ · o₂ + Σ_h o₁ₕᵀ W_h o₂ₕ with o_k =
/// MLP_k(2 σ(gate_k) ⊙ [e_1 … e_F]), [B, 1]. Each gate is a tower over its own embeddings of context columns, or over a learned vector
/// where it has none. Source: Mao et al. 2023, eq. 5–11; biases and initialisation as in FuxiCTR.
/// </summary>
public sealed record FinalMlp() : CtrModel("FinalMLP")
{
    internal static readonly OptionSet<FinalMlp> Options = new OptionSet<FinalMlp>(() => new())
        .Include(MlpOptions.Options, m => m.First, (m, v) => m with { First = v }, "mlp1_", "the first tower")
        .Include(MlpOptions.Options, m => m.Second, (m, v) => m with { Second = v }, "mlp2_", "the second tower")
        .Add("num_heads", m => m.Heads, (m, v) => m with { Heads = v }, Domain.Integer(1, 1024),
            "H; divides the last widths of both towers")
        .Add("fs_hidden_units", m => m.GateUnits, (m, v) => m with { GateUnits = v }, Domain.Integers(1, 65536),
            "hidden layers of each gate")
        .Add("fs1_context", m => m.FirstContext, (m, v) => m with { FirstContext = v }, Domain.Texts("categorical columns"),
            "what the first gate reads")
        .Add("fs2_context", m => m.SecondContext, (m, v) => m with { SecondContext = v }, Domain.Texts("categorical columns"),
            "what the second gate reads")
        .Add("use_fs", m => m.IsGated, (m, v) => m with { IsGated = v }, Domain.Flag, "whether there are gates (feature selection)")
        .Require("mlp1_hidden_units", m => Indivisible(m, m.First))
        .Require("mlp2_hidden_units", m => Indivisible(m, m.Second));

    /// <summary>The first tower.</summary>
    public MlpOptions First { get; init; } = new() { HiddenUnits = [64, 64, 64] };

    /// <summary>The second tower.</summary>
    public MlpOptions Second { get; init; } = new() { HiddenUnits = [64, 64, 64] };

    /// <summary>H, which divides both towers' last widths.</summary>
    public int Heads { get; init => field = Options.Checked("num_heads", value); } = 1;

    /// <summary>Whether gates make the towers see different features.</summary>
    public bool IsGated { get; init; } = true;

    /// <summary>Widths of the gates' hidden layers.</summary>
    public IReadOnlyList<int> GateUnits { get; init => field = Options.Checked("fs_hidden_units", value); } = [64];

    /// <summary>Categorical columns that the first gate reads; none for a learned vector.</summary>
    public IReadOnlyList<string> FirstContext { get; init; } = [];

    /// <summary>Categorical columns that the second gate reads; none for a learned vector.</summary>
    public IReadOnlyList<string> SecondContext { get; init; } = [];

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var flat = inputs.Flat(); // [B, F·D]
        var left = inputs.Mlp(Gated(inputs, flat, FirstContext, "gate1"), First, "mlp1"); // [B, n]
        var right = inputs.Mlp(Gated(inputs, flat, SecondContext, "gate2"), Second, "mlp2"); // [B, m]
        var (n, m) = (left.Shape.Size / Heads, right.Shape.Size / Heads);
        // Xavier as FuxiCTR counts it: over one [n · m, 1] matrix a head.
        var weight = inputs.Weight("fusion/weight", new Shape(Heads, n, m), Initializer.XavierNormal(Heads * n * m, 1));
        return inputs.Sum(
            inputs.Output(left, "output1"),
            inputs.Output(right, "output2"),
            inputs.Graph.Apply(new BilinearFusion(weight), left, right));
    }

    // 2 σ(gate) ⊙ x
    private Value Gated(MemberInputs inputs, Value flat, IReadOnlyList<string> context, string name)
    {
        if (!IsGated)
            return flat;
        var source = context.Count == 0
            ? inputs.Graph.Apply(new Repeat(inputs.Weight($"{name}/context", new Shape(inputs.Dimension), Initializer.Zero))) // [B, D]
            : inputs.Flatten(inputs.OwnEmbeddings($"{name}/context", context)); // [B, columns · D]
        var hidden = inputs.Mlp(source, new MlpOptions { HiddenUnits = GateUnits }, name);
        var gate = inputs.Graph.Apply(new Activate(Activation.Sigmoid), inputs.Linear(hidden, flat.Shape.Size, $"{name}/output"));
        return inputs.Graph.Apply(new Multiply(2), flat, gate);
    }

    private static string? Indivisible(FinalMlp model, MlpOptions tower) => tower.HiddenUnits switch
    {
        [] => $"found no layers, expected one that num_heads {model.Heads} divides",
        [.., var last] when last % model.Heads != 0 => $"found a last width of {last}, expected one that num_heads {model.Heads} divides",
        _ => null,
    };
}
