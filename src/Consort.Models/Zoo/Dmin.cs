using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Deep multi-interest network (DMIN): causal self-attention refines a history, x = s + FFN(s), s = LN(e + MHA(e)); H further heads make
/// an interest each of it, with a feed-forward net of their own, and attention of the target with the place beside it adds its positions
/// up, v = Σ_l softmax_l(MLP([t_l, x_l, t_l ⊙ x_l])) x_l, t_l = W [e_t, p_l]; a tower reads all interests in the place of the history, z =
/// w · MLP([e_1 … e_F, v_1 … v_H]) + b, [B, 1]. An impression without a history has v = 0. Source: Xiao et al. 2020, without its auxiliary
/// loss unless it is asked for, as FuxiCTR runs it; t − x, which the layer makes of t and x by itself, is left out, and places are counted
/// back from the last.
/// </summary>
public sealed record Dmin(MlpOptions Mlp) : TowerModel("DMIN", Mlp)
{
    internal static readonly OptionSet<Dmin> Options = new OptionSet<Dmin>(() => new(new MlpOptions()))
        .Include(HistoryOptions.Options, m => m.Histories, (m, v) => m with { Histories = v })
        .Include(MlpOptions.Bare, m => m.Attention, (m, v) => m with { Attention = v }, "attention_",
            "the tower of each interest's attention")
        .Tower("layer_norm")
        .Add("num_heads", m => m.Heads, (m, v) => m with { Heads = v }, Domain.Integer(1, 64), "H, interests, and heads of the refiner")
        .Add("use_behavior_refiner", m => m.IsRefined, (m, v) => m with { IsRefined = v }, Domain.Flag,
            "whether a layer of self-attention comes before the interests")
        .Add("use_pos_emb", m => m.HasPlaces, (m, v) => m with { HasPlaces = v }, Domain.Flag,
            "whether the target meets each position with a learned vector of where it is")
        .Include(PositionOptions.Options, m => m.Positions, (m, v) => m with { Positions = v })
        .Add("pos_emb_dim", m => m.PlaceSize, (m, v) => m with { PlaceSize = v }, Domain.Integer(1, 1024),
            "numbers of such a vector where it is of a place; of an age it has D")
        .Add("layer_norm", m => m.HasNorm, (m, v) => m with { HasNorm = v }, Domain.Flag, "layer normalisation behind attention")
        .Add("transformer_dropout", m => m.Dropout, (m, v) => m with { Dropout = v }, Domain.Number(0, 0.99),
            "share that drops behind self-attention while training")
        .Add("enable_sum_pooling", m => m.HasSum, (m, v) => m with { HasSum = v }, Domain.Flag,
            "whether the tower also reads the sum of the history, and that times the target")
        .Include(NextItemOptions.Options, m => m.NextItems, (m, v) => m with { NextItems = v })
        .Require("auxiliary", m => m is { IsRefined: false, NextItems.Weight: > 0 }
            ? "found it without use_behavior_refiner, whose positions are what learns by it" : null)
        .Require("attention_hidden_units", m => m.Attention.HiddenUnits.Count == 0 ? "found none, expected at least one layer" : null)
        .Require("positions", m => PositionOptions.MistakeOf(m.Positions, m.HasPlaces, "use_pos_emb"));

    /// <summary>Which columns are set against which histories.</summary>
    public HistoryOptions Histories { get; init; } = new();

    /// <summary>The tower of each interest's attention.</summary>
    public MlpOptions Attention { get; init; } = new() { HiddenUnits = [80, 40] };

    /// <summary>H.</summary>
    public int Heads { get; init => field = Options.Checked("num_heads", value); } = 2;

    /// <summary>Whether a layer of self-attention comes before the interests.</summary>
    public bool IsRefined { get; init; } = true;

    /// <summary>Whether the target meets each position with a vector of its place.</summary>
    public bool HasPlaces { get; init; } = true;

    /// <summary>Whether that is of its place or of its age.</summary>
    public PositionOptions Positions { get; init; } = new();

    /// <summary>Numbers of such a vector where it is of a place; of an age it has D.</summary>
    public int PlaceSize { get; init => field = Options.Checked("pos_emb_dim", value); } = 8;

