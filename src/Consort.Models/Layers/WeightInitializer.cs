using Consort.Compute.Graphs;
using Consort.Foundation.Options;

namespace Consort.Models.Layers;

/// <summary>What the weights of a fully connected layer are drawn from; biases start at 0.</summary>
public enum WeightInitializer
{
    /// <summary>sd = √(2 / (in + out)). Source: Glorot and Bengio 2010; FuxiCTR's.</summary>
    XavierNormal,

    /// <summary>Within ±√(6 / (in + out)). Source: Glorot and Bengio 2010.</summary>
    XavierUniform,

    /// <summary>sd = √(2 / in), Kaiming normal. Source: He et al. 2015, for layers before a ReLU.</summary>
    HeNormal,

    /// <summary>Within ±√(6 / in), Kaiming uniform. Source: He et al. 2015, for layers before a ReLU.</summary>
    HeUniform,

    /// <summary>Within ±1/√in. What PyTorch's linear layers start from where a model does not say otherwise.</summary>
    FanInUniform,
}

internal static class WeightInitializers
{
    /// <summary>Their usual names, for a layer of <c>in</c> inputs and <c>out</c> outputs.</summary>
    public static readonly Domain<WeightInitializer> Names = Domain.Words(
        ("xavier_normal", WeightInitializer.XavierNormal), ("xavier_uniform", WeightInitializer.XavierUniform),
        ("he_normal", WeightInitializer.HeNormal), ("he_uniform", WeightInitializer.HeUniform),
        ("fan_in_uniform", WeightInitializer.FanInUniform));

    /// <summary>The initialiser of a layer, [out, in].</summary>
    public static Initializer For(this WeightInitializer kind, int fanIn, int fanOut) => kind switch
    {
        WeightInitializer.XavierUniform => Initializer.XavierUniform(fanIn, fanOut),
        WeightInitializer.HeNormal => Initializer.Normal(Math.Sqrt(2.0 / fanIn)),
        WeightInitializer.HeUniform => Initializer.Uniform(Math.Sqrt(6.0 / fanIn)),
        WeightInitializer.FanInUniform => Initializer.Uniform(1 / Math.Sqrt(fanIn)),
        _ => Initializer.XavierNormal(fanIn, fanOut),
    };
}
