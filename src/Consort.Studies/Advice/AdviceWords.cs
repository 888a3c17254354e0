using System.Globalization;
using Consort.Experiments.Statistics;
using Consort.Studies.Baselines;

namespace Consort.Studies.Advice;

/// <summary>The five answers.</summary>
internal static class AdviceWords
{
    private const double Near = 0.001; // AUC: what counts as as good

    /// <summary>Says them.</summary>
    /// <param name="tried">All ways.</param>
    /// <param name="best">The best single model by validation rows.</param>
    /// <param name="average">The family averaged, or null.</param>
    /// <param name="student">The one that it taught, or null.</param>
    /// <param name="half">The best on half of the rows, or null.</param>
    public static IReadOnlyList<KeyValuePair<string, string>> Of(
        IReadOnlyList<Tried> tried, Tried best, Tried? average, Tried? student, Tried? half)
    {
        var top = tried.MaxBy(t => t.Line.ValidAuc)!;
        return
        [
            new("best accuracy", Accuracy(tried, top)),
            new("best per microsecond", Cost(tried, top)),
            new("a family", FamilyWords(best, average, student)),
            new("more data", DataWords(best, half)),
            new("next", Next(best, top, average, student)),
        ];
    }

    private static string Accuracy(IReadOnlyList<Tried> tried, Tried top)
    {
        var second = tried.Where(t => t != top).MaxBy(t => t.Line.ValidAuc);
        var beside = second is null ? "" : BaselineStudy.Compare([top.Rows], [second.Rows])?.Auc is { } difference
            ? $"; beside {second.Line.Name}, the next, {Interval(difference)} AUC" : "";
        return Text($"{top.Line.Name}: test AUC {top.Line.Auc:F5}, log-loss {top.Line.LogLoss:F5}{beside}{Cut(top)}");
    }

    // The cheapest that is as good, or that rows cannot tell from the best.
    private static string Cost(IReadOnlyList<Tried> tried, Tried top)
    {
        var cheap = tried.Where(t => t == top || t.Line.Auc >= top.Line.Auc - Near
            || BaselineStudy.Compare([t.Rows], [top.Rows])?.Auc is { IsDecided: false }).MinBy(t => t.Line.MicrosecondsPerRow)!;
        return cheap == top ? Text($"{top.Line.Name} itself, {top.Line.MicrosecondsPerRow:F2} µs a row: none that is cheaper is as good")
            : Text($"{cheap.Line.Name}, {cheap.Line.MicrosecondsPerRow:F2} µs a row against {top.Line.MicrosecondsPerRow:F2}, {Interval(BaselineStudy.Compare([cheap.Rows], [top.Rows])?.Auc)} AUC beside {top.Line.Name}");
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

    private static string Next(Tried best, Tried top, Tried? average, Tried? student)
    {
        var run = student is not null && student.Line.ValidAuc >= best.Line.ValidAuc ? student : best;
        var pack = $"consort pack {Shown(run)} -o model.consort";
        if (top.Line.Run is null && top != average)
            return $"{top.Line.Name} is ahead: consort tune {Path.Combine(Shown(best), "experiment.yaml")} --minutes 60, and more minutes here; to ship today: {pack}";
        return best.Line.IsCut ? $"more minutes: {best.Line.Name} was cut short; to ship today: {pack}"
            : $"{pack}; then consort tune {Path.Combine(Shown(best), "experiment.yaml")} --minutes 60";

        static string Shown(Tried tried) => Path.GetRelativePath(Directory.GetCurrentDirectory(), tried.Line.Run!);
    }

    private static string Cut(Tried tried) => tried.Line.IsCut ? "; its time was over before it had finished" : "";

    private static string Interval(Comparison? c) => c is null ? "what these rows cannot tell"
        : Text($"{c.Difference:+0.00000;−0.00000} ({c.Low:+0.00000;−0.00000} to {c.High:+0.00000;−0.00000})");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
