using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>
/// Loops over contiguous numbers, as wide as the processor's vectors (<see cref="Vector{T}"/>: AVX2, SSE, AdvSimd, or one by one). They are
/// bound by memory, not by arithmetic. What runs on single embeddings goes two vectors at a time, since a loop's own instructions are most
/// of the work there.
/// </summary>
internal static unsafe class VectorMath
{
    /// <summary>a · b + c of vectors, in one instruction where the processor has it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> MultiplyAdd<T>(Vector<T> a, Vector<T> b, Vector<T> c)
    {
        if (typeof(T) == typeof(float))
            return Vector.MultiplyAddEstimate(a.As<T, float>(), b.As<T, float>(), c.As<T, float>()).As<float, T>();
        if (typeof(T) == typeof(double))
            return Vector.MultiplyAddEstimate(a.As<T, double>(), b.As<T, double>(), c.As<T, double>()).As<double, T>();
        return (a * b) + c;
    }

    /// <summary>eˣ of every number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Exp<T>(Vector<T> x) => typeof(T) == typeof(float)
        ? Exp(x.As<T, float>()).As<float, T>()
        : Vector.Exp(x.As<T, double>()).As<double, T>();

    // 2ⁿ eʳ with x = n ln 2 + r, |r| ≤ ln 2 / 2, and eʳ by the polynomial of Cephes' expf: within 2.5e-7 of the number, in
    // single precision throughout. Below 2⁻¹²⁵·⁵ there is only zero.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<float> Exp(Vector<float> x)
    {
        const float Least = -87.33655f, Most = 88.722839f, Whole = 12582912f; // to which adding a number rounds it to an integer
        var within = Vector.Min(Vector.Max(x, new Vector<float>(Least)), new Vector<float>(Most));
        var shifted = MultiplyAdd(within, new Vector<float>(1.44269504f), new Vector<float>(Whole));
        var n = shifted - new Vector<float>(Whole);
        var r = MultiplyAdd(n, new Vector<float>(-0.693359375f), within);
        r = MultiplyAdd(n, new Vector<float>(2.12194440e-4f), r);
        var y = MultiplyAdd(new Vector<float>(1.9875691500e-4f), r, new Vector<float>(1.3981999507e-3f));
        y = MultiplyAdd(y, r, new Vector<float>(8.3334519073e-3f));
        y = MultiplyAdd(y, r, new Vector<float>(4.1665795894e-2f));
        y = MultiplyAdd(y, r, new Vector<float>(1.6666665459e-1f));
        y = MultiplyAdd(y, r, new Vector<float>(5.0000001201e-1f));
        y = MultiplyAdd(y, r * r, r + Vector<float>.One);
        // Half of 2ⁿ and twice eʳ: 2¹²⁸ is no number, and half of 2⁻¹²⁶ has the bits of zero.
        var power = (shifted.As<float, int>() - new Vector<int>(BitConverter.SingleToInt32Bits(Whole) - 126)) << 23;
        y = (y + y) * power.As<int, float>();
        y = Vector.ConditionalSelect(Vector.GreaterThan(x, new Vector<float>(Most)), new Vector<float>(float.PositiveInfinity), y);
        return Vector.ConditionalSelect(Vector.Equals(x, x), y, x);
    }

    /// <summary>The natural logarithm of every number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<T> Log<T>(Vector<T> x) => typeof(T) == typeof(float)
        ? Vector.Log(x.As<T, float>()).As<float, T>()
        : Vector.Log(x.As<T, double>()).As<double, T>();

    /// <summary>target = source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Copy<T>(T* target, T* source, int length)
        where T : unmanaged
    {
        var i = 0;
        for (; i <= length - (2 * Vector<T>.Count); i += 2 * Vector<T>.Count)
        {
            var (first, second) = (Vector.Load(source + i), Vector.Load(source + i + Vector<T>.Count));
            Vector.Store(first, target + i);
            Vector.Store(second, target + i + Vector<T>.Count);
        }

        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store(Vector.Load(source + i), target + i);
        for (; i < length; i++)
            target[i] = source[i];
    }

