using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// FINAL (FinalNet): towers whose layers multiply halves of themselves, [u, u ⊙ v] of [u, v] = W x + b, and so reach interactions of order
/// 2^L in L layers. One block z = w₁ · B₁(x) + b₁, or the mean of two; the first may read gated fields, [E, E ⊙ G], with gates that mix
/// fields, G = W_g E + b_g. [B, 1]. Source: Zhu et al. 2023; FuxiCTR for which half multiplies. The paper's self-distillation of two blocks
/// is a loss and not part of the model.
/// </summary>
public sealed record FinalNet() : CtrModel("FinalNet")
{
    internal static readonly OptionSet<FinalNet> Options = new OptionSet<FinalNet>(() => new())
        .Add("batch_norm", m => m.First.BatchNorm, (m, v) => m
            with
        { First = m.First with { BatchNorm = v }, Second = m.Second with { BatchNorm = v } }, Domain.Flag, "in both blocks")
        .Add("residual_type", m => m.IsSum, (m, v) => m with { IsSum = v }, Domain.Words(("concat", false), ("sum", true)),
            "[u, u ⊙ v], for which widths are even, or u + u ⊙ v")
        .Include(MlpOptions.Bare, m => m.First, (m, v) => m with { First = v }, "block1_", "the first block")
        .Include(MlpOptions.Bare, m => m.Second, (m, v) => m with { Second = v }, "block2_", "the second block")
        .Add("block_type", m => m.HasTwo, (m, v) => m with { HasTwo = v }, Domain.Words(("1B", false), ("2B", true)),
            "one block, or the mean of two")
        .Add("use_feature_gating", m => m.FeatureGating, (m, v) => m with { FeatureGating = v }, Domain.Flag,
            "gates before the first block")
        .Require("block1_hidden_units", m => Odd(m, m.First))
        .Require("block2_hidden_units", m => Odd(m, m.Second));

    /// <summary>The first block.</summary>
    public MlpOptions First { get; init; } = new() { HiddenUnits = [64, 64, 64], Activation = Activation.None, BatchNorm = true };

    /// <summary>The second block.</summary>
    public MlpOptions Second { get; init; } = new() { HiddenUnits = [64, 64, 64], Activation = Activation.None, BatchNorm = true };

    /// <summary>Whether there is a second block.</summary>
    public bool HasTwo { get; init; } = true;

    /// <summary>Whether the first block reads gated fields as well.</summary>
    public bool FeatureGating { get; init; }

    /// <summary>Whether layers give u + u ⊙ v, at twice the weights, rather than [u, u ⊙ v].</summary>
    public bool IsSum { get; init; }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var gated = FeatureGating ? Gated(inputs, inputs.Embeddings()) : null; // [B, 2 F, D]
        var first = Logit(inputs, gated is null ? inputs.TowerInputs() : inputs.WithNumeric(gated), First, "block1"); // [B, 1]
        return !HasTwo ? first : inputs.Mean(first, Logit(inputs, inputs.TowerInputs(), Second, "block2"));
    }

    // [B, F, D] → [B, 2 F, D]; gates start at one
    private static Value Gated(MemberInputs inputs, Value embeddings)
    {
        var fields = embeddings.Shape[0];
        var mix = new Linear(
            inputs.Weight("gate/weight", new Shape(fields, fields), Initializer.Zero),
            inputs.Weight("gate/bias", new Shape(fields), Initializer.One));
        var gates = inputs.Transpose(inputs.Graph.Apply(mix, inputs.Transpose(embeddings))); // [B, F, D]
        return inputs.Concat(embeddings, inputs.Graph.Apply(new Multiply(), embeddings, gates));
    }

    private Value Logit(MemberInputs inputs, Value[] values, MlpOptions block, string name)
    {
        var x = inputs.FlatOf(values);
        for (var layer = 0; layer < block.HiddenUnits.Count; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"{name}/{layer}");
            x = inputs.Linear(x, block.HiddenUnits[layer] * (IsSum ? 2 : 1), scope);
            x = inputs.Graph.Apply(new FactorizedInteraction(IsSum), x); // [B, width]
            if (block.BatchNorm)
                x = inputs.BatchNorm(x, $"{scope}/norm");
            x = inputs.Observed(inputs.Activated(x, block.Activation, scope), scope);
            x = inputs.Dropped(x, block.Dropout);
        }

        return inputs.Output(x, $"{name}/output"); // [B, 1]
    }

    private static string? Odd(FinalNet model, MlpOptions block) =>
        !model.IsSum && block.HiddenUnits.FirstOrDefault(w => w % 2 != 0) is > 0 and var odd ? $"found {odd}, expected even widths" : null;
}
