using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// MaskNet: blocks ReLU(LN(W (mask ⊙ v))) whose masks are made from the embeddings of the row itself, mask = W₂ ReLU(W₁ x + b₁) + b₂, x =
/// [e_1 … e_F]. Serial: each block reads the one before it and the last one makes z; parallel: all blocks read the embeddings, and a tower
/// reads them side by side. [B, 1]. Source: Wang, She and Zhang 2021; layer norms as options.
/// </summary>
public sealed record MaskNet(MlpOptions Mlp) : TowerModel("MaskNet", Mlp)
{
    internal static readonly OptionSet<MaskNet> Options = new OptionSet<MaskNet>(() => new(new MlpOptions { HiddenUnits = [64, 64, 64] }))
        .Tower("batch_norm", "layer_norm", "initializer")
        .Add("parallel_num_blocks", m => m.ParallelBlocks, (m, v) => m with { ParallelBlocks = v }, Domain.Integer(1, 64),
            "parallel blocks")
        .Add("parallel_block_dim", m => m.ParallelWidth, (m, v) => m with { ParallelWidth = v }, Domain.Integer(1, 65536), "width of each")
        .Add("model_type", m => m.IsParallel, (m, v) => m with { IsParallel = v }, Domain.Words(("serial", false), ("parallel", true)),
            "how blocks stand")
        .Add("reduction_ratio", m => m.ReductionRatio, (m, v) => m with { ReductionRatio = v }, Domain.Number(0.01, 100),
            "r; above 1 the mask's hidden layer is wider than the mask, as in the paper")
        .Add("emb_layernorm", m => m.EmbeddingNorm, (m, v) => m with { EmbeddingNorm = v }, Domain.Flag,
            "layer norm of each column's embedding")
        .Add("net_layernorm", m => m.BlockNorm, (m, v) => m with { BlockNorm = v }, Domain.Flag, "layer norm in blocks");

    /// <summary>Whether blocks stand side by side below a tower, rather than one behind the other.</summary>
    public bool IsParallel { get; init; }

    /// <summary>Parallel blocks.</summary>
    public int ParallelBlocks { get; init => field = Options.Checked("parallel_num_blocks", value); } = 1;

    /// <summary>Width of each parallel block's output.</summary>
    public int ParallelWidth { get; init => field = Options.Checked("parallel_block_dim", value); } = 64;

    /// <summary>Width of a mask's hidden layer to that of the mask.</summary>
    public double ReductionRatio { get; init => field = Options.Checked("reduction_ratio", value); } = 1;

    /// <summary>Whether what the blocks read is layer-normalised, each field by itself.</summary>
    public bool EmbeddingNorm { get; init; } = true;

    /// <summary>Whether blocks are.</summary>
    public bool BlockNorm { get; init; } = true;

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var x = EmbeddingNorm ? inputs.FlatOf(inputs.WithNumeric(inputs.Embeddings())) : inputs.Flat(); // [B, F·D]
        var start = EmbeddingNorm ? inputs.FlatOf(
            inputs.WithNumeric(inputs.LayerNorm(inputs.Embeddings(), "norm", ofEachPosition: true))) : x; // [B, F·D]
        if (IsParallel)
        {
            var blocks = Enumerable.Range(0, ParallelBlocks).Select(i => Block(inputs, x, start, ParallelWidth, i)).ToArray();
            return inputs.Output(inputs.Mlp(blocks, Mlp, "mlp")); // [B, 1]
        }

        var v = start;
        for (var block = 0; block < Mlp.HiddenUnits.Count; block++)
            v = Block(inputs, x, v, Mlp.HiddenUnits[block], block); // [B, width]
        return inputs.Output(v); // [B, 1]
    }

    // [B, F·D] for the mask, and v [B, n] → [B, width]
    private Value Block(MemberInputs inputs, Value x, Value v, int width, int index)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"block{index}");
        var size = v.Shape.Size;
        var hidden = inputs.Graph.Apply(new Activate(Activation.Relu),
            inputs.Linear(x, Math.Max(1, (int)(size * ReductionRatio)), $"{name}/mask/hidden"));
        var mask = inputs.Linear(hidden, size, $"{name}/mask"); // [B, n]
        var y = inputs.Linear(inputs.Graph.Apply(new Multiply(), v, mask), width, name, bias: false);
        if (BlockNorm)
            y = inputs.LayerNorm(y, $"{name}/norm");
        return inputs.Dropped(inputs.Observed(inputs.Activated(y, Mlp.Activation, name), name), Mlp.Dropout);
    }
}
