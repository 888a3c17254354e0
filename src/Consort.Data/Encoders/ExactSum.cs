using System.Numerics;

namespace Consort.Data.Encoders;

/// <summary>
/// A sum of doubles without rounding: one wide integer per binary exponent. The result is the same in whatever order and by however many
/// threads the values are added.
/// </summary>
internal sealed class ExactSum
{
    private readonly Int128[] _bins = new Int128[2048];

    public void Add(double value)
    {
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> 52) & 0x7FF;
        var mantissa = bits & 0xFFFFFFFFFFFFF;
        if (exponent != 0) mantissa |= 1L << 52;
        _bins[exponent] += bits < 0 ? -mantissa : mantissa;
    }

    public void Add(ExactSum other)
    {
        for (var i = 0; i < _bins.Length; i++) _bins[i] += other._bins[i];
    }

    public void Keep(CounterState state) => state.Sum(_bins);

    /// <summary>The sum divided by a count, rounded once at the end.</summary>
    public double Mean(long count)
    {
        var lowest = Array.FindIndex(_bins, b => b != 0);
        if (lowest < 0 || count == 0) return 0;
        BigInteger sum = 0;
        for (var e = _bins.Length - 1; e >= lowest; e--)
        {
            if (_bins[e] != 0) sum += (BigInteger)_bins[e] << (Math.Max(e, 1) - Math.Max(lowest, 1));
        }
        // 128 more bits before dividing and one bit that stands for all dropped ones: the conversion rounds once.
        var quotient = BigInteger.DivRem(sum << 128, count, out var remainder);
        var drop = (int)Math.Max(0, quotient.GetBitLength() - 62);
        var top = (long)(quotient >> drop);
        if (!remainder.IsZero || top * (BigInteger.One << drop) != quotient) top |= 1;
        return Math.ScaleB((double)top, Math.Max(lowest, 1) - 1075 - 128 + drop);
    }
}
