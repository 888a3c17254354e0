using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>What the numbers say, in plain words and with their uncertainty.</summary>
internal static class Findings
{
    /// <summary>What runs on one data set come to.</summary>
    public static Summary Of(Study study, Setting baseline, string data)
    {
        var settings = study.Settings;
        // Chosen by validation, told by test: choosing by test would flatter the chosen one.
        var best = settings.MaxBy(s => s.ValidAuc)!;
        var rows = Uncertainty.SplitName(best);
        var auc = Numbers.WithDeviation(best.Auc.Mean, best.Auc.Deviation);
        var spread = best.Runs.Count > 1 ? $" (mean ± standard deviation of {best.Runs.Count} seeds)" : "";
        var first = settings.Count == 1
            ? $"{best.Label} reaches {rows} AUC {auc}{spread} and log-loss {Numbers.WithDeviation(best.LogLoss.Mean, best.LogLoss.Deviation)}."
            : $"Of {settings.Count} settings, {best.Label} is the best on the validation rows; on the {rows} rows it reaches AUC {auc}{spread} and log-loss {Numbers.WithDeviation(best.LogLoss.Mean, best.LogLoss.Deviation)}.";
        // Where a line of families says it, it is not said twice.
        if (settings.Count > 1 && !study.Scalings.Any(s => s.Settings[0] == baseline && s.Settings[^1] == best))
            first += " " + Against(best, best == baseline ? settings.Where(s => s != best).MaxBy(s => s.ValidAuc)! : baseline,
                best == baseline);
        List<string> more = study.Scalings.Count <= ScalingSection.MostInFindings ? [.. study.Scalings.Select(ScalingSection.Words)] : [];
        if (best.First.Split!.CeilingAuc is { } ceiling)
            more.Add(Ceiling(best, baseline, ceiling));
        return new Summary(data, first, Summary.CostOf(best, settings), Summary.UndecidedOf(best, settings), more);
    }

    private static string Against(Setting best, Setting other, bool isSecond)
    {
        var name = isSecond ? $"the next, {other.Label}" : other.Members == 1 && best.Members > 1
            ? $"the best single model, {other.Label}" : other.Label;
        var comparison = best.Against(other, r => r.Auc);
        if (comparison is null)
        {
            var difference = best.Auc.Mean - other.Auc.Mean;
            return $"Against {name}, its AUC differs by {Numbers.Signed(difference)}; with fewer than two seeds in common there is no telling whether another seed would say the same.";
        }

        var verdict = comparison.IsDecided
            ? comparison.Difference > 0 ? "more than seeds explain" : "a loss that seeds do not explain"
            : "zero lies in the interval, so these seeds leave it undecided which is better";
        return $"Against {name}, its AUC differs by {Uncertainty.Words(comparison)}: {verdict}.";
    }

    private static string Ceiling(Setting best, Setting baseline, double ceiling)
    {
        var text = $"The truth behind these clicks is known: no model can do better than AUC {Numbers.Auc(ceiling)}, {Numbers.Auc(ceiling - best.Auc.Mean)} above";
        var gap = ceiling - baseline.Auc.Mean;
        var gain = best.Auc.Mean - baseline.Auc.Mean;
        return best == baseline || gap <= 0 ? text + $" {best.Label}."
            : $"{text} {best.Label}; of the gap that {baseline.Label} leaves, it closes {(gain > 0 ? Numbers.Percent(gain / gap) : "nothing")}.";
    }
}