    /// <summary>Whether there is layer normalisation behind attention.</summary>
    public bool HasNorm { get; init; } = true;

    /// <summary>Share that drops behind self-attention.</summary>
    public double Dropout { get; init => field = Options.Checked("transformer_dropout", value); }

    /// <summary>Whether the tower also reads the sum of the history, and that times the target.</summary>
    public bool HasSum { get; init; }

    /// <summary>By which the refined positions learn what comes next.</summary>
    public NextItemOptions NextItems { get; init; } = new();

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        var refined = new List<(History, Value)>();
        var logit = inputs.Output(inputs.Mlp(
            [
                .. inputs.Beside(Histories, Positions, Name),
                .. inputs.Histories(Histories, Name).SelectMany(h => Interests(inputs, h, refined)),
            ],
            Mlp, "mlp")); // [B, 1]
        return inputs.WithNextItems(logit, refined, NextItems);
    }

    private IEnumerable<Value> Interests(MemberInputs inputs, History history, List<(History, Value)> refined)
    {
        var (x, width) = (history.Items, history.Items.Shape.Size); // [N, d]
        HistoryExtensions.CheckHeads(Heads, width, Name);
        if (IsRefined)
        {
            var name = $"refiner/{history.Name}";
            x = Refined(inputs, x, inputs.SelfAttention(x, x, Heads, name, isCausal: true), name);
            refined.Add((history, x));
        }

        for (var head = 0; head < Heads; head++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"interest/{history.Name}/{head}");
            var attended = inputs.Graph.Apply(new PositionAttention(1, IsCausal: true),
                inputs.Linear(x, width / Heads, $"{name}/query", bias: false),
                inputs.Linear(x, 2 * width / Heads, $"{name}/key_value", bias: false)); // [N, d / H]
            var interest = Refined(inputs, x, inputs.Linear(attended, width, $"{name}/attention", bias: false), name);
            var attention = string.Create(CultureInfo.InvariantCulture, $"attention/{history.Name}/{head}");
            var scores = Scores(inputs, history, interest, attention); // [N, 1]
            yield return inputs.Graph.Apply(new WeightedPositions(IsSoftmax: true), scores, interest); // [B, d]
        }

        if (HasSum)
            foreach (var value in inputs.SumBesideTarget(history))
                yield return value;
    }

    // x + attention, normalised, and a net of twice the width beside it
    private Value Refined(MemberInputs inputs, Value x, Value attended, string name)
    {
        var width = x.Shape.Size;
        var s = inputs.Sum(x, inputs.Dropped(attended, Dropout));
        if (HasNorm)
            s = inputs.LayerNorm(s, $"{name}/attention_norm");
        var hidden = inputs.Activated(inputs.Linear(s, 2 * width, $"{name}/feed/0"), Activation.Relu, $"{name}/feed/0");
        return inputs.Sum(s, inputs.Linear(hidden, width, $"{name}/feed/1")); // [N, d]
    }

    // Where the target has a place beside it, it is another one at each position.
    private Value Scores(MemberInputs inputs, History history, Value interest, string name)
    {
        if (!HasPlaces)
            return inputs.TargetScores(history.Target, interest, Attention, name);
        var (at, width) = (history.At, interest.Shape.Size);
        var where = Positions.Source == PositionSource.Time
            ? inputs.PositionVectors(Positions, history, withTarget: false, Name) // p [N, D]
            : inputs.Graph.Apply(new PlaceEmbed(inputs.Weight(
                $"{name}/places", new Shape(inputs.Space.Categorical[at.Column].Length, PlaceSize), Initializer.Zero), at)); // p [N, P]
        var target = inputs.Sum(inputs.Graph.Apply(new Spread(at), inputs.Linear(history.Target, width, $"{name}/target_place")),
            inputs.Linear(where, width, $"{name}/place", bias: false)); // t [N, d]
        var all = inputs.Concat(target, interest, inputs.Graph.Apply(new Multiply(), target, interest)); // [N, 3 d]
        return inputs.Linear(inputs.Mlp(all, Attention, name), 1, $"{name}/output");
    }
}
