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

    /// <param name="schema">What is counted.</param>
    /// <param name="splits">Says which rows are for training.</param>
    /// <param name="checkedBy">A schema of the same fields, whose columns must take every cell too; null for the same one.</param>
    public CountRows(Schema schema, SplitAssigner splits, Schema? checkedBy = null)
    {
        (_splits, _labels, _marks) = (splits, new LabelReader(schema), new RowMarks(checkedBy ?? schema, readsWeights: true));
        _counters = ColumnCounter.CreateAll(schema);
        _checks = checkedBy is null ? [] : ColumnCounter.CreateAll(checkedBy);
    }

    /// <summary>The counters of the fields; null where there is nothing to count.</summary>
    public IReadOnlyList<ColumnCounter?> Counters => _counters;

    /// <summary>Rows seen with label 1, over all splits.</summary>
    public long Clicks { get; private set; }

    /// <summary>The sum of the training rows' weights; their number where they have none.</summary>
    public double TrainWeight { get; private set; }

    public void Take(RowCursor rows)
    {
        Span<byte> splits = stackalloc byte[RowGroup.Capacity];
        Span<int> train = stackalloc int[RowGroup.Capacity], others = stackalloc int[RowGroup.Capacity];
        var (group, trained, other) = (rows.Group, 0, 0);
        var data = rows.Data;
        _splits.Assign(rows, splits);
        for (var r = 0; r < group.Rows; r++)
        {
            train[trained] = others[other] = r;
            trained += splits[r] == 0 ? 1 : 0;
            other += splits[r] == 0 ? 0 : 1; // those that are left out too: a bad cell is one wherever it stands
        }
        Clicks += ClicksOf(rows, group.Rows);
        for (var r = 0; r < group.Rows; r++)
            TrainWeight += splits[r] == 0 ? _marks.WeightOf(rows, r) : 0 * _marks.WeightOf(rows, r);
        for (var field = 0; field < _counters.Length; field++)
        {
            if (_counters[field] is not { } counter) continue;
            counter.Count(data, group.Held(field), train[..trained]);
            if (counter.Beside >= 0) counter.CountBeside(data, group.Held(field), group.Held(counter.Beside), train[..trained]);
            counter.Check(data, group.Held(field), others[..other]);
            if (_checks.Length > 0) _checks[field]?.Check(data, group.Held(field), train[..trained]);
        }
    }

    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows)
    {
        int[] all = [.. Enumerable.Range(0, RowGroup.Capacity)];
        var columns = _checks.Concat(_counters).Select((c, i) => (Counter: c, Field: i % _counters.Length))
            .Where(c => c.Counter is not null);
        return _marks.Looks(rows).Concat(columns.Select(c => (c.Field,
            Look: (Action<int>)(count => c.Counter!.Check(rows.Data, rows.Group.Held(c.Field), all.AsSpan(0, count))))))
            .Prepend((rows.Layout.Label, count => ClicksOf(rows, count))).Concat(_splits.Looks(rows));
    }

    public void Dispose()
    {
        foreach (var counter in _counters.Concat(_checks)) counter?.Dispose();
    }

    private int ClicksOf(RowCursor rows, int count)
    {
        Span<float> labels = stackalloc float[RowGroup.Capacity];
        _labels.Read(rows.Data, rows.Group.Held(rows.Layout.Label)[..count], MemoryMarshal.AsBytes(labels), 4);
        return count - labels[..count].Count(0f);
    }
}
