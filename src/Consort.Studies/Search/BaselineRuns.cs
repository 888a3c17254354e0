using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Foundation.Options;
using Consort.Learning.Evaluation;
using Consort.Studies.Baselines;

namespace Consort.Studies.Search;

/// <summary>Learns by settings of a baseline: what is chosen by one half of the validation rows is measured on the other.</summary>
internal sealed class BaselineRuns(BaselineSearchRequest request, EncodedDataset data)
{
    private readonly SplitLabels _valid = SplitLabels.Of(Needed(data));
    private readonly SplitLabels _test = SplitLabels.OfTest(data);

    /// <summary>Learns by a trial's options.</summary>
    /// <exception cref="ConsortException">It cannot be learned by.</exception>
    public Rung Try(OptionTree options, int steps, CancellationToken cancellation)
    {
        var scores = Fit(options, request.Seed, cancellation);
        var seen = SplitLabels.Measure(Half(scores.Valid, isKept: false));
        return new Rung(steps, seen.Auc, seen.Auc, seen.LogLoss, scores.Seconds, IsOver: true);
    }

    /// <summary>Learns by a setting with a seed of its own.</summary>
    public FinalRun Finish(OptionTree options, ulong seed, CancellationToken cancellation)
    {
        var scores = Fit(options, seed, cancellation);
        return new FinalRun(SplitLabels.Measure(Half(scores.Valid, isKept: false)).Auc, Half(scores.Valid, isKept: true),
            scores.Test is { } test ? SplitLabels.Measure(_test.With(test)).Auc : null);
    }

    private BaselineScores Fit(OptionTree options, ulong seed, CancellationToken cancellation) =>
        request.Baseline.With(options).Fit(data, seed, request.Threads, row => !IsKept(row), cancellation);

    private static bool IsKept(int row) => LeftOut.PartOf(row, 2) == SearchRuns.Kept;

    private RowLogits Half(float[] logits, bool isKept)
    {
        int[] rows = [.. Enumerable.Range(0, logits.Length).Where(r => IsKept(r) == isKept)];
        return new RowLogits(Array.ConvertAll(rows, r => _valid.Labels[r]), Array.ConvertAll(rows, r => logits[r]), [])
        {
            Weights = _valid.Weights is { } weights ? Array.ConvertAll(rows, r => weights[r]) : null,
        };
    }

    private static EncodedSplit Needed(EncodedDataset data) => data.Valid
        ?? throw new ConsortException($"{data.Folder}: found no validation rows, expected some: one half chooses, the other measures");
}
