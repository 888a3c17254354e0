using Consort.Serving;

namespace Consort.AspNetCore.Registry;

/// <summary>
/// Scorers of candidates by the fields that differ between them. Each holds programs of its own, so there are few: clients that send ever
/// other fields are scored row by row.
/// </summary>
internal sealed class CandidateSets(Scorer scorer)
{
    private const int Most = 4;
    private readonly Lock _gate = new();
    private volatile (bool[] Fields, CandidateScorer Scorer)[] _known = [];

    /// <summary>The scorer for a set of fields, or null where there are too many sets.</summary>
    public CandidateScorer? Find(ReadOnlySpan<bool> fields)
    {
        if (Search(fields) is { } known)
            return known;
        if (_known.Length >= Most || !fields.Contains(true))
            return null;
        lock (_gate)
        {
            if (Search(fields) is { } made)
                return made;
            if (_known.Length >= Most)
                return null;
            var names = new List<string>();
            for (var field = 0; field < fields.Length; field++)
                if (fields[field])
                    names.Add(scorer.Fields[field]);
            var next = scorer.ForCandidates([.. names]);
            _known = [.. _known, (fields.ToArray(), next)];
            return next;
        }
    }

    private CandidateScorer? Search(ReadOnlySpan<bool> fields)
    {
        foreach (var (known, found) in _known)
            if (fields.SequenceEqual(known))
                return found;
        return null;
    }
}
