using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Foundation.Options;
using Consort.Models.Layers;

namespace Consort.Models.Zoo;

/// <summary>What the first adapter of a <see cref="TabM"/> has a number for.</summary>
public enum FirstAdapter
{
    /// <summary>Each number that the tower reads.</summary>
    Input,

    /// <summary>
    /// Each field: W (r_i ⊙ x) = Σ_f r_if W_f x_f, where the members of one table share the products W_f x_f.
    /// </summary>
    Field,
}

/// <summary>
/// A tower that the equal members of a family share (TabM, after BatchEnsemble), each through vectors of its own: layer l of member i is
/// h ← s_i ⊙ (W (r_i ⊙ h)) + b_i, then norm, activation, dropout as in a tower; z_i = w_i · h + c_i, [B, 1]. In TabM-mini only the first
/// r_i, the norms, w_i and c_i are a member's own. Source: Gorishniy, Kotelnikov and Babenko, ICLR 2025, and their package; Wen, Tran and
/// Ba 2020. W starts within ±1/√in, the first r_i with random signs, one for all numbers of a field, all other r_i and s_i at 1, b_i at
/// 0.
/// </summary>
public sealed record TabM(MlpOptions Mlp) : TowerModel("TabM", Mlp)
{
    internal static readonly OptionSet<TabM> Options =
        new OptionSet<TabM>(() => new(new MlpOptions { Initializer = WeightInitializer.FanInUniform })).Tower()
        .Add("adapter", m => m.Adapter, (m, v) => m with { Adapter = v },
            Domain.Words(("input", FirstAdapter.Input), ("field", FirstAdapter.Field)),
            "whether r of the first layer has a number for each input, or one for each field")
        .Add("mini", m => m.IsMini, (m, v) => m with { IsMini = v }, Domain.Flag, "TabM-mini: no adapters but the first")
        .Require("hidden_units", m => m.Mlp.HiddenUnits.Count > 0 ? null : "found no layers, expected at least one that members share");

    /// <summary>What the first adapter has a number for.</summary>
    public FirstAdapter Adapter { get; init => field = Options.Checked("adapter", value); }

    /// <summary>Whether there are no adapters but the first.</summary>
    public bool IsMini { get; init; }

    /// <inheritdoc/>
    public override bool SharesWeights => true;

    /// <inheritdoc/>
    public override Value Build(MemberInputs inputs)
    {
        MlpOptions.Options.Check(Mlp);
        Value? x = null; // h
        for (var layer = 0; layer < Mlp.HiddenUnits.Count; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"mlp/{layer}");
            var width = Mlp.HiddenUnits[layer];
            var product = x is null
                ? Adapter == FirstAdapter.Field ? OfFields(inputs, width, scope) : OfInputs(inputs, width, scope)
                : Product(inputs, [IsMini ? x : Scaled(inputs, x, $"{scope}/in", Initializer.One)], width, scope);
            x = inputs.Hidden(Shifted(inputs, product, scope), Mlp, scope); // [B, width]
        }

        return inputs.Output(x!); // [B, 1]
    }

    // s_i ⊙ x + b_i, [B, width]; the mini has no s, and one b for all members.
    private Value Shifted(MemberInputs inputs, Value value, string scope) => inputs.Graph.Apply(
        IsMini
            ? new AddBias(inputs.CommonWeight($"{scope}/bias", value.Shape, Initializer.Zero))
            : new ElementScale(
                inputs.Weight($"{scope}/out", value.Shape, Initializer.One), inputs.Weight($"{scope}/bias", value.Shape, Initializer.Zero)),
        value);

    // W (r_i ⊙ x), [B, width], with a number of r_i for each of x; those of one embedding start alike.
    private Value OfInputs(MemberInputs inputs, int width, string scope)
    {
        var values = inputs.TowerInputs(); // [B, F, D], …, [B, N]
        for (var i = 0; i < values.Length; i++)
            values[i] = Scaled(inputs, values[i], string.Create(CultureInfo.InvariantCulture, $"{scope}/in/{i}"),
                Initializer.Signs(values[i].Shape.Rank == 1 ? 1 : values[i].Shape[1]));
        return Product(inputs, [.. values.Select(inputs.Flatten)], width, scope);
    }

    // Σ_f r_if W_f x_f, [B, width]; numeric columns as they are count as one more field.
    private Value OfFields(MemberInputs inputs, int width, string scope)
    {
        var embeddings = inputs.Embeddings(); // [B, F, D]
        var numeric = inputs.WithNumeric(); // [B, N] or none
        var products = inputs.CommonValue(scope, embeddings, () =>
        {
            var (fields, dimension) = (embeddings.Shape[0], embeddings.Shape[1]);
            var initial = Mlp.Initializer.For((fields * dimension) + numeric.Sum(n => n.Shape.Size), width);
            var embedded = inputs.Graph.Apply(
                new ExpertLinear(inputs.CommonWeight($"{scope}/weight", new Shape(fields, width, dimension), initial)), embeddings);
            return inputs.Concat([embedded, .. numeric.Select(n => inputs.Row(inputs.Graph.Apply(
                new Linear(inputs.CommonWeight($"{scope}/numeric_weight", new Shape(width, n.Shape.Size), initial), null), n)))]);
        }); // W_f x_f [B, F, width]
        return inputs.Graph.Apply(
            new WeightedFields(inputs.Weight($"{scope}/in", new Shape(products.Shape[0]), Initializer.Signs(1))), products);
    }

    // W x with the W of all members, [B, width].
    private Value Product(MemberInputs inputs, Value[] values, int width, string scope)
    {
        var fanIn = values.Sum(v => v.Shape.Size);
        return inputs.Graph.Apply(
            new Linear(inputs.CommonWeight($"{scope}/weight", new Shape(width, fanIn), Mlp.Initializer.For(fanIn, width)), null), values);
    }

    private static Value Scaled(MemberInputs inputs, Value value, string name, Initializer initializer) =>
        inputs.Graph.Apply(new ElementScale(inputs.Weight(name, value.Shape, initializer), null), value);
}
