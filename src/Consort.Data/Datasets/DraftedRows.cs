using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>The rows that were drafted while they were counted, and what a fitted encoder makes of them. Safe for many threads.</summary>
internal sealed class DraftedRows
{
    private readonly int[] _starts;
    private readonly IReadOnlyList<DraftedColumn>[][] _fields; // [worker][field], in the order of the field's columns

    /// <param name="file">The drafts.</param>
    /// <param name="encoder">The encoder that was fitted.</param>
    /// <param name="counts">What was counted, worker by worker.</param>
    public DraftedRows(DraftFile file, Encoder encoder, IReadOnlyList<CountRows> counts)
    {
        File = file;
        _starts = DraftWriter.StartsOf(counts[0].Counters);
        var byField = encoder.Columns.ToLookup(c => c.Field);
        ColumnEncoder[][] columns = [.. Enumerable.Range(0, _starts.Length - 1).Select(f => byField[f].ToArray())];
        _fields = [.. counts.Select(c => c.Counters.Select((counter, f) =>
            (IReadOnlyList<DraftedColumn>)(counter?.Drafted(columns[f], _starts[f]) ?? [])).ToArray())];
    }

    /// <summary>The drafts.</summary>
    public DraftFile File { get; }

    /// <summary>Room for a block.</summary>
    public DraftBlock Block() => new(_starts[^1]);

    /// <summary>For each worker its columns in the order of an encoder's; null where one is generated.</summary>
    public DraftedColumn?[][] ColumnsOf(Encoder encoder)
    {
        var fields = encoder.Columns.Select(c => c.Field).ToArray();
        var seen = new int[fields.DefaultIfEmpty(-1).Max() + 1];
        int[] parts = [.. fields.Select(f => seen[f]++)];
        return [.. _fields.Select(worker => fields.Select((f, i) => f < worker.Length ? worker[f][parts[i]] : null).ToArray())];
    }
}

/// <summary>Encodes drafted rows, a group at a time, to what <see cref="RowEncoder"/> gives for their cells. One for each thread.</summary>
internal sealed class DraftEncoder(DraftedRows rows, Encoder encoder, RowLayout layout)
{
    private readonly DraftedColumn?[][] _columns = rows.ColumnsOf(encoder);
    private readonly int[] _marks = new int[3 * RowGroup.Capacity];

    /// <summary>The lists of the rows, where their ids of list columns say.</summary>
    public ListBuffer Lists { get; } = new();

    /// <summary>Encodes the rows of a block, group by group, and generates their other columns.</summary>
    /// <param name="draft">The block.</param>
    /// <param name="place">Where it comes from.</param>
    /// <param name="target">Room for a group.</param>
    /// <param name="take">Told of each row its place in that room, its split, and its place in the block.</param>
    /// <exception cref="CellError">A cell is not what its column takes: reading the rows again says which.</exception>
    public void Encode(DraftBlock draft, DraftPlace place, Span<byte> target, Action<int, int, int> take)
    {
        Span<int> splits = stackalloc int[RowGroup.Capacity];
        for (var first = 0; first < place.Rows; first += splits.Length)
        {
            splits = splits[..Math.Min(splits.Length, place.Rows - first)];
            draft.Next(DraftWriter.Split, splits);
            Encode(draft, splits.Length - splits.Count(SplitAssigner.LeftOut), target);
            for (int r = 0, at = 0; r < splits.Length; r++)
            {
                if (splits[r] != SplitAssigner.LeftOut) take(at++, splits[r], first + r);
            }
        }
    }

    private void Encode(DraftBlock draft, int count, Span<byte> target)
    {
        var encoded = target;
        var stride = layout.Bytes;
        Lists.Clear();
        foreach (var column in _columns[draft.Worker])
        {
            column?.Encode(draft, count, target, stride, Lists);
            target = target[4..];
        }
        Span<int> first = _marks.AsSpan(0, count), second = _marks.AsSpan(count, count);
        draft.Next(DraftWriter.Label, first);
        for (var r = 0; r < count; r++) ColumnEncoder.Put(encoded[layout.LabelAt..], r, stride, (float)first[r]);
        if (layout.WeightAt >= 0 || layout.GroupAt >= 0)
        {
            draft.Next(DraftWriter.Weight, first);
            for (var r = 0; r < count && layout.WeightAt >= 0; r++) ColumnEncoder.Put(encoded[layout.WeightAt..], r, stride, first[r]);
            draft.Next(DraftWriter.Group, first);
            draft.Next(DraftWriter.Group + 1, second);
            for (var r = 0; r < count && layout.GroupAt >= 0; r++)
            {
                ColumnEncoder.Put(encoded[layout.GroupAt..], r, stride, first[r]);
                ColumnEncoder.Put(encoded[(layout.GroupAt + 4)..], r, stride, second[r]);
            }
        }
        if (encoder.HasGenerated) encoder.Generate(encoded, count, stride, Lists.Numbers);
    }
}
