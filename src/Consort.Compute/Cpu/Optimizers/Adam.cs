using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Parameters;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// Adam: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − η m̂ / (√v̂ + ε), m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ). Source: Kingma and Ba
/// 2015, algorithm 1; ε stands outside the corrected root, as in PyTorch from 1.3 on. On touched rows alone, t still counts all steps
/// ("lazy Adam").
/// </summary>
/// <param name="Beta1">β₁, in [0, 1).</param>
/// <param name="Beta2">β₂, in [0, 1).</param>
/// <param name="Epsilon">ε, above 0.</param>
/// <param name="IsEpsilonHat">Whether ε joins √v before it is corrected, w ← w − η √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε): the ε̂ of section
/// 2, as in TensorFlow and in PyTorch before 1.3. It counts 1/√(1 − β₂ᵗ) times as much, 32 times at the first step and 1.6 times at the
/// 500th.</param>
public sealed record Adam(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8, bool IsEpsilonHat = false) : UpdateRule
{
    internal override IReadOnlyList<string> StateNames => ["adam.m", "adam.v"];

    internal override void Validate()
    {
        if (Beta1 is not (>= 0 and < 1))
            throw OutOfRange(nameof(Beta1), Beta1, "at least 0 and below 1");
        if (Beta2 is not (>= 0 and < 1))
            throw OutOfRange(nameof(Beta2), Beta2, "at least 0 and below 1");
        if (!(Epsilon > 0) || !double.IsFinite(Epsilon))
            throw OutOfRange(nameof(Epsilon), Epsilon, "above 0");
    }

    /// <summary>
    /// C/(1 − r), r = β₁/√β₂. Always |m̂|/√v̂ ≤ C: m is Σ (1 − β₁)β₁ⁱ g and v is Σ (1 − β₂)β₂ⁱ g², so |m| ≤ C √v by Cauchy and Schwarz. The
    /// regulariser's gradient has the sign of w, so w leaves zero only while an m of the other sign lasts: the first of those steps is at
    /// most Cη, the i-th after it at most Cηrⁱ. It may also step over zero, by at most Cη, and then starts again.
    /// </summary>
    internal override double Reach
    {
        get
        {
            var r = Beta1 / Math.Sqrt(Beta2);
            return r < 1 ? LargestStep() / (1 - r) : double.PositiveInfinity;
        }
    }

    /// <summary>C: the most that a step moves a number, in learning rates, whatever the gradients; infinite for β₁² ≥ β₂.</summary>
    internal double LargestStep()
    {
        var ratio = Beta1 * Beta1 / Beta2;
        if (!(ratio < 1))
            return double.PositiveInfinity;
        var correction = 1.0; // the limit of √(1 − β₂ᵗ)/(1 − β₁ᵗ), whose largest may be at its beginning
        for (var t = 1; t <= 1000; t++)
            correction = Math.Max(correction, Math.Sqrt(1 - Math.Pow(Beta2, t)) / (1 - Math.Pow(Beta1, t)));
        return correction * (1 - Beta1) / Math.Sqrt((1 - Beta2) * (1 - ratio));
    }

    internal override UpdatePass<T> Compile<T>(ParameterStore<T> store, PassLayout<T> layout) =>
        new UpdatePass<T, AdamUpdate<T>, Factory<T>>(store, layout, new Factory<T>(this));

    private readonly struct Factory<T>(Adam rule) : IUpdateFactory<T, AdamUpdate<T>>
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        public AdamUpdate<T> At(double learningRate, long step) => new(rule, learningRate, step);

        // The formula takes ε for constant.
        public GapFormula<T, AdamUpdate<T>>? Formula(bool hasAverage) => rule.IsEpsilonHat ? null : new AdamGap<T>(rule, hasAverage);
    }
}

internal readonly struct AdamUpdate<T> : IElementUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T _keepFirst, _addFirst, _keepSecond, _addSecond, _rootScale, _epsilon, _rate;

    public AdamUpdate(Adam rule, double learningRate, long step)
    {
        (_keepFirst, _addFirst) = (T.CreateTruncating(rule.Beta1), T.CreateTruncating(1 - rule.Beta1));
        (_keepSecond, _addSecond) = (T.CreateTruncating(rule.Beta2), T.CreateTruncating(1 - rule.Beta2));
        var correction = 1 / Math.Sqrt(1 - Math.Pow(rule.Beta2, step));
        _rootScale = T.CreateTruncating(correction);
        _epsilon = T.CreateTruncating(rule.IsEpsilonHat ? rule.Epsilon * correction : rule.Epsilon);
        _rate = T.CreateTruncating(learningRate / (1 - Math.Pow(rule.Beta1, step)));
    }

    public static int States => 2;

    /// <summary>η / (1 − β₁ᵗ).</summary>
    public T Rate => _rate;

    /// <summary>1 / √(1 − β₂ᵗ).</summary>
    public T RootScale => _rootScale;

    /// <summary>ε, or ε̂ / √(1 − β₂ᵗ).</summary>
    public T Epsilon => _epsilon;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector<T> Next(Vector<T> value, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second)
    {
        first = (first * _keepFirst) + (gradient * _addFirst);
        second = (second * _keepSecond) + (gradient * gradient * _addSecond);
        var root = (Vector.SquareRoot(second) * _rootScale) + new Vector<T>(_epsilon);
        return value - (first * _rate / root);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Next(T value, T gradient, ref T first, ref T second)
    {
        first = (first * _keepFirst) + (gradient * _addFirst);
        second = (second * _keepSecond) + (gradient * gradient * _addSecond);
        var root = (T.Sqrt(second) * _rootScale) + _epsilon;
        return value - (first * _rate / root);
    }
}
