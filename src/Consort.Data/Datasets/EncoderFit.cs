using System.Collections.Concurrent;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Data.Datasets;

/// <summary>From what all threads have counted to an encoder.</summary>
internal static class EncoderFit
{
    /// <summary>Merges, field by field in parallel, and fits; generated fields are left to <see cref="GeneratedFit"/>.</summary>
    /// <param name="schema">What was counted.</param>
    /// <param name="counts">What each thread has counted; given up.</param>
    /// <param name="mixed">Tells where times of several forms stand, or gives null; null where the rows cannot be read again.</param>
    /// <param name="cancellation">Stops between fields.</param>
    /// <exception cref="ConsortException">A column cannot be fitted.</exception>
    public static Encoder Of(Schema schema, IReadOnlyList<CountRows> counts, Func<ConsortException?>? mixed = null,
        CancellationToken cancellation = default)
    {
        var columns = new ColumnEncoder[schema.Fields.Count][];
        var fields = schema.Fields.ToArray();
        var leaders = SharedVocabularies.Leaders(schema);
        var followersOf = leaders.Index().Where(f => f.Item != f.Index).ToLookup(f => f.Item, f => f.Index);
        try
        {
            // One by one: fields differ in what there is to merge, and the last of a schema are often the largest.
            var one = Partitioner.Create(Enumerable.Range(0, columns.Length).Reverse(), EnumerablePartitionerOptions.NoBuffering);
            var options = new ParallelOptions { MaxDegreeOfParallelism = counts.Count, CancellationToken = cancellation };
            Parallel.ForEach(one, options, field =>
            {
                if (leaders[field] != field) return; // fitted with the one that leads
                columns[field] = [];
                if (counts[0].Counters[field] is not { } counter) return;
                int[] followers = [.. followersOf[field]];
                foreach (var other in followers.Prepend(field).SelectMany(f => counts.Select(c => c.Counters[f]!)).Where(c => c != counter))
                {
                    counter.Merge(other);
                    other.Dispose();
                }
                columns[field] = counter.Fit(schema.Fields[field].MinCount ?? schema.MinCount);
                fields[field] = counter.FittedField;
                counter.Dispose();
                foreach (var follower in followers)
                    columns[follower] = [columns[field][0].SharedBy(schema, follower)];
            });
        }
        catch (AggregateException e) when (e.InnerException is ConsortException inner)
        {
            throw inner;
        }
        catch (AggregateException e) when (e.InnerException is MixedForms forms)
        {
            throw mixed?.Invoke() ?? new ConsortException(forms.Message);
        }
        return new Encoder(schema with { Fields = fields, Generated = [] }, [.. columns.SelectMany(c => c)]);
    }
}
