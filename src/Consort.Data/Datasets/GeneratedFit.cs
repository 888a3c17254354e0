using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>
/// Generated columns are made of what others have become, so they are fitted when those are: in a pass of their own over the training rows
/// or their drafts, which schemas without such columns do without.
/// </summary>
internal static class GeneratedFit
{
    /// <summary>Adds the generated columns of a schema to an encoder that was fitted without them.</summary>
    /// <param name="encoder">The encoder; it is given up.</param>
    /// <param name="schema">Names them.</param>
    /// <param name="splits">Says which rows are for training.</param>
    /// <param name="drafts">The drafts of the rows, or null.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="pass">A pass over the rows or their drafts.</param>
    public static Encoder Add(Encoder encoder, Schema schema, SplitAssigner splits, DraftedRows? drafts, int threads,
        Action<IReadOnlyList<CountGenerated>> pass)
    {
        if (schema.Generated.Count == 0) return encoder;
        CountGenerated[] counts = [.. Enumerable.Range(0, threads).Select(_ => new CountGenerated(encoder, schema, splits, drafts))];
        try
        {
            pass(counts);
            var columns = encoder.Columns.ToList();
            foreach (var (i, field) in schema.Generated.Index())
            {
                var counter = counts[0].Counters[i];
                foreach (var other in counts.Skip(1)) counter.Merge(other.Counters[i]);
                columns.Add(counter.Fit(field, schema.Fields.Count + i, field.MinCount ?? schema.MinCount));
            }
            return new Encoder(encoder.Schema with { Generated = schema.Generated }, columns);
        }
        finally
        {
            foreach (var count in counts) count.Dispose();
        }
    }
}

/// <summary>What one thread has counted of generated columns.</summary>
internal sealed class CountGenerated(Encoder encoder, Schema schema, SplitAssigner splits, DraftedRows? drafts)
    : IRowConsumer, IDraftConsumer, IDisposable
{
    private readonly RowEncoder _encoder = new(encoder, LabelUse.PassedOver);
    private readonly RowLayout _layout = new(encoder.Space, hasTruth: false);
    private readonly DraftEncoder? _drafts = drafts is null ? null : new(drafts, encoder, new RowLayout(encoder.Space, hasTruth: false));
    private byte[]? _rows;

    public IReadOnlyList<GeneratedCounter> Counters { get; } =
        [.. schema.Generated.Select(f => GeneratedCounter.Of(f, [.. encoder.Columns.Where(c => c.Size > 0)]))];

    private Span<byte> Rows => _rows ??= new byte[RowGroup.Capacity * _layout.Bytes];

    public void Take(RowCursor rows)
    {
        Span<byte> dealt = stackalloc byte[RowGroup.Capacity];
        splits.Assign(rows, dealt);
        _encoder.Encode(rows, Rows, _layout.Bytes);
        for (var r = 0; r < rows.Group.Rows; r++)
        {
            if (dealt[r] == 0) Count(r, _encoder.Lists);
        }
    }

    public void Take(DraftBlock draft, DraftPlace place) => _drafts!.Encode(draft, place, Rows, (at, split, _) =>
    {
        if (split == 0) Count(at, _drafts.Lists);
    }
    );

    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) => _encoder.Looks(rows).Concat(splits.Looks(rows));

    public void Dispose()
    {
        foreach (var counter in Counters) counter.Dispose();
    }

    private void Count(int row, ListBuffer lists)
    {
        var ids = MemoryMarshal.Cast<byte, int>(Rows.Slice(row * _layout.Bytes, _layout.NumericAt));
        foreach (var counter in Counters) counter.Count(ids, lists.Numbers);
    }
}
