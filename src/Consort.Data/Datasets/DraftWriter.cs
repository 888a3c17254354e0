using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>
/// What one thread drafts of the rows of a block: of each row its split, of each that is kept its label, weight and group, and what the
/// counters of its fields say.
/// </summary>
internal sealed class DraftWriter
{
    /// <summary>The streams before those of the fields.</summary>
    public const int Split = 0, Label = 1, Weight = 2, Group = 3, Marks = 5;

    private const int WeightAt = 4, GroupAt = 8, Stride = 16;
    private readonly DraftStream[] _streams;
    private readonly int[] _starts;
    private readonly RowMarks _marks;
    private readonly bool _hasWeights;
    private readonly bool _hasGroups;
    private readonly byte[] _read = new byte[RowGroup.Capacity * Stride];
    private byte[] _packed = [];

    /// <param name="schema">What the rows are.</param>
    /// <param name="counters">The counters of its fields.</param>
    public DraftWriter(Schema schema, IReadOnlyList<ColumnCounter?> counters)
    {
        _starts = StartsOf(counters);
        _streams = [.. Enumerable.Range(0, _starts[^1]).Select(_ => new DraftStream())];
        (_marks, _hasWeights, _hasGroups) = (new RowMarks(schema, readsWeights: true), schema.HasWeights, schema.HasGroups);
    }

    /// <summary>The first stream of each field, and how many streams there are.</summary>
    public static int[] StartsOf(IReadOnlyList<ColumnCounter?> counters)
    {
        var starts = new int[counters.Count + 1];
        starts[0] = Marks;
        for (var f = 0; f < counters.Count; f++) starts[f + 1] = starts[f] + (counters[f]?.Streams ?? 0);
        return starts;
    }

    /// <summary>The streams of a field.</summary>
    public ReadOnlySpan<DraftStream> Of(int field) => _streams.AsSpan(_starts[field].._starts[field + 1]);

    /// <summary>Drafts what is not of a field.</summary>
    /// <param name="rows">The group.</param>
    /// <param name="splits">The split of each of its rows.</param>
    /// <param name="labels">The label of each.</param>
    /// <param name="kept">The rows that are kept.</param>
    public void Mark(RowCursor rows, ReadOnlySpan<byte> splits, ReadOnlySpan<float> labels, ReadOnlySpan<int> kept)
    {
        var dealt = _streams[Split].Take(splits.Length);
        for (var r = 0; r < splits.Length; r++) dealt[r] = splits[r];
        var label = _streams[Label].Take(kept.Length);
        for (var i = 0; i < kept.Length; i++) label[i] = (int)labels[kept[i]];
        if (!_hasWeights && !_hasGroups) return;
        _marks.Read(rows, _read, Stride, _hasWeights ? WeightAt : -1, _hasGroups ? GroupAt : -1);
        foreach (var r in kept)
        {
            var read = _read.AsSpan(r * Stride, Stride);
            _streams[Weight].Add(MemoryMarshal.Read<int>(read[WeightAt..]));
            _streams[Group].Add(MemoryMarshal.Read<int>(read[GroupAt..]));
            _streams[Group + 1].Add(MemoryMarshal.Read<int>(read[(GroupAt + 4)..]));
        }
    }

    /// <summary>Forgets what was drafted.</summary>
    public void Clear()
    {
        foreach (var stream in _streams) stream.Clear();
    }

    /// <summary>Writes what was drafted of a block.</summary>
    public void Write(DraftFile file, int worker, Block block)
    {
        var most = _streams.Sum(s => s.MostBytes);
        if (_packed.Length < most) _packed = new byte[most * 5 / 4];
        var end = 0;
        foreach (var stream in _streams) end += stream.Pack(_packed.AsSpan(end));
        file.Write(block.Index, new DraftPlace(worker, 0, 0, block.Rows, block.Source, block.FirstRow), _packed.AsSpan(0, end));
        Clear();
    }
}
