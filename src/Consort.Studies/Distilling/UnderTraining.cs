using System.Globalization;
using Consort.Learning.Runs;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Distilling;

/// <summary>Whether a teacher has learned what it could: who has not has little to teach.</summary>
internal static class UnderTraining
{
    private const double LeastAuc = 0.55;

    /// <summary>
    /// A line on a run that told clicks hardly from the rest on its validation rows, or was still getting better when it ended, at a rate
    /// that had not fallen; null for one that was trained.
    /// </summary>
    public static string? Of(RunFolder run)
    {
        var all = Events.Read(run.Events);
        if (all.Count == 0)
            return null;
        var best = all.Max(e => e.Valid.Auc);
        if (best < LeastAuc)
            return string.Create(CultureInfo.InvariantCulture,
                $"{run.Path}: a teacher whose valid AUC is {best:F3}; teaching cannot pay from teachers that are under-trained");
        var last = all[^1];
        var own = all.Where(e => e.Phase == last.Phase && e.Steps > 0).ToArray();
        return own.Length > 1 && last.IsBest && last.LearningRate > own.Max(e => e.LearningRate) / 2
            ? $"{run.Path}: a teacher whose last epoch was its best, at a rate that had not fallen; teaching cannot pay from teachers that are under-trained: give it more epochs"
            : null;
    }
}
