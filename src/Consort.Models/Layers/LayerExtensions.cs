using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Models.Layers;

/// <summary>Layers that models are put together from. Each adds its parameters below the member under the name given.</summary>
public static class LayerExtensions
{
    /// <summary>[B, …] → [B, n], the same numbers in one row.</summary>
    public static Value Flatten(this MemberInputs inputs, Value value) =>
        value.Shape.Rank == 1 ? value : inputs.Graph.Apply(new Reshape(new Shape(value.Shape.Size)), value);

    /// <summary>[B, n] → [B, 1, n], one more field.</summary>
    public static Value Row(this MemberInputs inputs, Value value) =>
        inputs.Graph.Apply(new Reshape(new Shape(1, value.Shape.Size)), value);

    /// <summary>[B, n₁], [B, n₂], … → [B, n₁ + n₂ + …].</summary>
    public static Value Concat(this MemberInputs inputs, params ReadOnlySpan<Value> values) =>
        values.Length == 1 ? values[0] : inputs.Graph.Apply(new Concat(), values);

    /// <summary>Values of any shapes side by side in one row, [B, …], [B, …], … → [B, n].</summary>
    public static Value FlatOf(this MemberInputs inputs, ReadOnlySpan<Value> values) => inputs.Concat(inputs.EachFlat(values));

    /// <summary>Σ of values of one shape.</summary>
    public static Value Sum(this MemberInputs inputs, params ReadOnlySpan<Value> values) =>
        values.Length == 1 ? values[0] : inputs.Graph.Apply(new Add(), values);

    /// <summary>The mean of values of one shape.</summary>
    public static Value Mean(this MemberInputs inputs, params ReadOnlySpan<Value> values) =>
        values.Length == 1 ? values[0] : inputs.Graph.Apply(new Add(IsMean: true), values);

    /// <summary>A fully connected layer, [B, in] → [B, width]: x Wᵀ + b. W starts Xavier normal, b at zero, as in FuxiCTR.</summary>
    public static Value Linear(this MemberInputs inputs, Value value, int width, string name, bool bias = true) =>
        inputs.Linear([value], width, name, bias);

    /// <summary>A fully connected layer over several values as if they stood side by side, [B, n₁], [B, n₂], … → [B, width].</summary>
    public static Value Linear(
        this MemberInputs inputs, ReadOnlySpan<Value> values, int width, string name, bool bias = true,
        WeightInitializer initializer = WeightInitializer.XavierNormal)
    {
        var flat = inputs.EachFlat(values);
        var fanIn = flat.Sum(v => v.Shape.Size);
        return inputs.Linear(flat, fanIn, initializer.For(fanIn, width), width, name, bias);
    }

    /// <summary>The layer that ends in the logit, or in a part of it: [B, n] → [B, 1], x wᵀ + b.</summary>
    /// <inheritdoc cref="Output(MemberInputs, ReadOnlySpan{Value}, string, bool)"/>
    public static Value Output(this MemberInputs inputs, Value value, string name = "output", bool bias = true) =>
        inputs.Output([value], name, bias);

    /// <summary>
    /// The layer that ends in the logit, or in a part of it, over several values as if they stood side by side: [B, n₁], [B, n₂], … → [B,
    /// 1]. In a family whose output layer is joined it is a slice of that layer: w starts Xavier normal over the inputs of all slices
    /// together, and one slice alone has a bias.
    /// </summary>
    /// <param name="inputs">The member's inputs.</param>
    /// <param name="values">The last hidden layers.</param>
    /// <param name="name">Of the layer.</param>
    /// <param name="bias">Whether there is a b.</param>
    public static Value Output(this MemberInputs inputs, ReadOnlySpan<Value> values, string name = "output", bool bias = true)
    {
        var flat = inputs.EachFlat(values);
        inputs.LogitInputs.AddRange(flat.Except(inputs.LogitInputs));
        var own = flat.Sum(v => v.Shape.Size);
        var (fanIn, hasBias) = inputs.Joined?.Take(own, bias) ?? (own, bias);
        return inputs.Linear(flat, own, Initializer.XavierNormal(fanIn, 1), 1, name, hasBias);
    }

    private static Value[] EachFlat(this MemberInputs inputs, ReadOnlySpan<Value> values) => [.. values.ToArray().Select(inputs.Flatten)];

    private static Value Linear(this MemberInputs inputs, Value[] flat, int fanIn, Initializer initializer, int width,
        string name, bool bias)
    {
        var weight = inputs.Weight($"{name}/weight", new Shape(width, fanIn), initializer);
        var offset = bias ? inputs.Weight($"{name}/bias", new Shape(width), Initializer.Zero) : null;
        return inputs.Graph.Apply(new Linear(weight, offset), flat); // [B, width]
    }

    /// <summary>
    /// A fully connected layer over the last axis, [B, n, in] → [B, n, width], with one W for all n positions; W starts Xavier normal, b at
    /// zero.
    /// </summary>
    public static Value LinearOfEach(this MemberInputs inputs, Value value, int width, string name, bool bias = true)
    {
        var fanIn = value.Shape.Dimensions[^1];
        var weight = inputs.Weight($"{name}/weight", new Shape(width, fanIn), Initializer.XavierNormal(fanIn, width));
        return inputs.Graph.Apply(new Linear(weight, bias ? inputs.Weight($"{name}/bias", new Shape(width), Initializer.Zero) : null),
            value);
    }

