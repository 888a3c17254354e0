using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Learning.Evaluation;

namespace Consort.Studies.Baselines;

/// <summary>The labels of a split and how much its rows count: what logits of any origin are measured by.</summary>
/// <param name="Labels">0 or 1, [n].</param>
/// <param name="Weights">[n]; null where all count alike.</param>
internal sealed record SplitLabels(float[] Labels, float[]? Weights)
{
    /// <summary>Those of the test split, or of the validation split where there is no other, as runs are measured.</summary>
    public static SplitLabels OfTest(EncodedDataset data) => Of(data.Test ?? data.Valid!);

    /// <summary>Those of a split.</summary>
    public static SplitLabels Of(EncodedSplit split)
    {
        var (labels, weights, done) = (new float[split.Rows], split.Space.HasWeights ? new float[split.Rows] : null, 0);
        using var loader = new BatchLoader(split, new LoaderOptions(4096));
        for (loader.Start(0); loader.Next() is { } batch; done += batch.Rows)
        {
            batch.Labels.CopyTo(labels.AsSpan(done));
            if (weights is not null)
                batch.Weights.CopyTo(weights.AsSpan(done));
        }

        return new SplitLabels(labels, weights);
    }

    /// <summary>Logits with these labels.</summary>
    public RowLogits With(float[] logits) => new(Labels, logits, []) { Weights = Weights };

    /// <summary>Measures logits of the rows.</summary>
    public static Metrics Measure(RowLogits rows)
    {
        using var evaluator = new Evaluator(isWeighted: rows.Weights is not null);
        evaluator.Add(rows.Logits, rows.Labels, rows.Weights);
        return evaluator.Result();
    }
}
