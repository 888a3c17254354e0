using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Parameters;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>Stochastic gradient descent: w ← w − ηg; with momentum μ, b ← μb + g, w ← w − ηb, as in PyTorch.</summary>
/// <param name="Momentum">μ, in [0, 1); 0 keeps no state.</param>
public sealed record Sgd(double Momentum = 0) : UpdateRule
{
    internal override IReadOnlyList<string> StateNames => Momentum == 0 ? [] : ["sgd.momentum"];

    internal override void Validate()
    {
        if (Momentum is not (>= 0 and < 1))
            throw OutOfRange(nameof(Momentum), Momentum, "at least 0 and below 1");
    }

    internal override UpdatePass<T> Compile<T>(ParameterStore<T> store, PassLayout<T> layout) => Momentum == 0
        ? new UpdatePass<T, SgdUpdate<T>, Factory<T>>(store, layout, new Factory<T>(0))
        : new UpdatePass<T, MomentumUpdate<T>, Factory<T>>(store, layout, new Factory<T>(Momentum));

    private readonly struct Factory<T>(double momentum) : IUpdateFactory<T, SgdUpdate<T>>, IUpdateFactory<T, MomentumUpdate<T>>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        SgdUpdate<T> IUpdateFactory<T, SgdUpdate<T>>.At(double learningRate, long step) => new(learningRate);

        GapFormula<T, SgdUpdate<T>>? IUpdateFactory<T, SgdUpdate<T>>.Formula(bool hasAverage) => new RestingGap<T, SgdUpdate<T>>();

        MomentumUpdate<T> IUpdateFactory<T, MomentumUpdate<T>>.At(double learningRate, long step) => new(momentum, learningRate);

        // A step is two products and a sum: making them one by one is cheap.
        GapFormula<T, MomentumUpdate<T>>? IUpdateFactory<T, MomentumUpdate<T>>.Formula(bool hasAverage) => null;
    }
}

internal readonly struct SgdUpdate<T>(double learningRate) : IElementUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T _rate = T.CreateTruncating(learningRate);

    public static int States => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Next(Vector<T> value, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second) => value - (gradient * _rate);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Next(T value, T gradient, ref T first, ref T second) => value - (gradient * _rate);
}

internal readonly struct MomentumUpdate<T>(double momentum, double learningRate) : IElementUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T _keep = T.CreateTruncating(momentum);
    private readonly T _rate = T.CreateTruncating(learningRate);

    public static int States => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Next(Vector<T> value, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second)
    {
        first = (first * _keep) + gradient;
        return value - (first * _rate);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Next(T value, T gradient, ref T first, ref T second)
    {
        first = (first * _keep) + gradient;
        return value - (first * _rate);
    }
}
