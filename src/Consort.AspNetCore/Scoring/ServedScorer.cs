using Consort.AspNetCore.Registry;
using Consort.Serving;
using Microsoft.Extensions.DependencyInjection;

namespace Consort.AspNetCore.Scoring;

/// <summary>
/// Scores rows of the app's own code by the version of a model that is served at each call, and counts as requests are counted.
/// </summary>
/// <param name="models">All models.</param>
/// <param name="model">The model; null for the first.</param>
/// <param name="version">A version or a label; null for that of label <c>stable</c>, or the latest where there is none.</param>
internal class ServedScorer<T>(ModelRegistry models, string? model = null, string? version = null) : IScorer<T>
{
    public float Score(T row)
    {
        using var lease = models.Lease(model, version);
        var (batches, metrics) = (lease.Version.Batches, lease.Version.Metrics);
        using var scoring = metrics.Begin("code");
        var impression = batches.TakeImpression();
        try
        {
            lease.Scorer.For<T>().Fill(row, impression);
            var probability = lease.Scorer.Score(impression);
            metrics.AddValues(lease.Scorer.Encoder.Space.Categorical.Count, impression.CountUnseen());
            metrics.AddAnswer(new ReadOnlySpan<float>(in probability));
            lease.Version.Window.Add(impression, probability);
            return probability;
        }
        catch (Exception e) when (scoring.Fails(e))
        {
            throw;
        }
        finally
        {
            batches.Return(impression);
        }
    }

    public void Score(ReadOnlySpan<T> rows, Span<float> probabilities) => Each(false, default!, rows, probabilities);

    public void ScoreCandidates<TItem>(T context, ReadOnlySpan<TItem> items, Span<float> probabilities) =>
        Each(true, context, items, probabilities);

    private void Each<TRow>(bool areCandidates, T context, ReadOnlySpan<TRow> rows, Span<float> probabilities)
    {
        if (probabilities.Length < rows.Length)
            throw new ArgumentException($"found room for {probabilities.Length} probabilities, expected {rows.Length}",
                nameof(probabilities));
        using var lease = models.Lease(model, version);
        var (batches, metrics) = (lease.Version.Batches, lease.Version.Metrics);
        using var scoring = metrics.Begin("code");
        var (scorer, impression, batch, done) = (lease.Scorer.For<TRow>(), batches.TakeImpression(), batches.TakeBatch(), 0);
        try
        {
            if (areCandidates)
            {
                lease.Scorer.For<T>().Fill(context, impression);
                metrics.AddValues(lease.Scorer.Encoder.Space.Categorical.Count, impression.CountUnseen());
            }

            var columns = areCandidates ? ColumnsOf(lease, scorer.Fields) : lease.Scorer.Encoder.Space.Categorical.Count;
            var differs = areCandidates && lease.Version.Window.IsOn ? Differing(lease, scorer.Fields) : [];
            for (; done < rows.Length; done += batch.Count)
            {
                batch.Clear();
                foreach (var row in rows.Slice(done, Math.Min(batch.Capacity, rows.Length - done)))
                    scorer.Fill(row, batch.Add());
                if (areCandidates)
                {
                    scorer.AsCandidates.Score(impression, batch, probabilities[done..]);
                    lease.Version.Window.Add(impression, batch, differs, probabilities[done..]);
                }
                else
                {
                    lease.Scorer.Score(batch, probabilities[done..]);
                    lease.Version.Window.Add(batch, probabilities[done..]);
                }

                metrics.AddValues((long)batch.Count * columns, ScoreRun.CountUnseen(batch));
            }
        }
        catch (Exception e) when (scoring.Fails(e) || e is ConsortException)
        {
            // A call is answered as a whole or not at all.
            probabilities[..rows.Length].Clear();
            if (e is ConsortException { Row: { } row } mistake)
                throw new ConsortException(mistake.Detail, e) { Row = done + row };
            throw;
        }
        finally
        {
            batches.Return(batch);
            batches.Return(impression);
        }

        metrics.AddAnswer(probabilities[..rows.Length]);
    }

    // Which fields candidates give, by their place among the scorer's.
    private static bool[] Differing(VersionLease lease, IReadOnlyList<string> fields) =>
        [.. lease.Scorer.Fields.Select(f => fields.Contains(f))];

    private static int ColumnsOf(VersionLease lease, IReadOnlyList<string> fields)
    {
        var columns = 0;
        for (var i = 0; i < fields.Count; i++)
            columns += lease.Version.Fields.Columns[lease.Scorer.FieldIndex(fields[i])];
        return columns;
    }
}

/// <summary>The scorer of the model that a service is asked for by.</summary>
internal sealed class NamedScorer<T>([ServiceKey] string model, ModelRegistry models) : ServedScorer<T>(models, model);
