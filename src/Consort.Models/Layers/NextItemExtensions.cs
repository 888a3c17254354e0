using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Models.Layers;

/// <summary>The auxiliary loss of models whose states should say what comes next.</summary>
internal static class NextItemExtensions
{
    /// <summary>
    /// The logit, behind which each state h_l learns to tell the next item from a sampled one while training: w · mean_l of −log σ(s_l) −
    /// log(1 − σ(t_l)), s_l = MLP([h_l, e_{l+1}]) and t_l = MLP([h_l, e′]) by the same weights, e′ an item of another position of the
    /// batch. Nothing of it scores. Source: Zhou et al. 2019 (DIEN), eq. 8; its code for the tower and for what is drawn.
    /// </summary>
    /// <param name="inputs">The member's inputs.</param>
    /// <param name="logit">[B, 1].</param>
    /// <param name="states">h of each history, [N, d].</param>
    /// <param name="options">Weight and tower.</param>
    public static Value WithNextItems(
        this MemberInputs inputs, Value logit, IEnumerable<(History History, Value States)> states, NextItemOptions options)
    {
        if (options.Weight == 0)
            return logit;
        foreach (var (history, h) in states)
        {
            var tower = Tower(inputs, h.Shape.Size + history.Items.Shape.Size, options.HiddenUnits, $"auxiliary/{history.Name}");
            logit = inputs.Graph.Apply(new NextItemLoss(options.Weight), logit,
                Score(inputs, tower, h, inputs.Graph.Apply(new NextPosition(), history.Items)),
                Score(inputs, tower, h, inputs.Graph.Apply(new SampledPosition(), history.Items))); // [B, 1]
        }

        return logit;
    }

    // Its layers' weights, which two values go through.
    private static Linear[] Tower(MemberInputs inputs, int width, IReadOnlyList<int> hidden, string name)
    {
        int[] widths = [width, .. hidden, 1];
        return [.. Enumerable.Range(0, widths.Length - 1).Select(layer =>
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"{name}/{layer}");
            return new Linear(
                inputs.Weight($"{scope}/weight", new Shape(widths[layer + 1], widths[layer]),
                    Initializer.XavierNormal(widths[layer], widths[layer + 1])),
                inputs.Weight($"{scope}/bias", new Shape(widths[layer + 1]), Initializer.Zero));
        })];
    }

    private static Value Score(MemberInputs inputs, Linear[] tower, Value states, Value items)
    {
        var x = inputs.Graph.Apply(tower[0], states, items); // [N, h₁]
        foreach (var layer in tower[1..])
            x = inputs.Graph.Apply(layer, inputs.Graph.Apply(new Activate(Activation.Relu), x));
        return x; // [N, 1]
    }
}
