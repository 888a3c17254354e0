using Consort.Data.Encoders;

namespace Consort.Data.Growth;

/// <summary>The bytes of a token by its place; none where it cannot stand any more.</summary>
internal delegate ReadOnlySpan<byte> TokenOf(int place, out bool isGone);

/// <summary>
/// A vocabulary on its way to the next: tokens that it has keep their order, those that come stand behind them, by descending count.
/// </summary>
internal sealed class VocabularyGrowth
{
    private readonly Vocabulary _seen;
    private readonly TokenOf _known;
    private readonly int _before;
    private readonly List<Candidate> _candidates;
    private readonly List<(ulong Key, int Rows)> _waiting = [];

    /// <param name="known">What there is.</param>
    /// <param name="ages">How long each of its tokens has not been seen.</param>
    /// <param name="seen">All tokens of the new rows with their counts.</param>
    /// <param name="minCount">How often a new one must be there.</param>
    /// <param name="options">Decay and greatest age.</param>
    /// <param name="waiting">How often tokens have come before without getting an id, or null where none wait.</param>
    /// <param name="column">Whose tokens they are.</param>
    /// <param name="rename">The bytes that a known token has now, where they follow from ids that have changed, or null.</param>
    public VocabularyGrowth(Vocabulary known, Func<int, int> ages, Vocabulary seen, int minCount, GrowthOptions options,
        WaitingTokens? waiting, string column, TokenOf? rename = null)
    {
        (_seen, _before) = (seen, known.Count);
        _known = rename ?? Same;
        _candidates = new List<Candidate>(known.Count);
        var isKnown = new bool[seen.Count];
        for (var i = 0; i < known.Count; i++)
        {
            var token = _known(i, out var isGone);
            if (isGone) continue;
            var place = seen.Index.Find(TokenProbe.Of(token), token, -1);
            var isSeen = (uint)place < (uint)seen.Count;
            if (isSeen) isKnown[place] = true;
            var count = (long)(known.CountOf(i) * options.CountDecay) + (isSeen ? seen.CountOf(place) : 0);
            var age = isSeen ? 0 : Math.Min(ages(i) + 1, GrowthOptions.OldestAge);
            if (options.MaxAge == 0 || age <= options.MaxAge)
                _candidates.Add(new Candidate(i, IsNew: false, (int)Math.Min(count, int.MaxValue), age));
        }
        var seed = WaitingTokens.SeedOf(column);
        for (var i = 0; i < seen.Count; i++)
        {
            if (isKnown[i]) continue;
            var key = waiting is null ? 0 : WaitingTokens.KeyOf(seed, seen.Token(i));
            var count = (int)Math.Min((long)seen.CountOf(i) + (waiting?.CountOf(key) ?? 0), int.MaxValue);
            if (count >= minCount) _candidates.Add(new Candidate(i, IsNew: true, count, 0));
            else if (waiting is not null) _waiting.Add((key, seen.CountOf(i)));
        }

        ReadOnlySpan<byte> Same(int place, out bool isGone)
        {
            isGone = false;
            return known.Token(place);
        }
    }

    /// <summary>Lets the new tokens that came too seldom wait.</summary>
    public void Wait(WaitingTokens tokens)
    {
        foreach (var (key, rows) in _waiting) tokens.Add(key, rows);
    }

    /// <summary>How many tokens it will have.</summary>
    public int Count => _candidates.Count;

    /// <summary>How many of them are new.</summary>
    public int Admitted => _candidates.Count(c => c.IsNew);

    /// <summary>How many of the old ones are gone.</summary>
    public int Evicted => _before - (Count - Admitted);

    /// <summary>How long the tokens have not been seen, in their new order.</summary>
    public IEnumerable<ushort> Ages => _candidates.Select(c => (ushort)c.Age);

    /// <summary>Leaves the most frequent of all, of equal ones those that were seen last, then those first in their columns.</summary>
    public static void Limit(IReadOnlyList<VocabularyGrowth> all, long most)
    {
        if (all.Sum(v => (long)v.Count) <= most) return;
        var ranks = all.SelectMany((v, column) => v._candidates.Select((c, place) => (c.Count, c.Age, Column: column, Place: place)))
            .ToArray();
        Array.Sort(ranks, (x, y) => x.Count != y.Count ? y.Count.CompareTo(x.Count) : x.Age != y.Age ? x.Age.CompareTo(y.Age)
            : x.Place != y.Place ? x.Place.CompareTo(y.Place) : x.Column.CompareTo(y.Column));
        foreach (var gone in ranks.Skip((int)most).GroupBy(r => r.Column))
        {
            var places = gone.Select(r => r.Place).ToHashSet();
            var left = all[gone.Key]._candidates.Where((_, place) => !places.Contains(place)).ToArray();
            all[gone.Key]._candidates.Clear();
            all[gone.Key]._candidates.AddRange(left);
        }
    }

    /// <summary>The new place of each old token; −1 of one that is gone.</summary>
    public int[] Places()
    {
        var places = new int[_before];
        places.AsSpan().Fill(-1);
        for (var i = 0; i < _candidates.Count; i++)
        {
            if (!_candidates[i].IsNew) places[_candidates[i].Place] = i;
        }
        return places;
    }

    /// <summary>The new vocabulary.</summary>
    public Vocabulary Grown() => HeldVocabulary.Of(_candidates.Count,
        i => _candidates[i].IsNew ? _seen.Token(_candidates[i].Place) : _known(_candidates[i].Place, out _), i => _candidates[i].Count);

    private readonly record struct Candidate(int Place, bool IsNew, int Count, int Age);
}
