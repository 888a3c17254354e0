using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>What one thread has counted of the training rows. It checks every cell, also of the other rows.</summary>
internal sealed class CountRows : IRowConsumer, IDisposable
{
    private readonly SplitAssigner _splits;
    private readonly LabelReader _labels;
    private readonly RowMarks _marks;
    private readonly ColumnCounter?[] _counters;
    private readonly ColumnCounter?[] _checks;
    private readonly DraftWriter _drafts;
    private readonly DraftFile? _file;
    private readonly int _worker;
    private readonly bool[] _takesNumbers;

    /// <param name="schema">What is counted.</param>
    /// <param name="splits">Says which rows are for training.</param>
    /// <param name="checkedBy">A schema of the same fields, whose columns must take every cell too; null for the same one.</param>
    /// <param name="file">Where rows are drafted that are kept; null where they are not.</param>
    /// <param name="worker">Whose drafts these are.</param>
    public CountRows(Schema schema, SplitAssigner splits, Schema? checkedBy = null, DraftFile? file = null, int worker = 0)
    {
        (_file, _worker) = (file, worker);
        (_splits, _labels, _marks) = (splits, new LabelReader(schema), new RowMarks(checkedBy ?? schema, readsWeights: true));
        _counters = ColumnCounter.CreateAll(schema);
        _checks = checkedBy is null ? [] : ColumnCounter.CreateAll(checkedBy);
        _drafts = new DraftWriter(checkedBy ?? schema, _counters);
        // What others look at beside the counter has a text.
        HashSet<int> beside = [.. _counters.Select(c => c?.Beside ?? -1)];
        _takesNumbers = [.. _counters.Select((c, f) =>
            c is { TakesNumbers: true, Beside: < 0 } && checkedBy is null && !beside.Contains(f) && !splits.Reads(f) && !_marks.Reads(f))];
    }

    /// <summary>Whether rows of a schema can be drafted.</summary>
    public static bool Drafts(Schema schema)
    {
        var counters = ColumnCounter.CreateAll(schema);
        try
        {
            return Array.TrueForAll(counters, c => c?.Drafts ?? true);
        }
        finally
        {
            foreach (var counter in counters) counter?.Dispose();
        }
    }

    /// <summary>The counters of the fields; null where there is nothing to count.</summary>
    public IReadOnlyList<ColumnCounter?> Counters => _counters;

    /// <summary>Rows seen with label 1, over all splits.</summary>
    public long Clicks { get; private set; }

    /// <summary>The sum of the training rows' weights; their number where they have none.</summary>
    public double TrainWeight { get; private set; }

    public bool TakesNumbers(int field) => _takesNumbers[field];

    public void Take(RowCursor rows)
    {
        Span<byte> splits = stackalloc byte[RowGroup.Capacity];
        Span<int> taken = stackalloc int[RowGroup.Capacity], others = stackalloc int[RowGroup.Capacity];
        Span<int> times = stackalloc int[RowGroup.Capacity];
        Span<float> labels = stackalloc float[RowGroup.Capacity];
        var (group, took, other) = (rows.Group, 0, 0);
        var data = rows.Data;
        _splits.Assign(rows, splits);
        for (var r = 0; r < group.Rows; r++)
        {
            var isTaken = splits[r] == 0 || _file is not null && splits[r] != SplitAssigner.LeftOut;
            taken[took] = others[other] = r;
            times[took] = splits[r] == 0 ? 1 : 0;
            took += isTaken ? 1 : 0;
            other += isTaken ? 0 : 1; // those that are left out too: a bad cell is one wherever it stands
        }
        Clicks += ReadLabels(rows, labels[..group.Rows]);
        for (var r = 0; r < group.Rows; r++)
            TrainWeight += splits[r] == 0 ? _marks.WeightOf(rows, r) : 0 * _marks.WeightOf(rows, r);
        var counted = new CountedRows(taken[..took], times);
        for (var field = 0; field < _counters.Length; field++)
        {
            if (_counters[field] is not { } counter) continue;
            var draft = _drafts.Of(field);
            if (group.HasNumbers(field))
            {
                counter.Count(group.Numbers(field), counted, draft);
                continue;
            }
            counter.Count(data, group.Held(field), counted, draft);
            if (counter.Beside >= 0) counter.CountBeside(data, group.Held(field), group.Held(counter.Beside), counted, draft);
            counter.Check(data, group.Held(field), others[..other]);
            if (_checks.Length > 0) _checks[field]?.Check(data, group.Held(field), taken[..took]);
        }
        if (_file is null) _drafts.Clear();
        else _drafts.Mark(rows, splits[..group.Rows], labels, taken[..took]);
    }

    public void Finish(Block block)
    {
        if (_file is not null) _drafts.Write(_file, _worker, block);
    }

    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows)
    {
        int[] all = [.. Enumerable.Range(0, RowGroup.Capacity)];
        var columns = _checks.Concat(_counters).Select((c, i) => (Counter: c, Field: i % _counters.Length))
            .Where(c => c.Counter is not null);
        return _marks.Looks(rows).Concat(columns.Select(c => (c.Field,
            Look: (Action<int>)(count => c.Counter!.Check(rows.Data, rows.Group.Held(c.Field), all.AsSpan(0, count))))))
            .Prepend((rows.Layout.Label, count => ReadLabels(rows, new float[count]))).Concat(_splits.Looks(rows));
    }

    public void Dispose()
    {
        foreach (var counter in _counters.Concat(_checks)) counter?.Dispose();
    }

    // Gives the clicks among them.
    private int ReadLabels(RowCursor rows, Span<float> labels)
    {
        _labels.Read(rows.Data, rows.Group.Held(rows.Layout.Label)[..labels.Length], MemoryMarshal.AsBytes(labels), 4);
        return labels.Length - labels.Count(0f);
    }
}
