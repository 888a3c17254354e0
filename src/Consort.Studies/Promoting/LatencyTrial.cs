using System.Diagnostics;
using Consort.Serving;

namespace Consort.Studies.Promoting;

/// <summary>What one impression takes a scorer in this process, from raw values to a probability.</summary>
/// <param name="P50">The median, in microseconds.</param>
/// <param name="P99">What 99 of 100 stay below.</param>
public sealed record Latency(double P50, double P99);

/// <summary>Times two scorers by turns, so that what else the machine does meets both.</summary>
internal static class LatencyTrial
{
    private const int Rows = 256;
    private const int Rounds = 12;
    private const int WarmUps = 2;

    /// <summary>Times them; null of rows that there are none of.</summary>
    public static (Latency First, Latency Second)? Of(Scorer first, Scorer second, Holdout holdout, CancellationToken cancellation)
    {
        var (one, other) = (new Side(first, holdout), new Side(second, holdout));
        if (one.IsEmpty || other.IsEmpty)
            return null;
        for (var round = 0; round < Rounds + WarmUps; round++)
        {
            cancellation.ThrowIfCancellationRequested();
            var isMeasured = round >= WarmUps;
            one.Run(isMeasured);
            other.Run(isMeasured);
        }

        return (one.Result(), other.Result());
    }

    private sealed class Side
    {
        private readonly Scorer _scorer;
        private readonly Impression _impression;
        private readonly int[] _fields;
        private readonly List<string?[]> _rows;
        private readonly List<double> _times = [];

        public Side(Scorer scorer, Holdout holdout)
        {
            (_scorer, _impression) = (scorer, scorer.NewImpression());
            var schema = scorer.Encoder.Schema;
            string[] names = [.. scorer.Fields.Where(f => !schema.Fields[scorer.Encoder.FieldIndex(f)].IsGenerated)];
            _fields = [.. names.Select(scorer.FieldIndex)];
            _rows = holdout.Texts(scorer, names, Rows);
        }

        public bool IsEmpty => _rows.Count == 0;

        public void Run(bool isMeasured)
        {
            foreach (var row in _rows)
            {
                var start = Stopwatch.GetTimestamp();
                _impression.Clear();
                for (var f = 0; f < _fields.Length; f++)
                    if (row[f] is { } text)
                        _impression.Set(_fields[f], text);
                _scorer.Score(_impression);
                if (isMeasured)
                    _times.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        public Latency Result()
        {
            _times.Sort();
            return new Latency(_times[_times.Count / 2], _times[(int)(_times.Count * 0.99)]);
        }
    }
}
