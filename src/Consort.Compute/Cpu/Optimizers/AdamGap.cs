using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// The steps of Adam that a row makes while nothing touches it, at once. Without a gradient m and v only decay, and over a gap of n steps
/// after step t a number moves by −Σₖ aₖ β₁ᵏ m / (x dₖ + ε), k = 1..n, where aₖ is the step's rate with its correction, x dₖ = √(β₂ᵏ v)
/// times the step's root correction, and d₁ = 1. With y = x + ε, u = x / y and δₖ = 1 − dₖ, 1 / (x dₖ + ε) = 1/y Σⱼ (u δₖ)ʲ, so the
/// movement is −(m / y) Σⱼ Sⱼ uʲ with Sⱼ = Σₖ aₖ β₁ᵏ δₖʲ: numbers that depend on t and the present step alone and are kept for every t.
/// </summary>
/// <remarks>
/// Two things are left out, both bounded. Steps after the K-th: |m| ≤ C √v always (see <see cref="Adam.Reach"/>), so that they move a
/// number by at most <see cref="TailError"/> of a learning rate. Powers from the J-th on: they are at most S_J / (1 − δₙ), and where this
/// is more than <see cref="SeriesError"/> of S₀ (the first few hundred steps of a run, or odd settings of β) the row makes its missed steps
/// one by one.
/// <para>
/// A moving average e goes along. Of the movement in step i it has not taken in the part qᵢ = ∏ₖ βₖ over the steps k from the i-th to
/// the last: e ← w′ − (w − e) q₁ + (m / y) Σⱼ Qⱼ uʲ with w′ the number after the gap and Qⱼ = Σₖ aₖ β₁ᵏ δₖʲ qₖ, which are kept like
/// the Sⱼ: a step makes them β (Q + its own term). No qₖ is above 1, so that what is left out is bounded as before.
/// </para>
/// </remarks>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class AdamGap<T> : GapFormula<T, AdamUpdate<T>>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private const int Terms = 8; // J
    private const int Stride = 16;
    private const int RootScale = Terms; // x = √v times this
    private const int IsClosed = Terms + 1; // one where the series holds
    private const int Capacity = StepHistory<T, AdamUpdate<T>>.Capacity;
    private readonly double[] _sums = new double[Capacity * (Terms + 1)]; // S₀..S_J of the gap after each tick
    private readonly NativeBuffer<T> _formulas = new(Capacity * Stride); // the same as rows use them
    private readonly double[] _averageSums; // Q₀.. alike, where there is an average
    private readonly NativeBuffer<T> _averageFormulas;
    private readonly T[] _firstPower = new T[Capacity + 1]; // β₁ⁿ
    private readonly T[] _secondPower = new T[Capacity + 1]; // β₂ⁿ
    private readonly double[] _firstDecay = new double[Capacity + 1];
    private readonly double[] _rootDecay = new double[Capacity + 1]; // β₂^(n/2)
    private readonly double[] _rootScales = new double[Capacity]; // of the first step after each tick

    public AdamGap(Adam rule, bool hasAverage)
    {
        _averageSums = new double[hasAverage ? Capacity * Terms : 0];
        _averageFormulas = new NativeBuffer<T>(_averageSums.Length);
        // The betas as the steps use them, rounded.
        var first = double.CreateTruncating(T.CreateTruncating(rule.Beta1));
        var second = double.CreateTruncating(T.CreateTruncating(rule.Beta2));
        Window = WindowFor(rule, TailError);
        for (var gap = 0; gap <= Capacity; gap++)
        {
            (_firstDecay[gap], _rootDecay[gap]) = (Math.Pow(first, gap), Math.Pow(second, gap / 2.0));
            (_firstPower[gap], _secondPower[gap]) = (T.CreateTruncating(_firstDecay[gap]), T.CreateTruncating(Math.Pow(second, gap)));
        }
    }

    /// <summary>The most that steps left out move a number, in learning rates.</summary>
    public static double TailError => typeof(T) == typeof(double) ? 1e-15 : 1e-7;

    /// <summary>The most that powers left out change of a movement, relative to it.</summary>
    public static double SeriesError => typeof(T) == typeof(double) ? 1e-13 : 3e-8;

    /// <summary>K, the steps of a gap that are counted.</summary>
    public int Window { get; }

    public override long Bytes =>
        ((_formulas.Length + _averageFormulas.Length) * sizeof(T))
        + (sizeof(double) * (_sums.Length + _averageSums.Length + (4L * Capacity))) + (2L * Capacity * sizeof(T));

    public override void Dispose()
    {
        _formulas.Dispose();
        _averageFormulas.Dispose();
        base.Dispose();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Stepped(StepHistory<T, AdamUpdate<T>> history)
    {
        var tick = history.Tick;
        ref readonly var latest = ref history.After(tick - 1);
        var rate = double.CreateTruncating(latest.Update.Rate);
        var rootScale = double.CreateTruncating(latest.Update.RootScale);
        var newest = (tick - 1) & (Capacity - 1);
        var keep = double.CreateTruncating(latest.Keep);
        _rootScales[newest] = rootScale;
        Array.Clear(_sums, newest * (Terms + 1), Terms + 1);
        if (history.Average is not null)
            Array.Clear(_averageSums, newest * Terms, Terms);
        var gaps = (int)Math.Min(history.Count, Window);
        for (var gap = 1; gap <= gaps; gap++)
        {
            var start = (tick - gap) & (Capacity - 1);
            var delta = 1 - (_rootDecay[gap - 1] * rootScale / _rootScales[start]);
            var term = rate * _firstDecay[gap];
            var sums = _sums.AsSpan(start * (Terms + 1), Terms + 1);
            var formula = _formulas.Pointer + (start * Stride);
            for (var power = 0; power <= Terms; power++)
            {
                sums[power] += term;
                formula[power] = T.CreateTruncating(sums[power]);
                if (power < Terms && history.Average is not null)
                    AddToAverage((start * Terms) + power, term, keep);
                term *= delta;
            }

            var left = Math.Abs(sums[Terms]) / (1 - Math.Abs(delta));
            formula[RootScale] = T.CreateTruncating(_rootDecay[1] * _rootScales[start]);
            formula[IsClosed] = Math.Abs(delta) < 0.5 && left <= SeriesError * sums[0] ? T.One : T.Zero;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void CatchUp(StepHistory<T, AdamUpdate<T>> history, in Region<T> region, int dimension, int* rows, int count)
    {
        var ahead = dimension < 8 ? 32 : 8; // rows between a prefetch and its use
        var tick = history.Tick;
        var stamps = region.Stamps;
        var average = history.Average;
        for (var i = 0; i < count; i++)
        {
            if (i + (2 * ahead) < count)
                Prefetch.Row(stamps + rows[i + (2 * ahead)], 1);
            if (i + ahead < count && stamps[rows[i + ahead]] != tick)
            {
                var next = (long)rows[i + ahead] * dimension;
                Prefetch.Row(region.Values + next, dimension);
                Prefetch.Row(region.First + next, dimension);
                Prefetch.Row(region.Second + next, dimension);
                if (average is not null)
                    Prefetch.Row(region.Average + next, dimension);
            }

            var stamp = stamps[rows[i]];
            if (stamp == tick)
                continue;
            stamps[rows[i]] = tick;
            var offset = (long)rows[i] * dimension;
            var first = region.First + offset;
            var second = region.Second + offset;
            var start = stamp & (Capacity - 1);
            var formula = _formulas.Pointer + (start * Stride);
            var gap = unchecked(tick - stamp);
            var rest = gap - Math.Min(gap, Window);
            var row = new Row(region.Values + offset, first, second, average is null ? null : region.Average + offset, dimension);
            if (formula[IsClosed] != T.Zero)
                Move(row, formula, history.After(stamp).Update.Epsilon, _averageFormulas.Pointer + (start * Terms),
                    average?.Over(gap) ?? T.Zero, average?.Over(rest) ?? T.Zero);
            else if (!IsZero(first, dimension))
                Replay(row, history, stamp, gap - rest, average?.Over(rest) ?? T.Zero);
            else
                average?.Rest(region, gap, later: 0, offset, dimension);
            VectorMath.Scale(first, first, _firstPower[gap], dimension);
            VectorMath.Scale(second, second, _secondPower[gap], dimension);
        }
    }

    /// <summary>
    /// The least K with C r^(K+1) / (1 − r) ≤ error, r = β₁ / √β₂: what the steps after the K-th move a number by, in learning rates, since
    /// m̂ / √v̂ is at most C and falls by r a step. All steps are counted where r is not below 1.
    /// </summary>
    internal static int WindowFor(Adam rule, double error)
    {
        var r = rule.Beta1 / Math.Sqrt(rule.Beta2);
        if (rule.Beta1 == 0)
            return 1;
        if (!(r < 1))
            return Capacity;
        var window = Math.Ceiling(Math.Log(error * (1 - r) / rule.LargestStep()) / Math.Log(r)) - 1;
        return (int)Math.Clamp(window, 1, Capacity);
    }

    // Q of a gap, from that of a gap shorter by a step.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddToAverage(int place, double term, double keep)
    {
        var sum = keep * (_averageSums[place] + term);
        _averageSums[place] = sum;
        _averageFormulas.Pointer[place] = T.CreateTruncating(sum);
    }

    // The average goes last: it needs where the values were and where they are.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Move(in Row row, T* formula, T epsilon, T* averageFormula, T keep, T rest)
    {
        T* values = row.Values, first = row.First, second = row.Second, average = row.Average;
        var length = row.Length;
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var x = Vector.SquareRoot(Vector.Load(second + i)) * formula[RootScale];
            var inverse = Vector<T>.One / (x + new Vector<T>(epsilon));
            var u = x * inverse;
            var (value, slope) = (Vector.Load(values + i), Vector.Load(first + i) * inverse);
            var next = value - (slope * Polynomial(formula, u));
            Vector.Store(next, values + i);
            if (average == null)
                continue;
            var left = (value - Vector.Load(average + i)) * keep;
            Vector.Store(next - (left - (slope * Polynomial(averageFormula, u) * rest)), average + i);
        }

        for (; i < length; i++)
        {
            var x = T.Sqrt(second[i]) * formula[RootScale];
            var inverse = T.One / (x + epsilon);
            var u = x * inverse;
            var (value, slope) = (values[i], first[i] * inverse);
            values[i] = value - (slope * Polynomial(formula, u));
            if (average != null)
                average[i] = values[i] - (((value - average[i]) * keep) - (slope * Polynomial(averageFormula, u) * rest));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Polynomial(T* sums, Vector<T> u)
    {
        var sum = new Vector<T>(sums[Terms - 1]);
        for (var power = Terms - 2; power >= 0; power--)
            sum = (sum * u) + new Vector<T>(sums[power]);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T Polynomial(T* sums, T u)
    {
        var sum = sums[Terms - 1];
        for (var power = Terms - 2; power >= 0; power--)
            sum = (sum * u) + sums[power];
        return sum;
    }

    // Not the state, which is brought forward by powers. After the steps that are made the values rest.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Replay(in Row row, StepHistory<T, AdamUpdate<T>> history, int stamp, int steps, T rest)
    {
        T* values = row.Values, first = row.First, second = row.Second, average = row.Average;
        var length = row.Length;
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var (value, m, v) = (Vector.Load(values + i), Vector.Load(first + i), Vector.Load(second + i));
            var mean = average == null ? default : Vector.Load(average + i);
            for (var step = 0; step < steps; step++)
            {
                ref readonly var missed = ref history.After(stamp + step);
                value = missed.Update.Next(value, Vector<T>.Zero, ref m, ref v);
                mean = value - ((value - mean) * missed.Keep);
            }

            Vector.Store(value, values + i);
            if (average != null)
                Vector.Store(value - ((value - mean) * rest), average + i);
        }

        for (; i < length; i++)
        {
            var (value, m, v) = (values[i], first[i], second[i]);
            var mean = average == null ? default : average[i];
            for (var step = 0; step < steps; step++)
            {
                ref readonly var missed = ref history.After(stamp + step);
                value = missed.Update.Next(value, T.Zero, ref m, ref v);
                mean = value - ((value - mean) * missed.Keep);
            }

            values[i] = value;
            if (average != null)
                average[i] = value - ((value - mean) * rest);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsZero(T* numbers, int length)
    {
        for (var i = 0; i < length; i++)
            if (numbers[i] != T.Zero)
                return false;
        return true;
    }

    private readonly struct Row(T* values, T* first, T* second, T* average, int length)
    {
        public T* Values => values;

        public T* First => first;

        public T* Second => second;

        public T* Average => average;

        public int Length => length;
    }
}
