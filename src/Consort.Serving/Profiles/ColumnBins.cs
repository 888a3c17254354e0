using System.Collections.Frozen;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Serving.Profiles;

/// <summary>Which bin of a column's profile a value falls into; nothing is allocated.</summary>
internal sealed class ColumnBins
{
    public const int Missing = 0;
    public const int Unseen = 1;
    public const int Buckets = 16;
    private readonly FrozenDictionary<int, int> _top;
    private readonly float[] _edges;
    private readonly int _tops;
    private readonly bool _hasBuckets;

    /// <summary>Of ids.</summary>
    /// <param name="place">Among the columns of ids.</param>
    /// <param name="column">The column.</param>
    /// <param name="top">The most frequent tokens, by their place in the column.</param>
    public ColumnBins(int place, Column column, IReadOnlyList<int> top)
    {
        (Place, Column, _edges, _tops) = (place, column, [], top.Count);
        _top = top.Select((index, bin) => KeyValuePair.Create(index, bin + 2)).ToFrozenDictionary();
        _hasBuckets = column.Size - 2 > top.Count;
        Count = 2 + top.Count + (_hasBuckets ? Buckets : 0);
    }

    /// <summary>Of numbers.</summary>
    /// <param name="place">Among the numeric columns.</param>
    /// <param name="edges">Where one bin ends and the next begins, ascending.</param>
    public ColumnBins(int place, float[] edges) =>
        (Place, _edges, _top, Count) = (place, edges, FrozenDictionary<int, int>.Empty, edges.Length + 2);

    /// <summary>Among the columns of its kind.</summary>
    public int Place { get; }

    /// <summary>Null of numbers.</summary>
    public Column? Column { get; }

    /// <summary>Of numbers: where one bin ends and the next begins.</summary>
    public ReadOnlySpan<float> Edges => _edges;

    /// <summary>How many bins there are.</summary>
    public int Count { get; }

    /// <summary>The bin of an id, counted from the column's first.</summary>
    public int Of(int index) => index < 2 ? index : _top.TryGetValue(index, out var bin) ? bin : 2 + _tops + (index % Buckets);

    /// <summary>Whether a row's list has no token, or none but missing ones.</summary>
    /// <param name="list">Global ids.</param>
    /// <param name="offset">The first id of the column, which is that of a missing value.</param>
    public static bool IsMissing(ReadOnlySpan<int> list, int offset) => list.IndexOfAnyExcept(offset + Missing) < 0;

    /// <summary>The bin of a number.</summary>
    public int Of(float value)
    {
        if (value == 0)
            return Missing;
        var at = _edges.AsSpan().BinarySearch(value);
        return 1 + (at < 0 ? ~at : at);
    }

    /// <summary>What a bin holds, for people.</summary>
    /// <param name="bin">The bin.</param>
    /// <param name="encoder">By which values are encoded.</param>
    /// <param name="number">Of numbers: how they are scaled; null shows them as encoded.</param>
    public string Describe(int bin, Encoder encoder, FittedNumber? number)
    {
        if (Column is { } column)
            return bin switch
            {
                Missing => "(missing)",
                Unseen => "(unseen)",
                _ when bin - 2 < _tops => encoder.Token(column.Offset + _top.First(t => t.Value == bin).Key),
                _ => FormattableString.Invariant($"rarer tokens, group {bin - 1 - _tops} of {Buckets}"),
            };
        if (bin == Missing)
            return "0 as encoded, as missing ones are";
        var low = bin >= 2 ? Raw(_edges[bin - 2]) : double.NegativeInfinity;
        var high = bin <= _edges.Length ? Raw(_edges[bin - 1]) : double.PositiveInfinity;
        return double.IsInfinity(low) ? FormattableString.Invariant($"up to {high:G4}")
            : double.IsInfinity(high) ? FormattableString.Invariant($"above {low:G4}")
            : FormattableString.Invariant($"{low:G4} to {high:G4}");

        double Raw(float value) => number is { Scale: not 0 } scaled ? (value / scaled.Scale) + scaled.Shift : value;
    }
}
