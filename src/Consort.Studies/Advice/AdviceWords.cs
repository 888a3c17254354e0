using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Studies.Baselines;

namespace Consort.Studies.Advice;

/// <summary>The five answers.</summary>
internal static class AdviceWords
{
    private const double Near = 0.001, Loss = 0.002; // AUC: next to nothing, and what may be given up for speed

    /// <summary>Says them.</summary>
    /// <param name="tried">All ways.</param>
    /// <param name="best">The best single model by validation rows.</param>
    /// <param name="average">The family averaged, or null.</param>
    /// <param name="student">The one that it taught, or null.</param>
    /// <param name="half">The best on half of the rows, or null.</param>
    /// <param name="minutes">That all of it might take.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(
        IReadOnlyList<Tried> tried, Tried best, Tried? average, Tried? student, Tried? half, double minutes)
    {
        var top = Top(tried);
        return
        [
            new("best accuracy", Accuracy(tried, top)),
            new("best per microsecond", Cost(tried, top)),
            new("a family", FamilyWords(best, average, student)),
            new("more data", DataWords(best, half)),
            new("next", Next(tried, best, top, student, minutes)),
        ];
    }

    /// <summary>The one that all others are set beside: an average costs too much to be it, and has a line of its own.</summary>
    public static Tried Top(IReadOnlyList<Tried> tried) => tried.Where(t => !IsAverage(t)).MaxBy(t => t.Line.ValidAuc)!;

    private static bool IsAverage(Tried tried) =>
        tried.Line.Run is null && tried.Line.Name.EndsWith(AdviceRun.Averaged, StringComparison.Ordinal);

    private static string Accuracy(IReadOnlyList<Tried> tried, Tried top)
    {
        tried = [.. tried.Where(t => !IsAverage(t))];
        var second = tried.Where(t => t != top).MaxBy(t => t.Line.ValidAuc);
        var beside = second is null ? "" : Difference(top, second)?.Auc is { } difference
            ? $"; beside {second.Line.Name}, the next, {Interval(difference)} AUC" : "";
        var doubt = Better(tried, top) is { } other
            ? $"; chosen by validation rows, but the test rows refute it: beside {other.Line.Name} {Interval(Difference(top, other)?.Auc)} AUC"
            : Sharper(tried, top) is { } sharp
            ? $"; chosen by AUC, but by log-loss the test rows are for {sharp.Line.Name}: {Interval(Difference(top, sharp)?.LogLoss)}" : "";
        return Text($"{top.Line.Name}: test AUC {top.Line.Auc:F5}, log-loss {top.Line.LogLoss:F5}{beside}{doubt}{Cut(top)}");
    }

    // The best of what the test rows surely put above it; null where they put nothing there.
    private static Tried? Better(IReadOnlyList<Tried> tried, Tried one) =>
        tried.Where(t => t.Line.Auc > one.Line.Auc && Difference(one, t)?.Auc is { High: < 0 }).MaxBy(t => t.Line.Auc);

    private static Tried? Sharper(IReadOnlyList<Tried> tried, Tried one) =>
        tried.Where(t => t.Line.LogLoss < one.Line.LogLoss && Difference(one, t)?.LogLoss is { Low: > 0 }).MinBy(t => t.Line.LogLoss);

    // The cheapest that loses no more than counts: rows too few to tell models apart do not make them alike.
    private static string Cost(IReadOnlyList<Tried> tried, Tried top)
    {
        var cheap = tried.Where(t => t.Line.Auc >= top.Line.Auc - Loss)
            .OrderBy(t => t.Line.MicrosecondsPerRow).ThenByDescending(t => t.Line.ValidAuc).First();
        return cheap == top ? Text($"{top.Line.Name} itself, {top.Line.MicrosecondsPerRow:F2} µs a row: none that is cheaper comes within {Loss} AUC of it on the test rows")
            : Text($"{cheap.Line.Name}, {cheap.Line.MicrosecondsPerRow:F2} µs a row against {top.Line.MicrosecondsPerRow:F2}, {Interval(Difference(cheap, top)?.Auc)} AUC beside {top.Line.Name}");
    }

    private static string FamilyWords(Tried best, Tried? average, Tried? student)
    {
        if (average is null)
            return "there was no time for a second seed of the best model";
        var gain = BaselineStudy.Compare([average.Rows], [best.Rows])?.Auc;
        var words = $"{average.Line.Name} add {Interval(gain)} AUC to one {best.Line.Name}";
        if (student is null)
            return $"{words}; there was no time to teach one model by them";
        return $"{words}, at {Text($"{average.Line.MicrosecondsPerRow / best.Line.MicrosecondsPerRow:F1}")} times the cost; one model that they taught adds {Interval(BaselineStudy.Compare([student.Rows], [best.Rows])?.Auc)} at the cost of one";
    }

    private static string DataWords(Tried best, Tried? half)
    {
        if (half is null)
            return "there was no time to train on half of the rows";
        var gain = BaselineStudy.Compare([best.Rows], [half.Rows])?.Auc;
        return gain switch
        {
            { Low: > 0 } => $"the second half of the training rows added {Interval(gain)} AUC to {best.Line.Name}: as many again may add somewhat less",
            { High: < Near } => $"the second half of the training rows added {Interval(gain)} AUC to {best.Line.Name}: more of the kind would add next to nothing",
            _ => $"the second half of the training rows added {Interval(gain)} AUC to {best.Line.Name}: these test rows cannot tell",
        };
    }

    // One thing to do, and why.
    private static string Next(IReadOnlyList<Tried> tried, Tried best, Tried top, Tried? student, double minutes)
    {
        var run = student is not null && student.Line.ValidAuc >= best.Line.ValidAuc ? student : best;
        var tune = $"consort tune {Path.Combine(Shown(best), "experiment.yaml")} --minutes 60";
        if (run.Line.IsCut)
            return Text($"the same call with --minutes {2 * minutes}: {run.Line.Name} was cut short");
        // An average costs too much to be what it is set beside.
        if (Better([.. tried.Where(t => t.Line.Run is not null)], run) is { } other)
            return $"{tune}, which repeats seeds: the test rows put {other.Line.Name} above {run.Line.Name}, so there is nothing to ship yet";
        var isTrees = top.Line.Run is null;
        if (isTrees && Difference(top, run)?.Auc is { Low: > 0 })
            return $"{tune}: {top.Line.Name} is ahead, but a package holds Consort's own models alone";
        return $"consort pack {Shown(run)} -o model.consort"
            + (isTrees ? $" ({top.Line.Name} is not surely better, and a package holds Consort's own models alone)" : "");

        static string Shown(Tried tried) => Path.GetRelativePath(Directory.GetCurrentDirectory(), tried.Line.Run!);
    }

    private static (Comparison Auc, Comparison LogLoss)? Difference(Tried first, Tried second) =>
        BaselineStudy.Compare([first.Rows], [second.Rows]);

    private static string Cut(Tried tried) => tried.Line.IsCut ? "; its time was over before it had finished" : "";

    private static string Interval(Comparison? c) => c?.ToText() ?? "what these rows cannot tell";

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
