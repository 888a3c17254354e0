using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>Pass 1 of one thread: counts the fields of training rows and checks every cell, also of the other rows.</summary>
internal sealed class CountWorker : IBlockWorker, IDisposable
{
    private readonly BlockReader _reader;
    private readonly IReadOnlyList<string> _paths;
    private readonly Schema _schema;
    private readonly SplitAssigner _splits;
    private readonly LabelReader _labels;
    private readonly RowGroup _group;
    private readonly ColumnCounter?[] _counters;
    private readonly ColumnCounter?[] _checks;
    private RowParser? _parser;
    private int _file = -1;

    /// <param name="reader">Gives the blocks.</param>
    /// <param name="paths">The files.</param>
    /// <param name="schema">What is counted.</param>
    /// <param name="splits">Says which rows are for training.</param>
    /// <param name="checkedBy">A schema of the same fields, whose columns must take every cell too; null for the same one.</param>
    public CountWorker(BlockReader reader, IReadOnlyList<string> paths, Schema schema, SplitAssigner splits, Schema? checkedBy = null)
    {
        _reader = reader;
        _paths = paths;
        _schema = schema;
        _splits = splits;
        _labels = new LabelReader(schema);
        _group = new RowGroup(schema.Fields.Count);
        _counters = Counters(schema);
        _checks = checkedBy is null ? [] : Counters(checkedBy);

        static ColumnCounter?[] Counters(Schema schema) =>
            [.. schema.Fields.Select((f, i) => f.Kind is FieldKind.Label or FieldKind.Ignored ? null : ColumnCounter.Create(schema, i))];
    }

    public IReadOnlyList<ColumnCounter?> Counters => _counters;

    /// <summary>Rows seen with label 1, over all splits.</summary>
    public long Clicks { get; private set; }

    public void Prepare() { }

    public void Process(Block block)
    {
        string path = _paths[block.File];
        Layout layout = _reader.Layouts[block.File];
        if (_file != block.File) _parser = ReaderCatalogue.Create(layout);
        _file = block.File;
        Span<byte> splits = stackalloc byte[RowGroup.Capacity];
        Span<int> rows = stackalloc int[RowGroup.Capacity], others = stackalloc int[RowGroup.Capacity];
        int position = 0, first = 0;
        while (position < block.Length)
        {
            position = _parser!.Parse(block, position, path, _group);
            _splits.Assign(block, first, splits[.._group.Rows]);
            int train = 0, other = 0;
            for (int r = 0; r < _group.Rows; r++)
            {
                rows[train] = r;
                others[other] = r;
                train += splits[r] == 0 ? 1 : 0;
                other += splits[r] == 0 ? 0 : 1;
            }
            first += _group.Rows;
            try
            {
                Clicks += CountClicks(block, layout.Label, _group.Rows);
                for (int field = 0; field < _counters.Length; field++)
                {
                    if (_counters[field] is not { } counter) continue;
                    counter.Count(block.Bytes, _group.Held(field), rows[..train]);
                    counter.Check(block.Bytes, _group.Held(field), others[..other]);
                    if (_checks.Length == 0) continue;
                    _checks[field]!.Check(block.Bytes, _group.Held(field), rows[..train]);
                }
            }
            catch (CellError)
            {
                throw FirstBadCell.Of(layout, block, _group, path, Columns(block, layout));
            }
            _group.ThrowIfStopped();
        }
    }

    private int CountClicks(Block block, int label, int rows)
    {
        Span<float> labels = stackalloc float[RowGroup.Capacity];
        _labels.Read(block.Bytes, _group.Held(label)[..rows], MemoryMarshal.AsBytes(labels), 4);
        int clicks = 0;
        for (int r = 0; r < rows; r++) clicks += labels[r] != 0 ? 1 : 0;
        return clicks;
    }

    private List<(int Field, Action<int> Look)> Columns(Block block, Layout layout)
    {
        int[] all = [.. Enumerable.Range(0, RowGroup.Capacity)];
        var columns = new List<(int, Action<int>)> { (layout.Label, rows => CountClicks(block, layout.Label, rows)) };
        foreach (ColumnCounter?[] counters in new[] { _checks, _counters })
        {
            for (int i = 0; i < counters.Length; i++)
            {
                if (counters[i] is not { } counter) continue;
                int field = i;
                columns.Add((field, rows => counter.Check(block.Bytes, _group.Held(field), all.AsSpan(0, rows))));
            }
        }
        return columns;
    }

    public void Dispose()
    {
        _group.Dispose();
        foreach (ColumnCounter? counter in _counters.Concat(_checks)) counter?.Dispose();
    }

    /// <summary>Merges what all workers have seen, field by field in parallel, and fits the encoder.</summary>
    public static Encoder Fit(Schema schema, IReadOnlyList<CountWorker> workers)
    {
        var columns = new ColumnEncoder[schema.Fields.Count][];
        int[] leaders = SharedVocabularies.Leaders(schema);
        try
        {
            System.Threading.Tasks.Parallel.For(0, columns.Length, new ParallelOptions { MaxDegreeOfParallelism = workers.Count }, field =>
            {
                if (leaders[field] != field) return; // fitted with the one that leads
                columns[field] = [];
                if (workers[0].Counters[field] is not { } counter) return;
                int[] followers = [.. Enumerable.Range(field + 1, leaders.Length - field - 1).Where(f => leaders[f] == field)];
                foreach (int source in followers.Prepend(field))
                {
                    foreach (ColumnCounter other in workers.Select(w => w.Counters[source]!).Where(c => c != counter))
                    {
                        counter.Merge(other);
                        other.Dispose();
                    }
                }
                columns[field] = counter.Fit(schema.Fields[field].MinCount ?? schema.MinCount);
                counter.Dispose();
                foreach (int follower in followers)
                    columns[follower] = [columns[field][0].SharedBy(schema.Fields[follower].Name, follower, new MissingTexts(schema, schema.Fields[follower]))];
            });
        }
        catch (AggregateException e) when (e.InnerException is ConsortException inner)
        {
            throw inner;
        }
        return new Encoder(schema, [.. columns.SelectMany(c => c)]);
    }
}