    /// <summary>target += source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Add<T>(T* target, T* source, int length)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        for (; i <= length - (2 * Vector<T>.Count); i += 2 * Vector<T>.Count)
        {
            var first = Vector.Load(target + i) + Vector.Load(source + i);
            var second = Vector.Load(target + i + Vector<T>.Count) + Vector.Load(source + i + Vector<T>.Count);
            Vector.Store(first, target + i);
            Vector.Store(second, target + i + Vector<T>.Count);
        }

        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store(Vector.Load(target + i) + Vector.Load(source + i), target + i);
        for (; i < length; i++)
            target[i] += source[i];
    }

    /// <summary>target += factor · source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddScaled<T>(T* target, T* source, T factor, int length)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store(Vector.Load(target + i) + (Vector.Load(source + i) * factor), target + i);
        for (; i < length; i++)
            target[i] += source[i] * factor;
    }

    /// <summary>target = source − factor · (source − target): so much of the distance between them is left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Approach<T>(T* target, T* source, T factor, int length)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var goal = Vector.Load(source + i);
            Vector.Store(goal - ((goal - Vector.Load(target + i)) * factor), target + i);
        }

        for (; i < length; i++)
            target[i] = source[i] - ((source[i] - target[i]) * factor);
    }

    /// <summary>The numbers change places.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exchange<T>(T* one, T* other, int length)
        where T : unmanaged
    {
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var (first, second) = (Vector.Load(one + i), Vector.Load(other + i));
            Vector.Store(second, one + i);
            Vector.Store(first, other + i);
        }

        for (; i < length; i++)
            (one[i], other[i]) = (other[i], one[i]);
    }

    /// <summary>target = factor · source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Scale<T>(T* target, T* source, T factor, int length)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store(Vector.Load(source + i) * factor, target + i);
        for (; i < length; i++)
            target[i] = source[i] * factor;
    }

    /// <summary>target = factor · source + addend.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutScaledSum<T>(T* target, T* source, T factor, T* addend, int length)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store((Vector.Load(source + i) * factor) + Vector.Load(addend + i), target + i);
        for (; i < length; i++)
            target[i] = (source[i] * factor) + addend[i];
    }

    /// <summary>Σ left · right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Dot<T>(T* left, T* right, int length)
        where T : unmanaged, INumberBase<T>
    {
        var sums = Vector<T>.Zero;
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            sums += Vector.Load(left + i) * Vector.Load(right + i);
        var sum = Vector.Sum(sums);
        for (; i < length; i++)
            sum += left[i] * right[i];
        return sum;
    }

    /// <summary>Σ values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Sum<T>(T* values, int length)
        where T : unmanaged, INumberBase<T>
    {
        var sums = Vector<T>.Zero;
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            sums += Vector.Load(values + i);
        var sum = Vector.Sum(sums);
        for (; i < length; i++)
            sum += values[i];
        return sum;
    }

    /// <summary>target = left · right, or target += left · right.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutProduct<T>(T* target, T* left, T* right, bool accumulate, int length)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var product = Vector.Load(left + i) * Vector.Load(right + i);
            Vector.Store(accumulate ? Vector.Load(target + i) + product : product, target + i);
        }

        for (; i < length; i++)
            target[i] = accumulate ? target[i] + (left[i] * right[i]) : left[i] * right[i];
    }

    /// <summary>target = value, or target += value, at every place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutConstant<T>(T* target, T value, bool accumulate, int length)
        where T : unmanaged, INumberBase<T>
    {
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            Vector.Store(accumulate ? Vector.Load(target + i) + new Vector<T>(value) : new Vector<T>(value), target + i);
        for (; i < length; i++)
            target[i] = accumulate ? target[i] + value : value;
    }

    /// <summary>Copies into, or adds to, the memory of a gradient.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put<T>(T* target, T* source, bool accumulate, int length)
        where T : unmanaged, INumberBase<T>
    {
        if (accumulate)
            Add(target, source, length);
        else
            Copy(target, source, length);
    }

    /// <summary>target = factor · source, or target += factor · source.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PutScaled<T>(T* target, T* source, T factor, bool accumulate, int length)
        where T : unmanaged, INumberBase<T>
    {
        if (accumulate)
            AddScaled(target, source, factor, length);
        else
            Scale(target, source, factor, length);
    }
}
