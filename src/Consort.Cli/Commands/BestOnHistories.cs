using System.Runtime.InteropServices;
using Consort.Learning.Evaluation;
using Consort.Synthetic;
using Consort.Synthetic.Histories;

namespace Consort.Cli.Commands;

/// <summary>The best that can be reached on synthetic rows with histories, in expectation over the clicks.</summary>
/// <param name="Auc">By the true probabilities.</param>
/// <param name="LogLoss">Likewise.</param>
/// <param name="AucWithoutOrder">By their mean over all orders of each history.</param>
/// <param name="LogLossWithoutOrder">Likewise.</param>
internal sealed record BestOnHistories(double Auc, double LogLoss, double AucWithoutOrder, double LogLossWithoutOrder)
{
    /// <summary>Reads the files beside the rows.</summary>
    public static BestOnHistories Of(string file)
    {
        var truth = Read(file + SyntheticClicks.TruthSuffix);
        var (best, blind) = (Measure(truth), Measure(Read(file + HistoryClicks.BlindSuffix)));
        return new BestOnHistories(best.Auc, best.LogLoss, blind.Auc, blind.LogLoss);

        ExpectedMetrics Measure(float[] probabilities) =>
            ExpectedMetrics.Of(truth, Array.ConvertAll(probabilities, p => MathF.Log(p / (1 - p))));
    }

    private static float[] Read(string path) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path)).ToArray();
}
