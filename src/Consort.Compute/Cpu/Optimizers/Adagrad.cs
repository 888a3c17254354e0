using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Parameters;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>Adagrad: s ← s + g², w ← w − η g / (√s + ε). Source: Duchi, Hazan and Singer 2011, in PyTorch's form.</summary>
/// <param name="InitialAccumulator">What s starts with, at least 0.</param>
/// <param name="Epsilon">ε, above 0.</param>
public sealed record Adagrad(double InitialAccumulator = 0, double Epsilon = 1e-10) : UpdateRule
{
    internal override IReadOnlyList<string> StateNames => ["adagrad.sum"];

    internal override double InitialState => InitialAccumulator;

    internal override void Validate()
    {
        if (!(InitialAccumulator >= 0) || !double.IsFinite(InitialAccumulator))
            throw OutOfRange(nameof(InitialAccumulator), InitialAccumulator, "at least 0");
        if (!(Epsilon > 0) || !double.IsFinite(Epsilon))
            throw OutOfRange(nameof(Epsilon), Epsilon, "above 0");
    }

    internal override UpdatePass<T> Compile<T>(ParameterStore<T> store, PassLayout<T> layout) =>
        new UpdatePass<T, AdagradUpdate<T>, Factory<T>>(store, layout, new Factory<T>(this));

    private readonly struct Factory<T>(Adagrad rule) : IUpdateFactory<T, AdagradUpdate<T>>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public AdagradUpdate<T> At(double learningRate, long step) => new(learningRate, rule.Epsilon);

        public GapFormula<T, AdagradUpdate<T>>? Formula(bool hasAverage) => new RestingGap<T, AdagradUpdate<T>>();
    }
}

internal readonly struct AdagradUpdate<T>(double learningRate, double epsilon) : IElementUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T _rate = T.CreateTruncating(learningRate);
    private readonly T _epsilon = T.CreateTruncating(epsilon);

    public static int States => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Next(Vector<T> value, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second)
    {
        first += gradient * gradient;
        return value - (gradient * _rate / (Vector.SquareRoot(first) + new Vector<T>(_epsilon)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Next(T value, T gradient, ref T first, ref T second)
    {
        first += gradient * gradient;
        return value - (gradient * _rate / (T.Sqrt(first) + _epsilon));
    }
}
