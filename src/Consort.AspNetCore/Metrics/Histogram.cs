using System.Globalization;

namespace Consort.AspNetCore.Metrics;

/// <summary>Counts values by buckets; safe for many threads, allocates nothing.</summary>
/// <param name="bounds">The upper bounds of the buckets, ascending; a last one without a bound is added.</param>
/// <param name="perOne">The sum is a whole number of such parts of 1, so that it can be added to without a lock: 1 for counts, which are
/// exact.</param>
internal sealed class Histogram(double[] bounds, double perOne = 1e9)
{
    private readonly long[] _counts = new long[bounds.Length + 1];
    private long _sum;

    public long Count
    {
        get
        {
            long count = 0;
            foreach (ref var bucket in _counts.AsSpan())
                count += Volatile.Read(ref bucket);
            return count;
        }
    }

    public double Sum => Interlocked.Read(ref _sum) / perOne;

    public void Add(double value)
    {
        var bucket = 0;
        while (bucket < bounds.Length && value > bounds[bucket])
            bucket++;
        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _sum, (long)Math.Round(value * perOne));
    }

    /// <summary>Writes the histogram as Prometheus reads it.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">The metric's name.</param>
    /// <param name="labels">Labels within the braces.</param>
    public void Write(MetricsText text, string name, string labels)
    {
        long below = 0;
        for (var bucket = 0; bucket <= bounds.Length; bucket++)
        {
            below += Interlocked.Read(ref _counts[bucket]);
            var bound = bucket < bounds.Length ? bounds[bucket].ToString("R", CultureInfo.InvariantCulture) : "+Inf";
            text.Add($"{name}_bucket", $"{labels},le=\"{bound}\"", below);
        }

        text.Add($"{name}_sum", labels, Sum);
        text.Add($"{name}_count", labels, below);
    }
}
