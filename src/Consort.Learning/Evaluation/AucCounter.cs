namespace Consort.Learning.Evaluation;

/// <summary>
/// Exact area under the ROC curve of a stream: the share of (click, no click) pairs in which the click has the larger value, a tie counting
/// one half. AUC = (2·#greater + #equal) / (2·clicks·others), counted in integers, so the only rounding is the last division.
/// </summary>
/// <remarks>
/// Values are compared as the float32 that they are; any increasing function of the probability gives the same AUC except for ties that
/// rounding makes. Keeps 4 bytes a row, and 4 more while sorting. NaN when there are no clicks, when there are only clicks, or when a value
/// was NaN. Infinite values are ordered as usual. Not safe for use by several threads at once.
/// </remarks>
public sealed class AucCounter : IDisposable
{
    private readonly KeyList _clicks = new();
    private readonly KeyList _others = new();
    private bool _undefined;

    /// <summary>Rows added.</summary>
    public long Rows => _clicks.Count + _others.Count;

    /// <summary>Rows added with label 1.</summary>
    public long Clicks => _clicks.Count;

    /// <summary>Adds one row.</summary>
    /// <param name="value">Logit or probability; NaN makes the result NaN.</param>
    /// <param name="click">Whether the label is 1.</param>
    public void Add(float value, bool click)
    {
        _undefined |= float.IsNaN(value);
        (click ? _clicks : _others).Add(value);
    }

    /// <summary>Adds rows.</summary>
    /// <param name="values">Logits or probabilities, [B].</param>
    /// <param name="labels">Labels, 0 or 1, [B].</param>
    /// <exception cref="ArgumentException">Lengths differ, or a label is neither 0 nor 1.</exception>
    public void Add(ReadOnlySpan<float> values, ReadOnlySpan<float> labels)
    {
        Labels.CheckLengths(values.Length, labels.Length);
        for (var b = 0; b < values.Length; b++)
            Add(values[b], Labels.IsClick(labels[b]));
    }

    /// <summary>The AUC of all rows added so far, 0 to 1, or NaN (see the remarks). More rows may be added afterwards.</summary>
    public double Result()
    {
        if (_undefined || _clicks.Count == 0 || _others.Count == 0)
            return double.NaN;
        _clicks.Sort();
        _others.Sort();
        var doubled = DoubledWins(_clicks.Keys, _others.Keys);
        return (double)doubled / ((double)_clicks.Count * _others.Count * 2);
    }

    /// <summary>Forgets all rows and keeps the memory.</summary>
    public void Clear()
    {
        _clicks.Clear();
        _others.Clear();
        _undefined = false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _clicks.Dispose();
        _others.Dispose();
    }

    /// <summary>AUC of one set of rows; see <see cref="AucCounter"/>.</summary>
    /// <param name="values">Logits or probabilities, [B].</param>
    /// <param name="labels">Labels, 0 or 1, [B].</param>
    /// <exception cref="ArgumentException">Lengths differ, or a label is neither 0 nor 1.</exception>
    public static double Of(ReadOnlySpan<float> values, ReadOnlySpan<float> labels)
    {
        using var counter = new AucCounter();
        counter.Add(values, labels);
        return counter.Result();
    }

    private static UInt128 DoubledWins(NativeSpan<uint> clicks, NativeSpan<uint> others)
    {
        long clickCount = clicks.Length, otherCount = others.Length;
        UInt128 doubled = 0;
        long smaller = 0; // others below the current click
        long end = 0; // others not above it
        for (long i = 0; i < clickCount; i++)
        {
            var key = clicks[i];
            if (i == 0 || key != clicks[i - 1])
            {
                smaller = end;
                while (smaller < otherCount && others[smaller] < key)
                    smaller++;
                end = smaller;
                while (end < otherCount && others[end] == key)
                    end++;
            }
            doubled += (ulong)smaller + (ulong)end; // 2·smaller + equal
        }
        return doubled;
    }
}
