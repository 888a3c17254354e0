namespace Consort.AspNetCore.Watching;

/// <summary>The last rows of a version of which the label came back: a ring in memory.</summary>
internal sealed class LabelledRows
{
    private const int Most = 20_000;
    private readonly Lock _gate = new();
    private readonly List<(float Probability, bool IsClick)> _rows = [];
    private long _labels;
    private FeedbackMeasures? _last;

    /// <summary>Labels that came back since the version was loaded.</summary>
    public long Labels => Interlocked.Read(ref _labels);

    /// <summary>Takes a row; the oldest leaves where there are too many.</summary>
    public void Add(float probability, bool isClick)
    {
        lock (_gate)
        {
            if (_rows.Count < Most)
                _rows.Add((probability, isClick));
            else
                _rows[(int)(_labels % Most)] = (probability, isClick);
            _labels++;
        }
    }

    /// <summary>What the probabilities of the rows are worth; they are sorted once after new labels, whoever asks and how often.</summary>
    public FeedbackMeasures Measure()
    {
        (float Probability, bool IsClick)[] rows;
        long labels;
        lock (_gate)
        {
            if (_last?.Labels == _labels)
                return _last;
            (rows, labels) = ([.. _rows], _labels);
        }

        var measures = Measure(rows, labels);
        lock (_gate)
            return _last = measures;
    }

    private static FeedbackMeasures Measure((float Probability, bool IsClick)[] rows, long labels)
    {
        Array.Sort(rows, (a, b) => a.Probability.CompareTo(b.Probability));
        double clicks = 0, others = 0, predicted = 0, pairs = 0;
        for (var first = 0; first < rows.Length;)
        {
            // Rows of one probability are tied: a pair of them counts half.
            var (ties, tiedClicks, at) = (0.0, 0.0, first);
            for (; at < rows.Length && rows[at].Probability == rows[first].Probability; at++)
                (ties, tiedClicks) = (ties + 1, tiedClicks + (rows[at].IsClick ? 1 : 0));
            pairs += tiedClicks * (others + ((ties - tiedClicks) / 2));
            predicted += ties * rows[first].Probability;
            (clicks, others, first) = (clicks + tiedClicks, others + ties - tiedClicks, at);
        }

        return new FeedbackMeasures(labels, rows.Length, (long)clicks, clicks > 0 ? predicted / clicks : null,
            clicks > 0 && others > 0 ? pairs / clicks / others : null);
    }
}

/// <summary>What came of answers.</summary>
/// <param name="Labels">Labels that came back since the version was loaded.</param>
/// <param name="Rows">The last of these, which the rest is measured on.</param>
/// <param name="Clicks">Those clicked.</param>
/// <param name="PredictedOverObserved">Null without a click.</param>
/// <param name="Auc">Null where all labels are alike.</param>
internal sealed record FeedbackMeasures(long Labels, int Rows, long Clicks, double? PredictedOverObserved, double? Auc);
