using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>A function of every number of a vector, with its derivative.</summary>
internal interface IActivationFunction<T>
{
    static abstract Vector<T> Value(Vector<T> x);

    /// <summary>dy/dx from x and y.</summary>
    static abstract Vector<T> Slope(Vector<T> x, Vector<T> y);
}

internal readonly struct ReluFunction<T> : IActivationFunction<T>
    where T : IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value(Vector<T> x) => Vector.Max(x, Vector<T>.Zero);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope(Vector<T> x, Vector<T> y) =>
        Vector.ConditionalSelect(Vector.GreaterThan(y, Vector<T>.Zero), Vector<T>.One, Vector<T>.Zero);
}

internal readonly struct LeakyReluFunction<T> : IActivationFunction<T>
    where T : IFloatingPointIeee754<T>
{
    private static readonly Vector<T> Leak = new(T.CreateTruncating(0.01));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value(Vector<T> x) => x * Slope(x, x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope(Vector<T> x, Vector<T> y) =>
        Vector.ConditionalSelect(Vector.GreaterThan(x, Vector<T>.Zero), Vector<T>.One, Leak);
}

internal readonly struct SigmoidFunction<T> : IActivationFunction<T>
    where T : IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value(Vector<T> x) => Vector<T>.One / (Vector<T>.One + VectorMath.Exp(-x));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope(Vector<T> x, Vector<T> y) => y * (Vector<T>.One - y);
}

internal readonly struct TanhFunction<T> : IActivationFunction<T>
    where T : IFloatingPointIeee754<T>
{
    private static readonly Vector<T> Two = new(T.CreateTruncating(2));
    private static readonly Vector<T> Small = new(T.CreateTruncating(0.02));
    private static readonly Vector<T> Third = new(T.CreateTruncating(-1.0 / 3));
    private static readonly Vector<T> Fifth = new(T.CreateTruncating(2.0 / 15));
    private static readonly Vector<T> Seventh = new(T.CreateTruncating(-17.0 / 315));

    /// <summary>1 − 2 / (1 + e²ˣ), and by its series near zero, where that difference would cancel.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value(Vector<T> x)
    {
        var far = Vector<T>.One - (Two / (Vector<T>.One + VectorMath.Exp(x + x)));
        var square = x * x;
        var near = x + (x * square * (Third + (square * (Fifth + (square * Seventh)))));
        return Vector.ConditionalSelect(Vector.LessThan(Vector.Abs(x), Small), near, far);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope(Vector<T> x, Vector<T> y) => Vector<T>.One - (y * y);
}

internal readonly struct SiluFunction<T> : IActivationFunction<T>
    where T : IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value(Vector<T> x) => x * SigmoidFunction<T>.Value(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope(Vector<T> x, Vector<T> y)
    {
        var sigmoid = SigmoidFunction<T>.Value(x);
        return sigmoid + (y * (Vector<T>.One - sigmoid));
    }
}

internal readonly struct GeluFunction<T> : IActivationFunction<T>
    where T : IFloatingPointIeee754<T>
{
    private static readonly Vector<T> Double = new(T.CreateTruncating(2 * Math.Sqrt(2 / Math.PI)));
    private static readonly Vector<T> Cube = new(T.CreateTruncating(0.044715));
    private static readonly Vector<T> Cube3 = new(T.CreateTruncating(3 * 0.044715));

    /// <summary>x σ(2u) is x/2 (1 + tanh u), without its cancellation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value(Vector<T> x) => x * Gate(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope(Vector<T> x, Vector<T> y)
    {
        var gate = Gate(x);
        return gate + (y * (Vector<T>.One - gate) * Double * (Vector<T>.One + (Cube3 * x * x)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Gate(Vector<T> x) => SigmoidFunction<T>.Value(Double * (x + (Cube * x * x * x)));
}

internal readonly struct ExponentialFunction<T> : IActivationFunction<T>
    where T : IFloatingPointIeee754<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value(Vector<T> x) => VectorMath.Exp(x);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope(Vector<T> x, Vector<T> y) => y;
}

internal readonly struct LogMagnitudeFunction<T> : IActivationFunction<T>
    where T : IFloatingPointIeee754<T>
{
    private static readonly Vector<T> Least = new(T.CreateTruncating(1e-5));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Value(Vector<T> x) => VectorMath.Log(Vector.Max(Vector.Abs(x), Least));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Slope(Vector<T> x, Vector<T> y) =>
        Vector.ConditionalSelect(Vector.GreaterThan(Vector.Abs(x), Least), Vector<T>.One / x, Vector<T>.Zero);
}
