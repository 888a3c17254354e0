using System.Diagnostics;
using System.Globalization;
using Consort.Experiments.Files;
using Consort.Foundation.Files;
using Consort.Foundation.Options;
using Consort.Learning.Training;
using Consort.Studies.Baselines;
using Consort.Studies.Distilling;

namespace Consort.Studies.Advice;

/// <summary>
/// What to ship of rows: a ladder of models and trees within a time, on the same rows, then a small family of the best, one model taught
/// by it, and the best on half of the rows.
/// </summary>
public static class AdviceRun
{
    private const string Trees = "trees";

    /// <summary>How the name of an average ends.</summary>
    internal const string Averaged = " averaged";

    // Of all the time, and of what is left when models are chosen, member by member and for each of the rest.
    private const double Ladder = 0.55, Member = 0.1, Last = 0.5;

    /// <summary>Tries what there is time for; the same call goes on where it was stopped, and repeats nothing.</summary>
    /// <exception cref="ConsortException">A mistake in the data, the experiment or the folder.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public static AdviceResult Run(AdviceRequest request, CancellationToken cancellation)
    {
        request = request with { Folder = Path.GetFullPath(request.Folder) };
        using var claim = Claim.Take(request.Folder, Path.Combine(request.Folder, "writer"), "name another folder with --out");
        using var data = request.Experiment.Data!.Open(request.Threads, request.Encoding, cancellation).Dataset;
        TrainingChecks.Splits(data, request.Experiment.Training.Monitor);
        var (runs, clock, tried, left) = (new AdviceRuns(request, data), Stopwatch.StartNew(), new List<Tried>(), new List<string>());
        var start = Start(request.Experiment);
        // Cheap ones first, trees among them; what comes later has what is left.
        string[] ladder = [.. request.Models.Take(2), .. request.Baseline is null ? [] : new[] { Trees }, .. request.Models.Skip(2)];
        for (var i = 0; i < ladder.Length; i++)
        {
            if (ladder[i] == Trees)
                Add(Learn());
            else
                Add(Train(ladder[i], Of(start, ladder[i]), Ladder * request.Minutes / request.Models.Count));
        }

        string[] folders = [.. tried.Select(t => t.Line.Run).OfType<string>()];
        if (folders.Length == 0)
            throw new ConsortException(Invariant(
                $"--minutes {request.Minutes}: found no time for one epoch of any model, expected more minutes, or fewer rows"));
        foreach (var (folder, cost) in folders.Zip(runs.Cost(folders, cancellation)))
        {
            var at = tried.FindIndex(t => t.Line.Run == folder);
            tried[at] = tried[at].At(cost);
        }

        var best = tried.Where(t => t.Line.Run is not null).MaxBy(t => t.Line.ValidAuc)!;
        var options = Of(start, best.Line.Name);
        var members = new List<Tried> { best };
        for (var seed = 1; seed < request.Members; seed++)
            if (Train(Invariant($"{best.Line.Name} seed {seed + 1}"), WithSeed(options, seed), Member * request.Minutes) is { } member)
                members.Add(member.At(best.Line.MicrosecondsPerRow)); // the same operations, other weights
        var average = members.Count < 2 ? null : runs.Average(Invariant($"{members.Count} x {best.Line.Name}{Averaged}"), members);
        Add(average);
        var teachers = members.Where(m => !m.Line.IsCut).ToArray(); // who has not finished does not teach
        var student = teachers.Length < 2 ? null
            : Train(Invariant($"{best.Line.Name} taught by {teachers.Length}"), Taught(options, teachers), Last * Rest());
        Add(student = student?.At(best.Line.MicrosecondsPerRow));
        var half = Train(
            Invariant($"{best.Line.Name} on half the rows"), options.With("training.leave_out", OptionTree.List(2, 2)), Rest());
        var top = AdviceWords.Top(tried);
        AdviceLine[] lines = [.. tried.Select(t => t == top ? t.Line
            : t.Line with { ToBest = BaselineStudy.Compare([t.Rows], [top.Rows])?.Auc })];
        return new AdviceResult(lines, AdviceWords.Of(tried, best, average, student, half, request.Minutes), left) { Best = top.Line.Name };

        void Add(Tried? one)
        {
            if (one is not null)
                tried.Add(one);
        }

        double Rest() => request.Minutes - clock.Elapsed.TotalMinutes;

        Tried? Train(string name, OptionTree experiment, double minutes)
        {
            minutes = Math.Min(minutes, Rest());
            var one = minutes <= 0 ? null : runs.Train(name, experiment, TimeSpan.FromMinutes(minutes), cancellation);
            return Told(name, one);
        }

        Tried? Told(string name, Tried? one)
        {
            if (one is null)
                left.Add(name);
            request.Progress?.Invoke(one is null ? $"{name}: no time" : Invariant($"{name}: valid AUC {one.Line.ValidAuc:F5}{(one.Line.IsCut ? ", cut short" : "")}"));
            return one;
        }

        Tried? Learn()
        {
            try
            {
                return Told(request.Baseline!.Name, Rest() <= 0 ? null : runs.Learn(request.Baseline!, cancellation));
            }
            catch (ConsortException e)
            {
                request.Notice?.Invoke(e.Message);
                left.Add(request.Baseline!.Name);
                return null;
            }
        }
    }

    // The experiment with rows, embeddings and training alone, in one phase.
    private static OptionTree Start(Experiment experiment)
    {
        var options = experiment.Options.Without("phases", "strategy", "fusion");
        return experiment.Data is { Schema: null } encoded ? options.With("data.encoded", encoded.Encoded) : options;
    }

    private static OptionTree Of(OptionTree start, string model)
    {
        var like = start.Member(model) ?? ExperimentOptions.MemberOf(model, start.Members()[0]);
        return PlainModels.Suited(start.Family(model, isShared: false, OptionTree.Parse("{ name: supervised }"), like), model);
    }

    private static OptionTree WithSeed(OptionTree options, int more) => options.With(
        "training.seed", long.Parse(options.TextAt("training.seed") ?? "1", CultureInfo.InvariantCulture) + more);

    // As `consort distil` does it by default: logits, a little of the labels, no dropout, a tenth of the decay.
    private static OptionTree Taught(OptionTree options, IReadOnlyList<Tried> members) => options
        .With("members", OptionTree.List(StudentExperiment.WithoutDropout(options.Members()[0])))
        .With("strategy", ExperimentOptions.LogitMatching)
        .With("training.embedding_l2", StudentExperiment.LogitL2Share * (options.NumberAt("training.embedding_l2") ?? 0))
        .With("training.teachers", OptionTree.List(members.Select(m => m.Line.Run!)));

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
