using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>How a DIEN's second unit takes attention in.</summary>
public enum EvolutionKind
{
    /// <summary>What it receives is scaled: GRU over a_l h_l.</summary>
    Aigru,

    /// <summary>In the place of the update gate.</summary>
    Agru,

    /// <summary>It scales the update gate.</summary>
    Augru,
}

/// <summary>
/// Deep interest evolution network (DIEN): a recurrent unit h = GRU(e) extracts interests from a history, attention a_l = softmax over
/// MLP([e_t, h_l, e_t − h_l, e_t ⊙ h_l]) says how they matter to the target, a second unit with attention lets them evolve, and a tower
/// reads its last state in the place of the history, z = w · MLP([e_1 … e_F, h']) + b, [B, 1]; with the sum of the history and that times
/// the target where that is wanted. An impression without a history has h' = 0. Source: Zhou et al. 2019, eq. 2–8; without its auxiliary
/// loss unless it is asked for, as BARS ran it.
/// </summary>
public sealed record Dien(MlpOptions Mlp) : TowerModel("DIEN", Mlp)
{
    internal static readonly OptionSet<Dien> Options = new OptionSet<Dien>(() => new(new MlpOptions()))
        .Include(HistoryOptions.Options, m => m.Histories, (m, v) => m with { Histories = v })
        .Include(MlpOptions.Bare, m => m.Attention, (m, v) => m with { Attention = v }, "attention_", "the attention's tower")
        .Add("gru_type", m => m.Evolution, (m, v) => m with { Evolution = v },
            Domain.Words(("AUGRU", EvolutionKind.Augru), ("AGRU", EvolutionKind.Agru), ("AIGRU", EvolutionKind.Aigru)),
            "how the second unit takes attention in")
        .Add("use_softmax", m => m.IsSoftmax, (m, v) => m with { IsSoftmax = v }, Domain.Flag, "whether attention is shares of 1")
        .Add("enable_sum_pooling", m => m.HasSum, (m, v) => m with { HasSum = v }, Domain.Flag,
            "whether the tower also reads the sum of the history, and that times the target")
        .Include(NextItemOptions.Options, m => m.NextItems, (m, v) => m with { NextItems = v })
        .Tower()
        .Require("attention_hidden_units", m => m.Attention.HiddenUnits.Count == 0 ? "found none, expected at least one layer" : null);

    /// <summary>Which columns are set against which histories.</summary>
    public HistoryOptions Histories { get; init; } = new();

    /// <summary>The attention's tower.</summary>
    public MlpOptions Attention { get; init; } = new() { HiddenUnits = [64], Activation = Activation.Dice };

    /// <summary>How the second unit takes attention in.</summary>
    public EvolutionKind Evolution { get; init => field = Options.Checked("gru_type", value); } = EvolutionKind.Augru;

    /// <summary>Whether attention is shares of 1.</summary>
    public bool IsSoftmax { get; init; } = true;

    /// <summary>Whether the tower also reads the sum of the history, and that times the target.</summary>
    public bool HasSum { get; init; }

    /// <summary>By which the first unit's states learn what comes next.</summary>
    public NextItemOptions NextItems { get; init; } = new();

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var extracted = new List<(History, Value)>();
        var logit = inputs.Output(inputs.Mlp(
            [.. inputs.Beside(Histories, Name), .. inputs.Histories(Histories, Name).SelectMany(h => Interest(inputs, h, extracted))],
            Mlp, "mlp")); // [B, 1]
        return inputs.WithNextItems(logit, extracted, NextItems);
    }

    private Value[] Interest(MemberInputs inputs, History history, List<(History, Value)> extracted)
    {
        var states = Unit(inputs, RecurrenceKind.Gru, $"extract/{history.Name}", history.Items, null); // h [N, d]
        extracted.Add((history, states));
        var scores = inputs.TargetScores(history.Target, states, Attention, $"attention/{history.Name}"); // [N, 1]
        if (IsSoftmax)
            scores = inputs.Graph.Apply(new PositionSoftmax(), scores);
        var evolved = Unit(inputs, Evolution switch
        {
            EvolutionKind.Agru => RecurrenceKind.Agru,
            EvolutionKind.Augru => RecurrenceKind.Augru,
            _ => RecurrenceKind.Gru,
        }, $"evolve/{history.Name}", states, scores); // h' [N, d]
        var last = inputs.Graph.Apply(new PoolPositions(PositionPooling.Last), evolved); // [B, d]
        return HasSum ? [last, .. inputs.SumBesideTarget(history)] : [last];
    }

    // Of a unit without a place for attention, what it receives is scaled by it.
    private static Value Unit(MemberInputs inputs, RecurrenceKind kind, string name, Value received, Value? attention)
    {
        var d = received.Shape.Size;
        if (kind == RecurrenceKind.Gru && attention is not null)
        {
            var scaled = inputs.Graph.Apply(new FieldScale(), inputs.Row(received), attention); // [N, 1, d]
            (received, attention) = (inputs.Flatten(scaled), null);
        }

        var unit = new Recurrence(kind, inputs.Weight($"{name}/recurrent/weight", new Shape(3 * d, d), Initializer.XavierNormal(d, d)),
            inputs.Weight($"{name}/recurrent/bias", new Shape(3 * d), Initializer.Zero));
        var gates = inputs.Linear(received, 3 * d, $"{name}/input"); // [N, 3 d]
        return attention is null ? inputs.Graph.Apply(unit, gates) : inputs.Graph.Apply(unit, gates, attention); // [N, d]
    }
}
