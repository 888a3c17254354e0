using Consort.Foundation.Numbers;

namespace Consort.Compute.Graphs;

/// <summary>How a parameter starts. Element i depends only on the seed, the parameter's name and i.</summary>
public abstract record Initializer
{
    /// <summary>The value of element <paramref name="index"/>.</summary>
    /// <param name="random">The stream of the parameter.</param>
    /// <param name="index">Counted over the whole parameter.</param>
    public abstract double Draw(in CounterRandom random, long index);

    /// <summary>All elements 0.</summary>
    public static Initializer Zero { get; } = new ConstantInitializer(0);

    /// <summary>All elements 1.</summary>
    public static Initializer One { get; } = new ConstantInitializer(1);

    /// <summary>All elements one number.</summary>
    public static Initializer Constant(double value) => new ConstantInitializer(value);

    /// <summary>Normal with mean 0 and the given standard deviation.</summary>
    /// <param name="standardDeviation">At least 0.</param>
    public static Initializer Normal(double standardDeviation) => new NormalInitializer(standardDeviation);

    /// <summary>Uniform in [−bound, bound].</summary>
    /// <param name="bound">At least 0.</param>
    public static Initializer Uniform(double bound) => new UniformInitializer(-bound, bound);

    /// <summary>Uniform between two numbers.</summary>
    public static Initializer Uniform(double low, double high) => new UniformInitializer(low, high);

    /// <summary>−1 or 1, by the toss of a coin for each run of elements.</summary>
    /// <param name="each">Elements that have their sign together, at least 1.</param>
    public static Initializer Signs(int each) => new SignInitializer(each);

    /// <summary>Xavier (Glorot) normal: sd = √(2 / (in + out)). Source: Glorot and Bengio 2010, eq. 16 (normal form).</summary>
    public static Initializer XavierNormal(int fanIn, int fanOut) => Normal(Math.Sqrt(2.0 / (fanIn + fanOut)));

    /// <summary>Xavier (Glorot) uniform: bound = √(6 / (in + out)). Source: Glorot and Bengio 2010, eq. 16.</summary>
    public static Initializer XavierUniform(int fanIn, int fanOut) => Uniform(Math.Sqrt(6.0 / (fanIn + fanOut)));
}

internal sealed record ConstantInitializer(double Value) : Initializer
{
    public override double Draw(in CounterRandom random, long index) => Value;
}

internal sealed record NormalInitializer(double StandardDeviation) : Initializer
{
    public override double Draw(in CounterRandom random, long index) => StandardDeviation * random.Normal((ulong)index);
}

internal sealed record UniformInitializer(double Low, double High) : Initializer
{
    public override double Draw(in CounterRandom random, long index) => Low + ((High - Low) * random.Uniform((ulong)index));
}

internal sealed record SignInitializer(int Each) : Initializer
{
    public override double Draw(in CounterRandom random, long index) => random.Uniform((ulong)(index / Each)) < 0.5 ? -1 : 1;
}
