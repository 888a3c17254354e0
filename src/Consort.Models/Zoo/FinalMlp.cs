using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// FinalMLP: two towers over differently gated embeddings, fused bilinearly:
/// z = b₁ + w₁ · o₁ + b₂ + w₂ · o₂ + Σ_h o₁ₕᵀ W_h o₂ₕ with o_k = MLP_k(2 σ(gate_k) ⊙ [e_1 … e_F]), [B, 1].
/// Each gate is a tower over its own embeddings of context columns, or over a learned vector where it has none.
/// Source: Mao et al. 2023, eq. 5–11; biases and initialisation as in FuxiCTR.
/// </summary>
public sealed record FinalMlp(MlpOptions First, MlpOptions Second, int Heads, FeatureSelection? Selection) : CtrModel
{
    private static readonly MlpOptions Tower = new() { HiddenUnits = [64, 64, 64] };

    /// <inheritdoc/>
    public override string Name => "FinalMLP";

    /// <summary>
    /// Reads <c>mlp1_…</c> and <c>mlp2_…</c> (the keys of a tower), <c>num_heads</c>, 1 to 1024, which divides both towers'
    /// last widths, <c>use_fs</c>, <c>fs_hidden_units</c>, <c>fs1_context</c> and <c>fs2_context</c>.
    /// </summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static FinalMlp From(OptionMap options)
    {
        var first = MlpOptions.From(options, "mlp1_", Tower);
        var second = MlpOptions.From(options, "mlp2_", Tower);
        var heads = options.Integer("num_heads", 1, 1, 1024);
        foreach (var (key, tower) in new[] { ("mlp1_hidden_units", first), ("mlp2_hidden_units", second) })
            if (tower.HiddenUnits.Count == 0 || tower.HiddenUnits[^1] % heads != 0)
                throw options.Error(key, $"found {(tower.HiddenUnits.Count == 0 ? "no layers" : $"a last width of {tower.HiddenUnits[^1]}")}, expected one that num_heads {heads} divides");
        var selection = new FeatureSelection(
            options.Integers("fs_hidden_units", [64], 1, 65536), options.Texts("fs1_context", []), options.Texts("fs2_context", []));
        return new FinalMlp(first, second, heads, options.Flag("use_fs", true) ? selection : null);
    }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var flat = inputs.Flat(); // [B, F·D]
        var left = inputs.Mlp(Gated(inputs, flat, Selection?.FirstContext, "gate1"), First, "mlp1"); // [B, n]
        var right = inputs.Mlp(Gated(inputs, flat, Selection?.SecondContext, "gate2"), Second, "mlp2"); // [B, m]
        var (n, m) = (left.Shape.Size / Heads, right.Shape.Size / Heads);
        // Xavier as FuxiCTR counts it: over one [n · m, 1] matrix a head.
        var weight = inputs.Weight("fusion/weight", new Shape(Heads, n, m), Initializer.XavierNormal(Heads * n * m, 1));
        return inputs.Sum(
            inputs.Output(left, "output1"),
            inputs.Output(right, "output2"),
            inputs.Graph.Apply(new BilinearFusion(weight), left, right));
    }

    // 2 σ(gate) ⊙ x
    private Value Gated(MemberInputs inputs, Value flat, IReadOnlyList<string>? context, string name)
    {
        if (context is null)
            return flat;
        var source = context.Count == 0
            ? inputs.Graph.Apply(new Repeat(inputs.Weight($"{name}/context", new Shape(inputs.Dimension), Initializer.Zero))) // [B, D]
            : inputs.Flatten(inputs.OwnEmbeddings($"{name}/context", context)); // [B, columns · D]
        var hidden = inputs.Mlp(source, new MlpOptions { HiddenUnits = Selection!.HiddenUnits }, name);
        var gate = inputs.Graph.Apply(new Activate(Activation.Sigmoid), inputs.Linear(hidden, flat.Shape.Size, $"{name}/output"));
        return inputs.Graph.Apply(new Multiply(2), flat, gate);
    }
}

/// <summary>How FinalMLP's towers come to see different features.</summary>
/// <param name="HiddenUnits">Widths of the gates' hidden layers.</param>
/// <param name="FirstContext">Categorical columns that the first gate reads; none for a learned vector.</param>
/// <param name="SecondContext">Categorical columns that the second gate reads; none for a learned vector.</param>
public sealed record FeatureSelection(
    IReadOnlyList<int> HiddenUnits, IReadOnlyList<string> FirstContext, IReadOnlyList<string> SecondContext);
