using System.Text;
using Consort.Data.Sources;

namespace Consort.Data.Profiles;

/// <summary>Numbers among the texts of a column.</summary>
internal static class NumberShape
{
    private const double Most = 1e150; // as encoders take them
    private const double MarkShare = 0.005;
    private const int MostRanges = 10;
    private const double Smooth = 0.5;
    private const int FewestNeighbours = 16;

    public static bool TryRead(string text, out double number)
    {
        number = 0;
        if (text.Length is 0 or > 64) return false;
        Span<byte> bytes = stackalloc byte[192];
        return NumberParser.TryDecimal(bytes[..Encoding.UTF8.GetBytes(text, bytes)], out number) && Math.Abs(number) <= Most;
    }

    /// <summary>What the numbers are like, or null where some text is none.</summary>
    public static NumberProfile? Of(IReadOnlyList<TextCount> values, bool hasLabel)
    {
        var numbers = new (double Number, int Count, int Clicks)[values.Count];
        var (areWhole, asFloats, rows, sum) = (true, false, 0L, 0.0);
        for (var i = 0; i < numbers.Length; i++)
        {
            if (!TryRead(values[i].Text, out var number)) return null;
            numbers[i] = (number, values[i].Count, values[i].Clicks);
            var isWhole = number == Math.Floor(number);
            areWhole &= isWhole;
            asFloats |= isWhole && values[i].Text.AsSpan().IndexOfAny('.', 'e', 'E') >= 0;
            rows += values[i].Count;
            sum += number * values[i].Count;
        }
        if (rows == 0) return null;
        Array.Sort(numbers, (a, b) => a.Number.CompareTo(b.Number));
        var mean = sum / rows;
        var variance = numbers.Sum(n => (n.Number - mean) * (n.Number - mean) * n.Count) / rows;
        double[] quantiles = [.. NumberProfile.Shares.Select(share => At(numbers, share * rows))];
        return new NumberProfile(numbers[0].Number, numbers[^1].Number, mean, Math.Sqrt(variance), quantiles, areWhole,
            areWhole && asFloats,
            Mark(values, numbers, rows))
        { AreSmooth = AreSmooth(numbers), Ranges = hasLabel ? Ranges(numbers, rows) : [] };
    }

    private static List<RangeRate> Ranges((double Number, int Count, int Clicks)[] sorted, long rows)
    {
        var (ranges, from, before, inRange, clicks) = (new List<RangeRate>(), 0, 0L, 0L, 0L);
        for (var i = 0; i < sorted.Length; i++)
        {
            (inRange, clicks) = (inRange + sorted[i].Count, clicks + sorted[i].Clicks);
            if (before + inRange < rows * (ranges.Count + 1.0) / MostRanges && i + 1 < sorted.Length) continue;
            ranges.Add(new RangeRate(sorted[from].Number, sorted[i].Number, inRange, clicks));
            (from, before, inRange, clicks) = (i + 1, before + inRange, 0, 0);
        }
        return ranges;
    }

    // The correlation of how often a value occurs with how often its neighbour does, on a logarithmic scale.
    private static bool AreSmooth((double Number, int Count, int Clicks)[] sorted)
    {
        if (sorted.Length < FewestNeighbours) return false;
        var logs = sorted.Select(n => Math.Log(n.Count)).ToArray();
        double mean = logs.Average(), square = logs.Sum(l => (l - mean) * (l - mean)), product = 0;
        for (var i = 1; i < logs.Length; i++) product += (logs[i] - mean) * (logs[i - 1] - mean);
        return product > Smooth * square;
    }

    private static double At((double Number, int Count, int Clicks)[] sorted, double rows)
    {
        double before = 0;
        foreach (var (number, count, _) in sorted)
        {
            before += count;
            if (before >= rows) return number;
        }
        return sorted[^1].Number;
    }

    // -1, -99, -999 …: the only number below 0, of a column with many others.
    private static string? Mark(IReadOnlyList<TextCount> values, (double Number, int Count, int Clicks)[] sorted, long rows) =>
        sorted.Length > 8 && sorted[0].Number is -1 or -9 or -99 or -999 or -9999 && sorted[1].Number >= 0
            && sorted[0].Count >= MarkShare * rows
            ? values.First(v => TryRead(v.Text, out var number) && number == sorted[0].Number).Text : null;
}
