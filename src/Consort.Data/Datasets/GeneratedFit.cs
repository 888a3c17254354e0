using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>
/// Generated columns are made of what others have become, so they are fitted when those are: in a pass of their own over the training rows,
/// which schemas without such columns do without.
/// </summary>
internal static class GeneratedFit
{
    /// <summary>Adds the generated columns of a schema to an encoder that was fitted without them.</summary>
    /// <param name="encoder">The encoder; it is given up.</param>
    /// <param name="schema">Names them.</param>
    /// <param name="splits">Says which rows are for training.</param>
    /// <param name="threads">Threads.</param>
    /// <param name="pass">A pass over the rows.</param>
    /// <param name="report">Told the bytes read.</param>
    public static Encoder Add(Encoder encoder, Schema schema, SplitAssigner splits, int threads, Func<RowPass> pass,
        Action<long>? report = null)
    {
        if (schema.Generated.Count == 0) return encoder;
        CountGenerated[] counts = [.. Enumerable.Range(0, threads).Select(_ => new CountGenerated(encoder, schema, splits))];
        try
        {
            using (var rows = pass()) rows.Run(counts, report);
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

    /// <summary>What one thread has counted.</summary>
    private sealed class CountGenerated(Encoder encoder, Schema schema, SplitAssigner splits) : IRowConsumer, IDisposable
    {
        private readonly RowEncoder _encoder = new(encoder, LabelUse.PassedOver);
        private readonly int _ids = 4 * encoder.Space.Categorical.Count;
        private readonly int _stride = new RowLayout(encoder.Space, hasTruth: false).Bytes;
        private byte[]? _rows;

        public IReadOnlyList<GeneratedCounter> Counters { get; } =
            [.. schema.Generated.Select(f => GeneratedCounter.Of(f, [.. encoder.Columns.Where(c => c.Size > 0)]))];

        public void Take(RowCursor rows)
        {
            Span<byte> dealt = stackalloc byte[RowGroup.Capacity];
            splits.Assign(rows, dealt);
            _rows ??= new byte[RowGroup.Capacity * _stride];
            _encoder.Encode(rows, _rows, _stride);
            for (var r = 0; r < rows.Group.Rows; r++)
            {
                if (dealt[r] != 0) continue;
                var ids = MemoryMarshal.Cast<byte, int>(_rows.AsSpan(r * _stride, _ids));
                foreach (var counter in Counters) counter.Count(ids, _encoder.Lists.Numbers);
            }
        }

        public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) => _encoder.Looks(rows).Concat(splits.Looks(rows));

        public void Dispose()
        {
            foreach (var counter in Counters) counter.Dispose();
        }
    }
}
