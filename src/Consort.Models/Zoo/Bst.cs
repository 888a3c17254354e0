using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Behavior sequence transformer (BST): a history with the target behind it, X = [e_1, …, e_n, e_t], each with a vector of its place beside
/// it, goes through blocks of self-attention, s = LN(x + MHA(x)), y = LN(s + W₂ LeakyReLU(W₁ s + b₁) + b₂), and a tower reads what becomes
/// of it in the place of the history, z = w · MLP([e_1 … e_F, pooled]) + b, [B, 1]. Where the target alone is read, the last block computes
/// its query alone. Source: Chen et al. 2019, eq. 2–6; places counted back from the target, as FuxiCTR has it, unless <c>positions:
/// time</c> says as the paper how long before the target each was; one pooled vector rather than all positions side by side, as in FuxiCTR.
/// </summary>
public sealed record Bst(MlpOptions Mlp) : TowerModel("BST", Mlp)
{
    internal static readonly OptionSet<Bst> Options = new OptionSet<Bst>(() => new(new MlpOptions()))
        .Include(HistoryOptions.Options, m => m.Histories, (m, v) => m with { Histories = v })
        .Tower("layer_norm")
        .Add("num_heads", m => m.Heads, (m, v) => m with { Heads = v }, Domain.Integer(1, 64), "H, heads of attention")
        .Add("transformer_blocks", m => m.Blocks, (m, v) => m with { Blocks = v }, Domain.Integer(1, 16), "blocks")
        .Add("transformer_dropout", m => m.Dropout, (m, v) => m with { Dropout = v }, Domain.Number(0, 0.99),
            "share that drops behind attention and behind the layers of a block while training")
        .Add("layer_norm", m => m.HasNorm, (m, v) => m with { HasNorm = v }, Domain.Flag, "layer normalisation behind each half of a block")
        .Add("use_residual", m => m.IsResidual, (m, v) => m with { IsResidual = v }, Domain.Flag, "whether each half adds what it reads")
        .Add("use_position_emb", m => m.HasPlaces, (m, v) => m with { HasPlaces = v }, Domain.Flag,
            "a learned vector of D numbers for each position")
        .Include(PositionOptions.Options, m => m.Positions, (m, v) => m with { Positions = v })
        .Add("seq_pooling_type", m => m.Pooling, (m, v) => m with { Pooling = v },
            Domain.Words(("target", PositionPooling.Last), ("mean", PositionPooling.Mean), ("sum", PositionPooling.Sum)),
            "what the tower reads of a history and its target")
        .Require("positions", m => PositionOptions.MistakeOf(m.Positions, m.HasPlaces, "use_position_emb"));

    /// <summary>Which columns are set against which histories.</summary>
    public HistoryOptions Histories { get; init; } = new();

    /// <summary>H.</summary>
    public int Heads { get; init => field = Options.Checked("num_heads", value); } = 2;

    /// <summary>Blocks.</summary>
    public int Blocks { get; init => field = Options.Checked("transformer_blocks", value); } = 1;

    /// <summary>Share that drops within a block.</summary>
    public double Dropout { get; init => field = Options.Checked("transformer_dropout", value); }

    /// <summary>Whether each half of a block is normalised.</summary>
    public bool HasNorm { get; init; } = true;

    /// <summary>Whether each half of a block adds what it reads.</summary>
    public bool IsResidual { get; init; } = true;

    /// <summary>Whether each position has a learned vector.</summary>
    public bool HasPlaces { get; init; } = true;

    /// <summary>Whether that is of its place or of its age.</summary>
    public PositionOptions Positions { get; init; } = new();

    /// <summary>What the tower reads.</summary>
    public PositionPooling Pooling { get; init => field = Options.Checked("seq_pooling_type", value); } = PositionPooling.Last;

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs) => inputs.Output(inputs.Mlp(
        [.. inputs.Beside(Histories, Positions, Name), .. inputs.Histories(Histories, Name).Select(h => Interest(inputs, h))],
        Mlp, "mlp")); // [B, 1]

    private Value Interest(MemberInputs inputs, History history)
    {
        var x = inputs.Graph.Apply(new AppendTarget(), history.Items, history.Target); // [N + B, d]
        if (HasPlaces)
            x = inputs.Concat(x, inputs.PositionVectors(Positions, history, withTarget: true, Name)); // [N + B, d + D]
        HistoryExtensions.CheckHeads(Heads, x.Shape.Size, Name);
        for (var block = 0; block < Blocks; block++)
        {
            var ofTarget = block == Blocks - 1 && Pooling == PositionPooling.Last;
            x = Block(inputs, x, ofTarget, string.Create(CultureInfo.InvariantCulture, $"block/{history.Name}/{block}"));
        }

        return x.At is null ? x : inputs.Graph.Apply(new PoolPositions(Pooling), x); // [B, d + D]
    }

    private Value Block(MemberInputs inputs, Value x, bool ofTarget, string name)
    {
        var width = x.Shape.Size;
        var asks = ofTarget ? inputs.Graph.Apply(new PoolPositions(PositionPooling.Last), x) : x; // [B or N + B, w]
        var s = Half(inputs, asks, inputs.SelfAttention(asks, x, Heads, name), $"{name}/attention_norm"); // [·, w]
        var hidden = inputs.Activated(inputs.Linear(s, width, $"{name}/feed/0"), Activation.LeakyRelu, $"{name}/feed/0");
        return Half(inputs, s, inputs.Linear(hidden, width, $"{name}/feed/1"), $"{name}/feed_norm");
    }

    private Value Half(MemberInputs inputs, Value read, Value made, string name)
    {
        made = inputs.Dropped(made, Dropout);
        if (IsResidual)
            made = inputs.Sum(read, made);
        return HasNorm ? inputs.LayerNorm(made, name) : made;
    }
}
