using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>
/// Search-based interest model (SIM) with soft search, for long histories: q_l = ⟨e_t, e_l⟩ says how near each position is to the target,
/// the k nearest, in their order and with a vector p of their place beside them, are what the target attends to, v = MHA(e_t; [e_l, p_l]
/// of these), and a tower reads v in the place of the history, z = w · MLP([e_1 … e_F, v]) + b, [B, 1]. With a search of its own size q_l =
/// ⟨W_a e_t, W_b e_l⟩, and the tower also reads r = Σ_l softmax_l(q) e_l over the whole history, by which the search learns. Without
/// a history r is 0 and v the bias of attention's last layer. Source: Pi et al. 2020, whose search learns by a tower and a cross-entropy of
/// its own, and which has a further unit for the last few positions: another history here.
/// </summary>
public sealed record Sim(MlpOptions Mlp) : TowerModel("SIM", Mlp)
{
    internal static readonly OptionSet<Sim> Options = new OptionSet<Sim>(() => new(new MlpOptions()))
        .Include(HistoryOptions.Options, m => m.Histories, (m, v) => m with { Histories = v })
        .Add("top_k", m => m.Most, (m, v) => m with { Most = v }, Domain.Integer(1, 1000), "k, positions that the target attends to")
        .Add("search_dim", m => m.SearchSize, (m, v) => m with { SearchSize = v }, Domain.Integer(0, 4096),
            "numbers that target and positions are brought to for the search; 0 searches by their embeddings themselves")
        .Add("num_heads", m => m.Heads, (m, v) => m with { Heads = v }, Domain.Integer(1, 64), "H, heads of attention")
        .Add("use_position_emb", m => m.HasPlaces, (m, v) => m with { HasPlaces = v }, Domain.Flag,
            "a learned vector of D numbers for each position")
        .Include(PositionOptions.Options, m => m.Positions, (m, v) => m with { Positions = v })
        .Tower("layer_norm")
        .Require("positions", m => PositionOptions.MistakeOf(m.Positions, m.HasPlaces, "use_position_emb"));

    /// <summary>Which columns are set against which histories.</summary>
    public HistoryOptions Histories { get; init; } = new();

    /// <summary>k.</summary>
    public int Most { get; init => field = Options.Checked("top_k", value); } = 50;

    /// <summary>Numbers to search by; 0 for the embeddings.</summary>
    public int SearchSize { get; init => field = Options.Checked("search_dim", value); }

    /// <summary>H.</summary>
    public int Heads { get; init => field = Options.Checked("num_heads", value); } = 2;

    /// <summary>Whether there is a vector for each position.</summary>
    public bool HasPlaces { get; init; } = true;

    /// <summary>Whether that is of its place or of its age.</summary>
    public PositionOptions Positions { get; init; } = new();

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs) => inputs.Output(inputs.Mlp(
        [.. inputs.Beside(Histories, Positions, Name), .. inputs.Histories(Histories, Name).SelectMany(h => Interest(inputs, h))],
        Mlp, "mlp")); // [B, 1]

    private IEnumerable<Value> Interest(MemberInputs inputs, History history)
    {
        var (asked, found) = (history.Target, history.Items);
        if (SearchSize > 0)
        {
            asked = inputs.Linear(asked, SearchSize, $"search/{history.Name}/target", bias: false); // [B, A]
            found = inputs.Linear(found, SearchSize, $"search/{history.Name}/item", bias: false); // [N, A]
        }

        var scores = inputs.Graph.Apply(new TargetDot(), asked, found); // q [N, 1]
        if (SearchSize > 0)
            yield return inputs.Graph.Apply(new WeightedPositions(IsSoftmax: true), scores, history.Items); // r [B, d]
        var items = history.Items;
        if (HasPlaces)
            items = inputs.Concat(items, inputs.PositionVectors(Positions, history, withTarget: false, Name)); // [N, d + D]
        HistoryExtensions.CheckHeads(Heads, items.Shape.Size, Name);
        var nearest = inputs.Graph.Apply(new TopPositions(Most), scores, items); // [M, A]
        yield return inputs.SelfAttention(history.Target, nearest, Heads, $"interest/{history.Name}"); // v [B, A]
    }
}
