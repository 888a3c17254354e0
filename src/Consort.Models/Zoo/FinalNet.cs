using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// FINAL (FinalNet): towers whose layers multiply halves of themselves, [u, u ⊙ v] of [u, v] = W x + b, and so reach
/// interactions of order 2^L in L layers. One block z = w₁ · B₁(x) + b₁, or the mean of two; the first may read gated fields,
/// [E, E ⊙ G], with gates that mix fields, G = W_g E + b_g. [B, 1].
/// Source: Zhu et al. 2023; FuxiCTR for which half multiplies. The paper's self-distillation of two blocks is a loss and not part of the model.
/// </summary>
/// <param name="First">The first block.</param>
/// <param name="Second">The second block, or null for one alone.</param>
/// <param name="FeatureGating">Whether the first block reads gated fields as well.</param>
/// <param name="IsSum">Whether layers give u + u ⊙ v, at twice the weights, rather than [u, u ⊙ v].</param>
public sealed record FinalNet(MlpOptions First, MlpOptions? Second, bool FeatureGating, bool IsSum) : CtrModel
{
    private static readonly MlpOptions Block = new() { HiddenUnits = [64, 64, 64], Activation = Activation.None };
    private static readonly Dictionary<string, bool> Types = new(StringComparer.OrdinalIgnoreCase) { ["1B"] = false, ["2B"] = true };
    private static readonly Dictionary<string, bool> Residuals = new(StringComparer.OrdinalIgnoreCase) { ["concat"] = false, ["sum"] = true };

    /// <inheritdoc/>
    public override string Name => "FinalNet";

    /// <summary>
    /// Reads <c>block_type</c>, <c>batch_norm</c>, <c>use_feature_gating</c>, <c>residual_type</c>, and <c>hidden_units</c>,
    /// <c>activation</c> and <c>dropout</c> of <c>block1_…</c> and <c>block2_…</c>; widths are even where halves stand side by side.
    /// </summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static FinalNet From(OptionMap options)
    {
        var batchNorm = options.Flag("batch_norm", true);
        var isSum = options.Choice("residual_type", false, Residuals);
        var blocks = Enumerable.Range(1, 2)
            .Select(b => MlpOptions.From(options, string.Create(CultureInfo.InvariantCulture, $"block{b}_"), Block, batchNorm)).ToArray();
        for (var block = 0; block < blocks.Length; block++)
            if (!isSum && blocks[block].HiddenUnits.FirstOrDefault(w => w % 2 != 0) is > 0 and var odd)
                throw options.Error($"block{block + 1}_hidden_units", $"found {odd}, expected even widths");
        return new FinalNet(blocks[0], options.Choice("block_type", true, Types) ? blocks[1] : null, options.Flag("use_feature_gating", false), isSum);
    }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var gated = FeatureGating ? Gated(inputs, inputs.Embeddings()) : null; // [B, 2 F, D]
        var first = Logit(inputs, gated is null ? inputs.TowerInputs() : inputs.WithNumeric(gated), First, "block1"); // [B, 1]
        return Second is null ? first : inputs.Mean(first, Logit(inputs, inputs.TowerInputs(), Second, "block2"));
    }

    // [B, F, D] → [B, 2 F, D]; gates start at one
    private static Value Gated(MemberInputs inputs, Value embeddings)
    {
        var fields = embeddings.Shape[0];
        var mix = new Linear(
            inputs.Weight("gate/weight", new Shape(fields, fields), Initializer.Zero), inputs.Weight("gate/bias", new Shape(fields), Initializer.One));
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
}
