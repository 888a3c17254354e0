using System.Numerics;

namespace Consort.Foundation.Ranks;

/// <summary>
/// Rounds floats to the halves of a <see cref="WirePrecision"/>, to the nearest and ties to even, and makes floats of them again. The bits
/// are those of arithmetic on integers, the same on every processor.
/// </summary>
public static class WireNumbers
{
    private const int Scale = 12; // fp16 holds 2¹² times a gradient: means over a batch are small
    private const uint Sign = 0x8000_0000, Infinity = 0x7F80_0000;
    private const uint HalfInfinity = 0x7C00, HalfNaN = 0x7E00, HalfTop = 143 << 23, HalfLeast = 113 << 23; // as a float's bits
    private const int Shift = 13; // bits of significand that a half lacks

    private static int Count => 2 * Vector<float>.Count;

    /// <summary>Rounds.</summary>
    /// <param name="precision">One of 2 bytes.</param>
    /// <param name="numbers">The floats.</param>
    /// <param name="halves">Receives as many.</param>
    public static void Pack(WirePrecision precision, ReadOnlySpan<float> numbers, Span<ushort> halves)
    {
        var i = 0;
        for (; i <= numbers.Length - Count; i += Count)
            PackWhole(precision, numbers[i..], halves[i..]);
        if (i == numbers.Length)
            return;
        Span<float> rest = stackalloc float[Count];
        Span<ushort> restHalves = stackalloc ushort[Count];
        numbers[i..].CopyTo(rest);
        PackWhole(precision, rest, restHalves);
        restHalves[..(numbers.Length - i)].CopyTo(halves[i..]);
    }

    /// <summary>Makes floats.</summary>
    /// <param name="precision">One of 2 bytes.</param>
    /// <param name="halves">What <see cref="Pack"/> has made.</param>
    /// <param name="numbers">Receives as many.</param>
    public static void Unpack(WirePrecision precision, ReadOnlySpan<ushort> halves, Span<float> numbers)
    {
        var i = 0;
        for (; i <= halves.Length - Count; i += Count)
            UnpackWhole(precision, halves[i..], numbers[i..]);
        if (i == halves.Length)
            return;
        Span<ushort> rest = stackalloc ushort[Count];
        Span<float> restNumbers = stackalloc float[Count];
        halves[i..].CopyTo(rest);
        UnpackWhole(precision, rest, restNumbers);
        restNumbers[..(halves.Length - i)].CopyTo(numbers[i..]);
    }

    private static void PackWhole(WirePrecision precision, ReadOnlySpan<float> numbers, Span<ushort> halves)
    {
        Vector<float> low = new(numbers), high = new(numbers[Vector<float>.Count..]);
        (precision == WirePrecision.Bf16 ? Vector.Narrow(Upper(low), Upper(high)) : Vector.Narrow(Half(low), Half(high))).CopyTo(halves);
    }

    private static void UnpackWhole(WirePrecision precision, ReadOnlySpan<ushort> halves, Span<float> numbers)
    {
        Vector.Widen(new Vector<ushort>(halves), out var low, out var high);
        Float(precision, low).CopyTo(numbers);
        Float(precision, high).CopyTo(numbers[Vector<float>.Count..]);
    }

    // The upper half of a float; what is no number stays none.
    private static Vector<uint> Upper(Vector<float> numbers)
    {
        var bits = numbers.As<float, uint>();
        var odd = (bits >>> 16) & Vector<uint>.One;
        var rounded = (bits + new Vector<uint>(0x7FFF) + odd) >>> 16;
        return Vector.ConditionalSelect(Vector.Equals(numbers, numbers).As<int, uint>(), rounded, (bits >>> 16) | new Vector<uint>(0x40));
    }

    private static Vector<uint> Half(Vector<float> numbers)
    {
        var bits = (numbers * new Vector<float>(1 << Scale)).As<float, uint>();
        var sign = bits & new Vector<uint>(Sign);
        bits ^= sign;
        var odd = (bits >>> Shift) & Vector<uint>.One;
        var common = (bits - new Vector<uint>(112 << 23) + new Vector<uint>(0xFFF) + odd) >>> Shift;
        // Adding a half to a number below the least half of full precision leaves its bits where they belong, rounded.
        var magic = new Vector<uint>(126 << 23);
        var small = (bits.As<uint, float>() + magic.As<uint, float>()).As<float, uint>() - magic;
        var large = Vector.ConditionalSelect(
            Vector.GreaterThan(bits, new Vector<uint>(Infinity)), new Vector<uint>(HalfNaN), new Vector<uint>(HalfInfinity));
        var half = Vector.ConditionalSelect(Vector.LessThan(bits, new Vector<uint>(HalfLeast)), small,
            Vector.ConditionalSelect(Vector.LessThan(bits, new Vector<uint>(HalfTop)), common, large));
        return half | (sign >>> 16);
    }

    private static Vector<float> Float(WirePrecision precision, Vector<uint> halves)
    {
        if (precision == WirePrecision.Bf16)
            return (halves << 16).As<uint, float>();
        var bits = (halves & new Vector<uint>(0x7FFF)) << Shift;
        var exponent = bits & new Vector<uint>(HalfInfinity << Shift);
        var least = new Vector<uint>(HalfLeast);
        var common = bits + new Vector<uint>(112 << 23);
        var large = bits + new Vector<uint>(224 << 23); // infinite, or no number
        var small = ((bits + least).As<uint, float>() - least.As<uint, float>()).As<float, uint>();
        var number = Vector.ConditionalSelect(Vector.Equals(exponent, Vector<uint>.Zero), small,
            Vector.ConditionalSelect(Vector.Equals(exponent, new Vector<uint>(HalfInfinity << Shift)), large, common));
        return (number | ((halves & new Vector<uint>(0x8000)) << 16)).As<uint, float>() * new Vector<float>(1f / (1 << Scale));
    }
}