    /// <summary>
    /// Batch normalisation of the last axis, [B, …, n] → [B, …, n]; the running variance starts at 1, and so does γ unless the model says
    /// otherwise (<see cref="CtrModel.BatchNormScale"/>) and it is learned, β and the mean at 0.
    /// </summary>
    /// <param name="inputs">The member's inputs.</param>
    /// <param name="value">[B, …, n].</param>
    /// <param name="name">Of the layer.</param>
    /// <param name="isAffine">Whether γ and β are learned.</param>
    public static Value BatchNorm(this MemberInputs inputs, Value value, string name, bool isAffine = true)
    {
        var shape = new Shape(value.Shape.Dimensions[^1]);
        return inputs.Graph.Apply(
            new BatchNorm(
                inputs.Weight($"{name}/scale", shape, isAffine ? inputs.BatchNormScale : Initializer.One, isAffine),
                inputs.Weight($"{name}/shift", shape, Initializer.Zero, isAffine),
                inputs.Weight($"{name}/mean", shape, Initializer.Zero, isTrained: false),
                inputs.Weight($"{name}/variance", shape, Initializer.One, isTrained: false)),
            value);
    }

    /// <summary>
    /// Layer normalisation of the last axis, [B, …, n] → [B, …, n], with γ at 1 and β at 0 to begin with: n of each, or as many as a row
    /// has numbers.
    /// </summary>
    public static Value LayerNorm(this MemberInputs inputs, Value value, string name, bool ofEachPosition = false)
    {
        var shape = ofEachPosition ? value.Shape : new Shape(value.Shape.Dimensions[^1]);
        return inputs.Graph.Apply(
            new LayerNorm(inputs.Weight($"{name}/scale", shape, Initializer.One), inputs.Weight($"{name}/shift", shape, Initializer.Zero)),
            value);
    }

    /// <summary>An activation, [B, n] → [B, n]. PReLU's slopes start at 0.1 and Dice's at 0, as in FuxiCTR.</summary>
    public static Value Activated(this MemberInputs inputs, Value value, Activation activation, string name) => activation switch
    {
        Activation.None => value,
        Activation.Prelu => inputs.Graph.Apply(
            new ParametricRelu(inputs.Weight($"{name}/slope", value.Shape, Initializer.Constant(0.1))), value),
        Activation.Dice => inputs.Graph.Apply(
            new DiceGate(inputs.Weight($"{name}/slope", value.Shape, Initializer.Zero)),
            value, inputs.BatchNorm(value, $"{name}/dice", isAffine: false)),
        _ => inputs.Graph.Apply(new Activate(activation), value),
    };

    /// <summary>The value itself, with a name below the member to look at it by: the output of a layer.</summary>
    public static Value Observed(this MemberInputs inputs, Value value, string name)
    {
        // What has no row an impression is not looked at.
        if (value.At is null)
            inputs.Graph.AddTap(new Tap(name, inputs.Member, value));
        return value;
    }

    /// <summary>Dropout, where there is any.</summary>
    public static Value Dropped(this MemberInputs inputs, Value value, double rate) =>
        rate > 0 ? inputs.Graph.Apply(new Dropout(rate), value) : value;

    /// <summary>
    /// A tower, [B, …] → [B, last width]: for each hidden layer Linear → batch or layer norm → activation → dropout, FuxiCTR's order.
    /// </summary>
    public static Value Mlp(this MemberInputs inputs, Value value, MlpOptions options, string name) => inputs.Mlp([value], options, name);

    /// <summary>A tower over several values as if they stood side by side, [B, …], [B, …], … → [B, last width].</summary>
    public static Value Mlp(this MemberInputs inputs, ReadOnlySpan<Value> values, MlpOptions options, string name)
    {
        MlpOptions.Options.Check(options);
        if (options.HiddenUnits.Count == 0)
            return inputs.FlatOf(values);
        Value[] x = [.. values];
        for (var layer = 0; layer < options.HiddenUnits.Count; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"{name}/{layer}");
            x = [inputs.Hidden(inputs.Linear(x, options.HiddenUnits[layer], scope, initializer: options.Initializer), options, scope)];
        }

        return x[0];
    }

    /// <summary>What follows the matrix of a hidden layer of a tower: batch or layer norm → activation → dropout.</summary>
    public static Value Hidden(this MemberInputs inputs, Value value, MlpOptions options, string name)
    {
        if (options.BatchNorm)
            value = inputs.BatchNorm(value, $"{name}/norm");
        else if (options.LayerNorm)
            value = inputs.LayerNorm(value, $"{name}/norm");
        return inputs.Dropped(inputs.Observed(inputs.Activated(value, options.Activation, name), name), options.Dropout);
    }

    /// <summary>A cross network, [B, n] → [B, n]: <paramref name="layers"/> cross layers over the same x₀.</summary>
    public static Value CrossNetwork(this MemberInputs inputs, Value value, int layers, string name)
    {
        var first = inputs.Flatten(value); // x₀ [B, n]
        var width = first.Shape.Size;
        var (weights, biases) = (new Parameter[layers], new Parameter[layers]);
        for (var layer = 0; layer < layers; layer++)
        {
            var scope = string.Create(CultureInfo.InvariantCulture, $"{name}/{layer}");
            weights[layer] = inputs.Weight($"{scope}/weight", new Shape(width), Initializer.XavierNormal(width, 1));
            biases[layer] = inputs.Weight($"{scope}/bias", new Shape(width), Initializer.Zero);
        }

        return inputs.Observed(inputs.Graph.Apply(new CrossNetwork(weights, biases), first), name); // [B, n]
    }
}
