using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>The first pass: an encoder, and the rows that it is for.</summary>
/// <param name="Encoder">The encoder.</param>
/// <param name="Splits">Deals rows.</param>
/// <param name="Sources">What was read.</param>
/// <param name="File">The file of drafts, if there is one.</param>
internal sealed record DatasetFit(Encoder Encoder, SplitAssigner Splits, SourceIdentity[] Sources, DraftFile? File = null) : IDisposable
{
    /// <summary>What was drafted of the rows; null where they are read again.</summary>
    public DraftedRows? Rows { get; init; }

    /// <summary>
    /// Does something with drafts. Where a cell turns out to be none that a fitted column takes, or there are no drafts, the same is
    /// done with the rows themselves, for they alone can say which cell.
    /// </summary>
    public T Either<T>(Func<DraftedRows?, T> take)
    {
        try
        {
            if (Rows is not null) return take(Rows);
        }
        catch (CellError)
        {
            // told by who reads the rows
        }
        return take(null);
    }

    public void Dispose() => File?.Dispose();

    /// <summary>Fits an encoder on the training rows, or takes the one that is given.</summary>
    /// <param name="request">What is encoded.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="temp">Where drafts may lie.</param>
    /// <param name="report">Told the phase and the bytes read.</param>
    /// <param name="cancellation">Stops the work.</param>
    /// <exception cref="ConsortException">A mistake in the raw data.</exception>
    public static DatasetFit Of(
        EncodeRequest request, int threads, string temp, Action<string, long> report, CancellationToken cancellation) =>
        request.IsFitted ? Before(request, report, cancellation) : OnTraining(request, threads, temp, report, cancellation);

    private static DatasetFit OnTraining(
        EncodeRequest request, int threads, string temp, Action<string, long> report, CancellationToken cancellation)
    {
        var (rows, mistake, seen) = request.Split.Kind == SplitKind.InOrder ? RowsOf(request, report, cancellation) : (0, null, []);
        var splits = new SplitAssigner(request.Split, rows, request.Schema);
        using var pass = request.Pass(cancellation);
        var drafts = !request.ReadsTwice && CountRows.Drafts(request.Schema) ? new DraftFile(temp) : null;
        CountRows[] counts = [.. Enumerable.Range(0, threads).Select(i => new CountRows(request.Schema, splits, null, drafts, i))];
        try
        {
            pass.Run(counts, bytes => report("fit", bytes));
            if (mistake is not null) throw mistake;
            if (request.Schema.HasWeights && counts.Sum(c => c.TrainWeight) == 0)
                throw new ConsortException($"{request.Split.Files[0]}: found weight 0 in all training rows, expected some that count");
            var schema = request.Schema with { NegativeShare = request.Split.Sample?.Share ?? 1 };
            var fitted = new DatasetFit(EncoderFit.Of(schema, counts, Mixed, cancellation), splits, pass.Identities(), drafts);
            if (seen.Length > 0) CheckSame(fitted.Sources, seen);
            if (drafts is not null) fitted = fitted with { Rows = new DraftedRows(drafts, fitted.Encoder, counts) };
            var total = request.SourceBytes();
            return fitted.Either(drafted => fitted with
            {
                Encoder = GeneratedFit.Add(fitted.Encoder, schema, splits, drafted, threads, generated =>
                {
                    if (drafted is not null)
                    {
                        DraftPass.Run(drafted, generated, share => report("fit generated", (long)(share * total)), null, cancellation);
                        return;
                    }
                    using var again = request.Pass(cancellation);
                    again.Run(generated, bytes => report("fit generated", bytes));
                }),
            });
        }
        catch
        {
            drafts?.Dispose();
            throw;
        }
        finally
        {
            foreach (var count in counts) count.Dispose();
        }

        ConsortException? Mixed()
        {
            using var again = request.Pass(cancellation);
            return MixedTimes.First(request.Schema, again, cancellation);
        }
    }

    // A pass of its own tells what the sources are, of which the key and the names of files are made.
    private static DatasetFit Before(EncodeRequest request, Action<string, long> report, CancellationToken cancellation)
    {
        if (request.Part is { } part)
            return new DatasetFit(request.By!, new SplitAssigner(request.Split, part.TotalRows, request.Schema), [.. part.Sources]);
        var (rows, mistake, sources) = RowsOf(request, report, cancellation);
        return mistake is null
            ? new DatasetFit(request.By ?? request.Like!.Encoder, new SplitAssigner(request.Split, rows, request.Schema), sources)
            : throw mistake;
    }

    /// <summary>Refuses sources that have changed from pass to pass.</summary>
    public static void CheckSame(IEnumerable<SourceIdentity> now, IReadOnlyList<SourceIdentity> before)
    {
        var changed = now.Zip(before).FirstOrDefault(p => p.First.Hash != p.Second.Hash).Second;
        if (changed is null) return;
        throw new ConsortException(SourcePlace.Show(changed.Path) + (SourcePlace.IsFile(changed.Path)
            ? ": its content changed while it was being encoded, expected a file that nobody writes"
            : ": gave other rows when it was asked a second time, expected the same in the same order; end a query with an order by that leaves nothing open, and take random() out of it"));
    }

    /// <summary>Counts rows, as far as they can be told apart: the pass that looks into them may come upon an earlier mistake.</summary>
    private static (long Rows, ConsortException? Mistake, SourceIdentity[] Sources) RowsOf(EncodeRequest request,
        Action<string, long> report, CancellationToken cancellation)
    {
        using var pass = request.Pass(cancellation);
        using var rows = new RowCursor(request.Schema.Fields.Count);
        try
        {
            while (pass.Read(rows))
            {
                cancellation.ThrowIfCancellationRequested();
                if (rows.Block.Index % 64 == 0) report("count rows", pass.Position);
            }
        }
        catch (ConsortException mistake)
        {
            return (pass.Rows, mistake, []);
        }
        return (pass.Rows, null, pass.Identities());
    }
}
