using Consort.Serving;
using Consort.Serving.Profiles;
using Consort.Serving.Watching;

namespace Consort.AspNetCore.Watching;

/// <summary>
/// Counts a version's traffic, and after so many rows compares it with the package's training rows and begins anew. Any thread may add; the
/// comparison is made by whoever completes a window.
/// </summary>
internal sealed class TrafficWindow
{
    private readonly Lock _gate = new();
    private readonly TrafficWatch? _watch;
    private readonly int _rows;
    private DriftReport? _last;

    /// <param name="scorer">The version's.</param>
    /// <param name="rows">Rows of a window; 0 counts nothing.</param>
    /// <exception cref="ConsortException">The package's profile is not one of its encoder.</exception>
    public TrafficWindow(Scorer scorer, int rows) => (_rows, _watch) = (rows, rows > 0 ? TrafficWatch.Of(scorer) : null);

    /// <summary>Whether anything is counted.</summary>
    public bool IsOn => _watch is not null;

    /// <summary>What the last whole window differed by; null before the first, and of a package without a profile.</summary>
    public DriftReport? Last => Volatile.Read(ref _last);

    /// <summary>Counts impressions that are whole in themselves.</summary>
    public void Add(ImpressionBatch batch, ReadOnlySpan<float> probabilities)
    {
        if (_watch is null)
            return;
        lock (_gate)
        {
            _watch.Add(batch, probabilities);
            Turn();
        }
    }

    /// <summary>Counts candidates, which have what they do not give from their context.</summary>
    public void Add(Impression context, ImpressionBatch candidates, ReadOnlySpan<bool> given, ReadOnlySpan<float> probabilities)
    {
        if (_watch is null)
            return;
        lock (_gate)
        {
            _watch.Add(context, candidates, given, probabilities);
            Turn();
        }
    }

    /// <summary>Counts one impression.</summary>
    public void Add(Impression impression, float probability)
    {
        if (_watch is null)
            return;
        lock (_gate)
        {
            _watch.Add(impression, probability);
            Turn();
        }
    }

    /// <summary>Counts a label that came back.</summary>
    public void AddLabel(float probability, bool isClick)
    {
        if (_watch is null)
            return;
        lock (_gate)
            _watch.AddLabel(probability, isClick);
    }

    private void Turn()
    {
        if (_watch!.Rows < _rows)
            return;
        Volatile.Write(ref _last, _watch.Compare());
        _watch.Clear();
    }
}
