using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Models.Layers;

/// <summary>A history beside its target, one vector a position.</summary>
/// <param name="Target">e_t, the embeddings of the target's columns side by side, [B, d].</param>
/// <param name="Items">e_l, those of the history's columns, [N, d].</param>
/// <param name="At">The positions.</param>
/// <param name="Name">Of its layers.</param>
public sealed record History(Value Target, Value Items, Positions At, string Name)
{
    /// <summary>The places of its columns.</summary>
    internal IReadOnlyList<int> Lists { get; init; } = [];
}

/// <summary>
/// Layers over histories. N stands for the positions of all impressions of a batch: nothing is computed for those that are not there.
/// </summary>
public static class HistoryExtensions
{
    /// <summary>The histories that a model reads one by one.</summary>
    /// <param name="inputs">The member's inputs.</param>
    /// <param name="options">Which.</param>
    /// <param name="model">For messages.</param>
    /// <exception cref="ConsortException">There is none, or no such column.</exception>
    public static History[] Histories(this MemberInputs inputs, HistoryOptions options, string model)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return [.. options.Resolve(inputs.Space, model).Select((h, index) =>
        {
            var at = new Positions(h.Lists[0]);
            var target = inputs.FlatOf([.. h.Targets.SelectMany(c => inputs.EmbeddingsOf([c]))]); // [B, d]
            var items = inputs.Concat([.. h.Lists.Select(c => inputs.EmbeddingsAt(c, at))]); // [N, d]
            var name = inputs.Space.Categorical[h.Lists[0]].Name;
            // A list may begin several histories.
            return new History(target, items, at, names.Add(name) ? name : string.Create(CultureInfo.InvariantCulture, $"{name}_{index}"))
            {
                Lists = h.Lists,
            };
        })];
    }

    /// <summary>
    /// What a tower reads beside what became of histories: the embeddings of all other columns, and numeric columns as they are where that
    /// is wanted.
    /// </summary>
    public static Value[] Beside(this MemberInputs inputs, HistoryOptions options, string model) =>
        inputs.Beside(options, new PositionOptions(), model);

    /// <summary>The same without the ages of histories, where these say where positions are.</summary>
    internal static Value[] Beside(this MemberInputs inputs, HistoryOptions options, PositionOptions positions, string model)
    {
        HashSet<int> lists = [.. options.Resolve(inputs.Space, model).SelectMany(h => h.Lists)];
        if (positions.Source == PositionSource.Time)
            lists.UnionWith([.. lists.Select(inputs.AgesOf).Where(c => c >= 0)]);
        var others = inputs.EmbeddingsOf([.. Enumerable.Range(0, inputs.Space.Categorical.Count).Where(c => !lists.Contains(c))]);
        return inputs.WithNumeric(inputs.NumericEmbeddings() is { } numeric ? [.. others, numeric] : others);
    }

    /// <summary>A vector of D numbers for each position of a history, [N, D]: of its place or of its age.</summary>
    /// <param name="inputs">The member's inputs.</param>
    /// <param name="options">Which of them.</param>
    /// <param name="history">The history.</param>
    /// <param name="withTarget">Whether the target stands behind it, [N + B, D]: in the last place; its age is 0, and of that its vector
    /// zeros.</param>
    /// <param name="model">For messages.</param>
    /// <exception cref="ConsortException">The history has no ages.</exception>
    internal static Value PositionVectors(
        this MemberInputs inputs, PositionOptions options, History history, bool withTarget, string model)
    {
        var at = history.At with { WithTarget = withTarget };
        if (options.Source == PositionSource.Time)
            return inputs.EmbeddingsAt(inputs.AgesOf(history, model), at);
        var length = inputs.Space.Categorical[at.Column].Length + (withTarget ? 1 : 0);
        var places = inputs.Weight($"places/{history.Name}", new Shape(length, inputs.Dimension), Initializer.Normal(0.02));
        return inputs.Graph.Apply(new PlaceEmbed(places, at));
    }

    /// <summary>The column of the ages of a history's steps.</summary>
    /// <exception cref="ConsortException">There is none.</exception>
    internal static int AgesOf(this MemberInputs inputs, History history, string model)
    {
        var ages = history.Lists.Select(inputs.AgesOf).FirstOrDefault(c => c >= 0, -1);
        var name = inputs.Space.Categorical[history.Lists[0]].Name;
        return ages >= 0 ? ages : throw new ConsortException(
            $"{model}, positions: found time, but no times of the steps of {name} in the schema; expected a sequence of them, such as {{name: {name}_times, kind: sequence, ages_of: {name}, until: time}} with a field time of kind time, or positions: learned");
    }

    // Of the steps of a list column; −1 where there is none.
    private static int AgesOf(this MemberInputs inputs, int list)
    {
        var (columns, name) = (inputs.Space.Categorical, inputs.Space.Categorical[list].Name);
        return Enumerable.Range(0, columns.Count).FirstOrDefault(c => columns[c].List?.AgesOf == name, -1);
    }

    /// <summary>The sum of a history, and that times its target, [B, d] each.</summary>
    internal static Value[] SumBesideTarget(this MemberInputs inputs, History history)
    {
        var sum = inputs.Graph.Apply(new PoolPositions(PositionPooling.Sum), history.Items); // [B, d]
        return [sum, inputs.Graph.Apply(new Multiply(), history.Target, sum)];
    }

    /// <summary>
    /// How much each position matters to the target, [N, 1]: a tower over [e_t, e_l, e_t − e_l, e_t ⊙ e_l] with one output. Source: Zhou et
    /// al. 2018 (DIN), fig. 2.
    /// </summary>
    /// <param name="inputs">The member's inputs.</param>
    /// <param name="target">[B, d].</param>
    /// <param name="items">[N, d].</param>
    /// <param name="options">The tower.</param>
    /// <param name="name">Of the layers.</param>
    public static Value TargetScores(this MemberInputs inputs, Value target, Value items, MlpOptions options, string name)
    {
        var d = target.Shape.Size;
        var width = options.HiddenUnits[0];
        var weight = inputs.Weight($"{name}/0/weight", new Shape(width, 4 * d), options.Initializer.For(4 * d, width));
        var layer = new TargetLinear(weight, inputs.Weight($"{name}/0/bias", new Shape(width), Initializer.Zero));
        var x = inputs.Hidden(inputs.Graph.Apply(layer, target, items), options, $"{name}/0"); // [N, h₁]
        for (var i = 1; i < options.HiddenUnits.Count; i++)
            x = inputs.Hidden(inputs.Linear(x, options.HiddenUnits[i], $"{name}/{i}"), options, $"{name}/{i}"); // [N, h_i]
        return inputs.Linear(x, 1, $"{name}/output"); // [N, 1]
    }

    /// <summary>
    /// Multi-head attention within each impression with its matrices, [·, A]: as many rows as ask. Source: Vaswani et al. 2017.
    /// </summary>
    /// <param name="inputs">The member's inputs.</param>
    /// <param name="asks">What queries are made of: x itself, or one row an impression.</param>
    /// <param name="x">What keys and values are made of, [N, A].</param>
    /// <param name="heads">How many; they divide A.</param>
    /// <param name="name">Of the layers.</param>
    /// <param name="isCausal">Whether a position sees itself and those before it alone.</param>
    internal static Value SelfAttention(this MemberInputs inputs, Value asks, Value x, int heads, string name, bool isCausal = false)
    {
        var width = x.Shape.Size;
        var attended = inputs.Graph.Apply(new PositionAttention(heads, isCausal), inputs.Linear(asks, width, $"{name}/query"),
            inputs.Linear(x, 2 * width, $"{name}/key_value")); // [·, A]
        return inputs.Linear(attended, width, $"{name}/attention");
    }

    /// <summary>Checks that so many heads can share a history's width.</summary>
    /// <exception cref="ConsortException">They do not divide it.</exception>
    internal static void CheckHeads(int heads, int width, string model)
    {
        if (width % heads != 0)
            throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                $"{model}, num_heads: found {heads} for a history of width {width}, expected one that divides it"));
    }
}
