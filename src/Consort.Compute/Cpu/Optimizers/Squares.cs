using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// Sums of squares in double precision. A number's square is rounded to its own precision first, the same way everywhere, so that sums kept
/// up to date by differences do not drift.
/// </summary>
internal static unsafe class Squares
{
    /// <summary>Σ w².</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Sum<T>(T* numbers, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var sums = Vector<double>.Zero;
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
            sums += Of(Vector.Load(numbers + i));
        var sum = Vector.Sum(sums);
        for (; i < length; i++)
            sum += double.CreateTruncating(numbers[i] * numbers[i]);
        return sum;
    }

    /// <summary>The squares of a vector, summed up to as many doubles as one holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Of<T>(Vector<T> numbers)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => Widen(numbers * numbers);

    /// <summary>Numbers, summed up to as many doubles as a vector holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector<double> Widen<T>(Vector<T> numbers)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (typeof(T) == typeof(double))
            return numbers.As<T, double>();
        Vector.Widen(numbers.As<T, float>(), out var low, out var high);
        return low + high;
    }
}
