using System.Globalization;

namespace Consort.Studies.Reports.Plots;

/// <summary>A mark on an axis.</summary>
/// <param name="Value">Where it stands.</param>
/// <param name="Label">What is written at it.</param>
internal sealed record Tick(double Value, string Label);

/// <summary>Maps values to a length of 1 and says where its ticks stand.</summary>
internal sealed class Axis
{
    private const double Padding = 0.04;
    private readonly bool _isLog;

    private Axis(double low, double high, bool isLog, IReadOnlyList<Tick> ticks) => (Low, High, _isLog, Ticks) = (low, high, isLog, ticks);

    /// <summary>The value at 0.</summary>
    public double Low { get; }

    /// <summary>The value at 1, above <see cref="Low"/>.</summary>
    public double High { get; }

    /// <summary>Ticks in rising order, all between <see cref="Low"/> and <see cref="High"/>.</summary>
    public IReadOnlyList<Tick> Ticks { get; }

    /// <summary>Equal differences are equal lengths; ticks at multiples of 1, 2 or 5 times a power of ten.</summary>
    /// <param name="values">What must fit; numbers that are not finite are passed over.</param>
    /// <param name="ticks">About how many ticks, at least 2.</param>
    public static Axis Linear(IEnumerable<double> values, int ticks = 5)
    {
        var (min, max) = Range(values);
        if (max - min <= 1e-12 * Math.Max(1, Math.Abs(max)))
            (min, max) = (min - Margin(min), max + Margin(max));
        var pad = Padding * (max - min);
        return Between(min - pad, max + pad, ticks);
    }

    /// <summary>A linear axis with exactly these ends.</summary>
    public static Axis Between(double low, double high, int ticks = 5)
    {
        var step = Step((high - low) / Math.Max(2, ticks));
        var decimals = Decimals(step);
        var marks = new List<Tick>();
        for (var i = Math.Ceiling((low / step) - 1e-9); i * step <= high + (1e-9 * step); i++)
            marks.Add(new Tick((i * step) + 0.0, Fixed((i * step) + 0.0, decimals))); // + 0.0: no negative zero
        return new Axis(low, high, isLog: false, marks);
    }

    /// <summary>Equal ratios are equal lengths; ticks at powers of ten, between them at 2 and 5 where there are few.</summary>
    /// <param name="values">What must fit; numbers not above 0 are passed over.</param>
    public static Axis Logarithmic(IEnumerable<double> values)
    {
        var (min, max) = Range(values.Where(v => v > 0), 1, 10);
        if (max / min < 1.001)
            (min, max) = (min / 2, max * 2);
        var pad = Math.Pow(max / min, Padding);
        var (low, high) = (min / pad, max * pad);
        var (first, last) = ((int)Math.Floor(Math.Log10(low)), (int)Math.Ceiling(Math.Log10(high)));
        double[] between = Math.Log10(high / low) < 2.5 ? [1, 2, 5] : [1];
        var every = Math.Max(1, (last - first) / 6);
        var marks = new List<Tick>();
        for (var power = first; power <= last; power++)
            foreach (var digit in between)
                if (digit * Math.Pow(10, power) is var value && value >= low && value <= high && (power - first) % every == 0)
                    marks.Add(new Tick(value, Short(digit, power)));
        return marks.Count >= 2
            ? new Axis(low, high, isLog: true, marks)
            : new Axis(low, high, isLog: true, [.. Between(low, high, 4).Ticks.Where(t => t.Value > 0)]);
    }

    /// <summary>Ticks at whole numbers: epochs, members, places.</summary>
    /// <param name="values">Numbers near whole ones; where there are few, each whole one has its tick.</param>
    /// <param name="most">The most ticks.</param>
    public static Axis Whole(IEnumerable<double> values, int most = 8)
    {
        var all = values.Where(double.IsFinite).DefaultIfEmpty(1).ToList();
        var known = all.Select(v => Math.Round(v)).Distinct().Order().ToList();
        var (low, high) = (all.Min(), all.Max());
        var pad = Math.Max(0.3, Padding * (high - low));
        if (known.Count > most)
        {
            var step = Math.Max(1, Step((high - low) / (most - 1)));
            known = [.. known.Select(v => Math.Ceiling(v / step) * step).Where(v => v <= high).Distinct()];
        }

        return new Axis(low - pad, high + pad, isLog: false, [.. known.Select(v => new Tick(v, Fixed(v, 0)))]);
    }

    /// <summary>Where a value stands, 0 to 1; NaN where it has no place.</summary>
    public double Place(double value) => _isLog
        ? value > 0 ? Math.Log(value / Low) / Math.Log(High / Low) : double.NaN
        : (value - Low) / (High - Low);

    /// <summary>The next of 1, 2, 5, 10, … times a power of ten that is not below.</summary>
    private static double Step(double rough)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(rough)));
        var digit = rough / power;
        return (digit <= 1 + 1e-9 ? 1 : digit <= 2 + 1e-9 ? 2 : digit <= 5 + 1e-9 ? 5 : 10) * power;
    }

    private static (double Min, double Max) Range(IEnumerable<double> values, double low = 0, double high = 1)
    {
        var (min, max) = (double.PositiveInfinity, double.NegativeInfinity);
        foreach (var value in values.Where(double.IsFinite))
            (min, max) = (Math.Min(min, value), Math.Max(max, value));
        return min <= max ? (min, max) : (low, high);
    }

    // Around a single value.
    private static double Margin(double value) => value == 0 ? 1 : Math.Abs(value) * 0.01;

    private static int Decimals(double step) => Math.Max(0, (int)Math.Ceiling(-Math.Log10(step) - 1e-9));

    private static string Fixed(double value, int decimals)
    {
        var text = value.ToString("F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        return decimals == 0 && Math.Abs(value) >= 10_000 ? value.ToString("N0", CultureInfo.InvariantCulture) : text.Replace('-', '−');
    }

    private static string Short(double digit, int power) => power is >= -3 and <= 3
        ? (digit * Math.Pow(10, power)).ToString("0.####", CultureInfo.InvariantCulture)
        : $"{(digit == 1 ? "" : digit.ToString(CultureInfo.InvariantCulture) + "·")}10{Raised(power)}";

    private static string Raised(int power) => string.Concat(power.ToString(CultureInfo.InvariantCulture).Select(c => c switch
    {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        _ => (char)('⁰' + (c - '0')),
    }));
}
