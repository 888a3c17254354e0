using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Models.Layers;

/// <summary>Layers over all pairs of fields (i, j), i &lt; j: P = F(F − 1)/2 of them, in the order (0,1), (0,2), …, (1,2), ….</summary>
public static class PairExtensions
{
    /// <summary>Inner products ⟨e_i, e_j⟩, [B, F, D] → [B, P].</summary>
    /// <exception cref="ConsortException">There is only one field.</exception>
    public static Value InnerProducts(this MemberInputs inputs, Value fields) =>
        inputs.Graph.Apply(new InnerProduct(), inputs.Paired(fields));

    /// <summary>
    /// Squeeze and excitation (SENET), [B, F, D] → [B, F, D]: the mean of each field, two layers F → max(1, F/r) → F with ReLU and without
    /// bias, and each field scaled by what comes out. Source: Huang et al. 2019, eq. 2–4.
    /// </summary>
    /// <param name="inputs">The member's inputs.</param>
    /// <param name="fields">[B, F, D].</param>
    /// <param name="reduction">r.</param>
    /// <param name="name">Of the layer.</param>
    public static Value SqueezeExcitation(this MemberInputs inputs, Value fields, double reduction, string name)
    {
        var count = fields.Shape[0];
        var mean = inputs.Graph.Apply(new FieldPool(), fields); // [B, F]
        var relu = new Activate(Activation.Relu);
        var hidden = inputs.Graph.Apply(
            relu, inputs.Linear(mean, Math.Max(1, (int)(count / reduction)), $"{name}/squeeze", bias: false)); // [B, F/r]
        var scale = inputs.Graph.Apply(relu, inputs.Linear(hidden, count, $"{name}/excite", bias: false)); // [B, F]
        return inputs.Graph.Apply(new FieldScale(), fields, scale);
    }

    /// <summary>
    /// Bilinear interactions (e_i W) ⊙ e_j of one or more values [B, F, D] with the same matrices, side by side: [B, values · P · D]. Each
    /// matrix starts Xavier normal.
    /// </summary>
    /// <exception cref="ConsortException">There is only one field.</exception>
    public static Value Bilinear(this MemberInputs inputs, BilinearKind kind, string name, params ReadOnlySpan<Value> values)
    {
        var (fields, dimension) = (inputs.Paired(values[0]).Shape[0], values[0].Shape[1]);
        var shape = new Shape(BilinearInteraction.Matrices(kind, fields), dimension, dimension);
        var weight = inputs.Weight($"{name}/weight", shape, Initializer.XavierNormal(dimension, dimension));
        return inputs.Graph.Apply(new BilinearInteraction(weight, kind), values);
    }

    /// <summary>The same fields, of which there must be pairs.</summary>
    /// <exception cref="ConsortException">There is only one field.</exception>
    public static Value Paired(this MemberInputs inputs, Value fields)
    {
        RequirePairs(fields.Shape[0]);
        return fields;
    }

    /// <summary>Checks that there are pairs of fields.</summary>
    /// <exception cref="ConsortException">There is only one field.</exception>
    public static void RequirePairs(this MemberInputs inputs) => RequirePairs(inputs.Fields);

    private static void RequirePairs(int fields)
    {
        if (fields < 2)
            throw new ConsortException("a model of pairs of fields: found data with one column, expected at least two");
    }
}
