using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Deep interest network (DIN): a history counts by how much each of its positions matters to the target, v = Σ_l a_l e_l with a_l =
/// MLP([e_t, e_l, e_t − e_l, e_t ⊙ e_l]), and a tower reads v in the place of the history, z = w · MLP([e_1 … e_F, v]) + b, [B, 1]. The
/// weights have no softmax, as in the paper, unless it is asked for. An impression without a history has v = 0. Source: Zhou et al. 2018,
/// eq. 3; Dice and the attention's tower as in FuxiCTR, but that statistics are those of the positions that are there, without padding.
/// </summary>
public sealed record Din(MlpOptions Mlp) : TowerModel("DIN", Mlp)
{
    internal static readonly OptionSet<Din> Options = new OptionSet<Din>(() => new(new MlpOptions()))
        .Include(HistoryOptions.Options, m => m.Histories, (m, v) => m with { Histories = v })
        .Include(MlpOptions.Bare, m => m.Attention, (m, v) => m with { Attention = v }, "attention_", "the attention's tower")
        .Add("use_softmax", m => m.IsSoftmax, (m, v) => m with { IsSoftmax = v }, Domain.Flag,
            "whether the weights of a history are shares of 1")
        .Tower()
        .Require("attention_hidden_units", m => m.Attention.HiddenUnits.Count == 0 ? "found none, expected at least one layer" : null);

    /// <summary>Which columns are set against which histories.</summary>
    public HistoryOptions Histories { get; init; } = new();

    /// <summary>The attention's tower.</summary>
    public MlpOptions Attention { get; init; } = new() { HiddenUnits = [64], Activation = Activation.Dice };

    /// <summary>Whether the weights of a history are shares of 1.</summary>
    public bool IsSoftmax { get; init; }

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var interests = inputs.Histories(Histories, Name).Select(h =>
        {
            var scores = inputs.TargetScores(h.Target, h.Items, Attention, $"attention/{h.Name}"); // [N, 1]
            return inputs.Graph.Apply(new WeightedPositions(IsSoftmax), scores, h.Items); // v [B, d]
        });
        return inputs.Output(inputs.Mlp([.. inputs.Beside(Histories, Name), .. interests], Mlp, "mlp")); // [B, 1]
    }
}
