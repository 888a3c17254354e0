using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Candidates;

/// <summary>Writes the candidates of each row of a log, as they come.</summary>
/// <param name="request">Which.</param>
/// <param name="pool">What they are drawn from.</param>
/// <param name="text">Where they go.</param>
internal sealed class CandidateRows(CandidateRequest request, CandidatePool pool, CandidateText text) : IRowConsumer
{
    private const int Tries = 100;
    private readonly LabelReader _labels = new(request.Schema);
    private readonly byte[] _label = new byte[4 * RowGroup.Capacity];
    private readonly int[] _items = request.Places(request.Items);
    private readonly int[][] _groups = [.. request.Groups.Select(g => request.Places(g))];
    private readonly int[] _starts = [.. request.Groups.Select((_, i) => request.Groups.Take(i).Sum(g => g.Count))];
    private readonly HashSet<int> _given = [];
    private long _row;
    private ulong _key;
    private ulong _draws;

    /// <summary>What was written so far.</summary>
    public CandidateSummary Summary { get; private set; } = new(0, 0, 0, 0, 0, pool.Items);

    public void Take(RowCursor rows)
    {
        var count = rows.Group.Rows;
        _labels.Read(rows.Data, rows.Group.Held(rows.Layout.Label), _label, 4);
        for (var r = 0; r < count; r++, _row++)
        {
            (_key, _draws) = (KeyedHash.Mix(request.Seed, (ulong)_row), 0);
            if (!request.OfAll && BitConverter.ToSingle(_label, 4 * r) == 0) continue;
            if (request.Share < 1 && (Next() >> 11) * (1.0 / (1L << 53)) >= request.Share) continue;
            Summary = Summary with { Of = Summary.Of + 1 };
            _given.Clear();
            for (var i = 0; i < request.Unused; i++) WriteUnused(rows, r);
            for (var i = 0; i < request.Swaps; i++) WriteSwap(rows, r, i % _groups.Length);
        }
    }

    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) =>
        [(rows.Layout.Label, count => _labels.Read(rows.Data, rows.Group.Held(rows.Layout.Label)[..count], _label, 4))];

    private void WriteUnused(RowCursor rows, int row)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var item = pool.Draw(Next());
            if (pool.Occurs(item, rows, row) || !_given.Add(item)) continue;
            text.Write(rows, row, _items, pool.ItemCells(item));
            Summary = Summary with { Rows = Summary.Rows + 1, Unused = Summary.Unused + 1 };
            return;
        }
        Summary = Summary with { Missed = Summary.Missed + 1 };
    }

    private void WriteSwap(RowCursor rows, int row, int group)
    {
        var fields = _groups[group];
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var cells = pool.Donor(Next()).AsSpan(_starts[group], fields.Length);
            if (IsOwn(rows, row, fields, cells)) continue;
            text.Write(rows, row, fields, cells);
            Summary = Summary with { Rows = Summary.Rows + 1, Swapped = Summary.Swapped + 1 };
            return;
        }
        Summary = Summary with { Missed = Summary.Missed + 1 };
    }

    private static bool IsOwn(RowCursor rows, int row, int[] fields, ReadOnlySpan<byte[]> cells)
    {
        for (var f = 0; f < fields.Length; f++)
        {
            if (!rows.Group.Held(fields[f])[row].Of(rows.Data).SequenceEqual(cells[f])) return false;
        }
        return true;
    }

    private ulong Next() => KeyedHash.Mix(_key, _draws++);
}
