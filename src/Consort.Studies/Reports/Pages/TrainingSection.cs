using System.Globalization;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Plots;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>Training curves of each setting: loss terms, validation AUC and log-loss, learning rate.</summary>
internal static class TrainingSection
{
    private const int MostOpen = 2;

    /// <summary>The section, or null where no run has an event log with evaluations.</summary>
    public static Section? Of(IReadOnlyList<(string Label, IReadOnlyList<RunRecord> Runs)> settings, string best, string id, string title)
    {
        var shown = settings.Select(s => (s.Label, Runs: s.Runs.Where(r => r.Evaluations.Count > 0).ToList()))
            .Where(s => s.Runs.Count > 0).ToList();
        if (shown.Count == 0)
            return null;
        return new Section(id, title,
        [
            new Paragraph("Every evaluation on the validation rows, as the event log has it. A line is a seed; the mark is the evaluation whose weights were kept."),
            .. shown.Select(s => new Fold(Line(s.Label, s.Runs), [Plots(s.Label, s.Runs)], IsOpen: shown.Count <= MostOpen
                || s.Label == best)),
        ]);
    }

    private static string Line(string label, List<RunRecord> runs)
    {
        var kept = runs.Select(Kept).ToList();
        var auc = kept.Average(e => e.Valid.Auc);
        var epochs = runs.Average(r => r.Evaluations[^1].Epochs);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{label} — kept at epoch {kept.Average(e => e.Epochs):0.#} of {epochs:0.#}{(runs.Count > 1 ? $" (mean of {runs.Count} seeds)" : "")}, validation AUC {Numbers.Auc(auc)}");
    }

    // The weights of the last phase that has any best ones are those that count.
    private static EvaluationRecord Kept(RunRecord run) => run.Evaluations.LastOrDefault(e => e.IsBest) ?? run.Evaluations[^1];

    private static Figure Plots(string label, List<RunRecord> runs)
    {
        var terms = runs.SelectMany(r => r.Evaluations).SelectMany(e => e.Loss.Select(t => t.Key)).Distinct().ToList();
        var hasMembers = runs.Any(r => r.Members > 1);
        List<Panel> panels = [];
        if (terms.Count > 0)
        {
            panels.Add(Plot(label, terms.Count > 1 ? "Training loss by term, mean of the epoch" : "Training loss, mean of the epoch",
                [.. runs.SelectMany(r => terms.Select((term, i) =>
                Curve(r, term, terms.Count > 1 ? i : Look(runs, r), e =>
                    e.Loss.FirstOrDefault(t => t.Key == term) is { Key: not null } found ? found.Value : double.NaN, markKept: false)))],
                    runs));
        }

        panels.Add(Plot(label, hasMembers ? "Validation AUC, ensemble and (thin) members" : "Validation AUC",
            [.. runs.SelectMany(r => Members(r, Look(runs, r))
                .Append(Curve(r, "ensemble", Look(runs, r), e => e.Valid.Auc, markKept: true)))], runs));
        panels.Add(Plot(label, "Validation log-loss",
            [.. runs.Select(r => Curve(r, "ensemble", Look(runs, r), e => e.Valid.LogLoss, markKept: true))], runs));
        var rates = runs.SelectMany(r => r.Evaluations).Select(e => e.LearningRate).Where(r => r > 0).ToList();
        if (rates.Count > 0)
            panels.Add(Plot(label, "Learning rate",
                [.. runs.Select(r => Curve(r, "rate", Look(runs, r), e => e.LearningRate, markKept: false))], runs, isLog: true));
        List<LegendEntry> legend = [.. runs.Select(r => new LegendEntry($"seed {r.Seed}", Look(runs, r)))];
        if (terms.Count > 1)
            legend = [.. runs.Count > 1 ? legend : [], .. terms.Select((t, i) => new LegendEntry($"loss term {t}", i))];
        return new Figure($"Training of {label} by epoch.", legend, panels, Table(runs, terms));
    }

    private static int Look(List<RunRecord> runs, RunRecord run) => runs.IndexOf(run);

    private static IEnumerable<Line> Members(RunRecord run, int look) => run.Members == 1 ? [] : Enumerable.Range(0, run.Members)
        .Select(m => Curve(run, $"member {m}", look, e => m < e.MemberAuc.Count ? e.MemberAuc[m] : double.NaN, markKept: false)
            with
        { IsThin = true });

    private static Line Curve(RunRecord run, string name, int look, Func<EvaluationRecord, double> value, bool markKept)
    {
        var kept = Kept(run);
        return new Line(name, [.. run.Evaluations.Select(e => new LinePoint(
            e.Epochs, value(e), Tip: markKept && e == kept
                ? string.Create(CultureInfo.InvariantCulture, $"seed {run.Seed}, kept: epoch {e.Epochs:0.##}, {Numbers.Auc(value(e))}")
                : null))], look, Marks: run.Evaluations.Count == 1);
    }

    private static Panel Plot(string label, string name, IReadOnlyList<Line> lines, List<RunRecord> runs, bool isLog = false)
    {
        var ends = lines.Where(l => !l.IsThin).SelectMany(l => l.Points).Where(p => double.IsFinite(p.Y)).ToList();
        var plot = new LinePlot
        {
            Description = $"{name} of {label} by epoch"
                + (ends.Count > 0 ? $", between {Numbers.Fixed(ends.Min(p => p.Y), 5)} and {Numbers.Fixed(ends.Max(p => p.Y), 5)}." : "."),
            Lines = lines,
            XName = "epoch",
            YName = "",
            WholeX = runs.All(r => r.Evaluations.All(e => e.Epochs == Math.Floor(e.Epochs))),
            LogY = isLog,
            Borders = Phases(runs[0]),
        };
        return new Panel(name, plot.Draw());
    }

    private static List<Level> Phases(RunRecord run)
    {
        var borders = new List<Level>();
        for (var i = 1; i < run.Evaluations.Count; i++)
            if (run.Evaluations[i].Phase != run.Evaluations[i - 1].Phase)
                borders.Add(new Level(run.Evaluations[i - 1].Epochs, run.Evaluations[i].Phase));
        return borders;
    }

    private static ResultTable Table(List<RunRecord> runs, List<string> terms) => Numbers.Table(
        runs.SelectMany(r => r.Evaluations.Select(e => (Run: r, At: e))),
        [
            new("seed", r => r.Run.Seed, "F0"),
            new("phase", r => r.At.Phase),
            new("epoch", r => r.At.Epoch, "F0"),
            new("learning rate", r => Numbers.Rate(r.At.LearningRate), ResultColumn.Right),
            .. terms.Select(t => new ResultColumn<(RunRecord Run, EvaluationRecord At)>($"loss, {t}",
                r => r.At.Loss.FirstOrDefault(l => l.Key == t) is { Key: not null } found ? found.Value : null, "F5")),
            new("validation AUC", r => r.At.Valid.Auc, "F5"),
            new("log-loss", r => r.At.Valid.LogLoss, "F5"),
            new("kept", r => r.At == Kept(r.Run) ? "yes" : ""),
        ]);
}
