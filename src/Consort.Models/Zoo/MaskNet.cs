using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// MaskNet: blocks ReLU(LN(W (mask ⊙ v))) whose masks are made from the embeddings of the row itself,
/// mask = W₂ ReLU(W₁ x + b₁) + b₂, x = [e_1 … e_F]. Serial: each block reads the one before it and the last one makes z;
/// parallel: all blocks read the embeddings, and a tower reads them side by side. [B, 1].
/// Source: Wang, She and Zhang 2021; layer norms as options.
/// </summary>
/// <param name="Mlp">Widths of the serial blocks, or the tower over the parallel ones; activation and dropout of both.</param>
/// <param name="Parallel">The parallel blocks, or null for serial ones.</param>
/// <param name="ReductionRatio">Width of a mask's hidden layer to that of the mask.</param>
/// <param name="EmbeddingNorm">Whether what the blocks read is layer-normalised, each field by itself.</param>
/// <param name="BlockNorm">Whether blocks are.</param>
public sealed record MaskNet(MlpOptions Mlp, ParallelBlocks? Parallel, double ReductionRatio, bool EmbeddingNorm, bool BlockNorm) : CtrModel
{
    private static readonly Dictionary<string, bool> Types = new(StringComparer.OrdinalIgnoreCase) { ["serial"] = false, ["parallel"] = true };

    /// <inheritdoc/>
    public override string Name => "MaskNet";

    /// <summary>
    /// Reads <c>hidden_units</c>, <c>activation</c>, <c>dropout</c>, <c>model_type</c>, <c>parallel_num_blocks</c>, 1 to 64,
    /// <c>parallel_block_dim</c>, 1 to 65536, <c>reduction_ratio</c>, 0.01 to 100, <c>emb_layernorm</c> and <c>net_layernorm</c>.
    /// </summary>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static MaskNet From(OptionMap options)
    {
        var tower = MlpOptions.From(options, fallback: new MlpOptions { HiddenUnits = [64, 64, 64] }, batchNorm: false);
        var blocks = new ParallelBlocks(options.Integer("parallel_num_blocks", 1, 1, 64), options.Integer("parallel_block_dim", 64, 1, 65536));
        return new MaskNet(
            tower,
            options.Choice("model_type", false, Types) ? blocks : null,
            options.Number("reduction_ratio", 1, 0.01, 100),
            options.Flag("emb_layernorm", true),
            options.Flag("net_layernorm", true));
    }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var x = EmbeddingNorm ? inputs.FlatOf(inputs.WithNumeric(inputs.Embeddings())) : inputs.Flat(); // [B, F·D]
        var start = EmbeddingNorm ? inputs.FlatOf(inputs.WithNumeric(inputs.LayerNorm(inputs.Embeddings(), "norm", ofEachPosition: true))) : x; // [B, F·D]
        if (Parallel is { } parallel)
        {
            var blocks = Enumerable.Range(0, parallel.Count).Select(i => Block(inputs, x, start, parallel.Width, i)).ToArray();
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
        var hidden = inputs.Graph.Apply(new Activate(Activation.Relu), inputs.Linear(x, Math.Max(1, (int)(size * ReductionRatio)), $"{name}/mask/hidden"));
        var mask = inputs.Linear(hidden, size, $"{name}/mask"); // [B, n]
        var y = inputs.Linear(inputs.Graph.Apply(new Multiply(), v, mask), width, name, bias: false);
        if (BlockNorm)
            y = inputs.LayerNorm(y, $"{name}/norm");
        return inputs.Dropped(inputs.Observed(inputs.Activated(y, Mlp.Activation, name), name), Mlp.Dropout);
    }
}

/// <summary>MaskNet's blocks side by side.</summary>
/// <param name="Count">How many.</param>
/// <param name="Width">Of each one's output.</param>
public sealed record ParallelBlocks(int Count, int Width);
