using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Data.Batches;

/// <summary>
/// How many values of each field the encoder's training rows did not have: nearly all of a field are a sign of another writing.
/// </summary>
/// <param name="encoder">By which rows are encoded.</param>
internal sealed class UnseenValues(Encoder encoder)
{
    private const double Striking = 0.9;
    private const int FewestRows = 20;

    private readonly (Column Column, int Place)[] _columns = [.. encoder.Space.Categorical.Select((c, i) => (c, i))
        .Where(c => c.c.List is null && !encoder.IsGenerated(c.i))];
    private readonly long[] _given = new long[encoder.Space.Categorical.Count];
    private readonly long[] _unseen = new long[encoder.Space.Categorical.Count];

    /// <summary>Counts the rows of a batch.</summary>
    public void Add(Batch batch)
    {
        var ids = batch.Ids;
        var stride = _given.Length;
        foreach (var (column, place) in _columns)
        {
            var (given, unseen) = (0, 0);
            for (var at = place; at < ids.Length; at += stride)
            {
                var index = ids[at] - column.Offset;
                given += index > 0 ? 1 : 0;
                unseen += index == 1 ? 1 : 0;
            }
            _given[place] += given;
            _unseen[place] += unseen;
        }
    }

    /// <summary>A line that names the fields of which nearly all values are unseen, or null.</summary>
    /// <param name="rows">What the rows are called.</param>
    public string? Line(string rows)
    {
        var found = _columns.Where(c => _given[c.Place] >= FewestRows && _unseen[c.Place] >= Striking * _given[c.Place])
            .Select(c => FormattableString.Invariant(
                $"{c.Column.Name} ({100.0 * _unseen[c.Place] / _given[c.Place]:F0} % of {_given[c.Place]:N0} values)")).ToArray();
        return found.Length == 0 ? null
            : $"{rows}: training has not seen most of what stands in {string.Join(", ", found)}; are they written as in the training rows?";
    }
}
