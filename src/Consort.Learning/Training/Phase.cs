using System.Globalization;
using Consort.Data.Batches;
using Consort.Foundation.Options;
using Consort.Learning.Schedules;
using Consort.Learning.Strategies;
using Consort.Learning.Teachers;
using Consort.Models;

namespace Consort.Learning.Training;

/// <summary>Which rows a phase learns from.</summary>
public enum PhaseRows
{
    /// <summary>All of them where there are rows without labels and its strategy learns from these, else the training rows.</summary>
    Auto,

    /// <summary>The training rows.</summary>
    Train,

    /// <summary>Those without labels.</summary>
    Transfer,

    /// <summary>Both, in one shuffled order.</summary>
    All,
}

/// <summary>
/// A stretch of training: how members learn, for how long, at which rate, from which weights, and who stands still. Phases follow one
/// another in one run; each begins with the best weights of the one before.
/// </summary>
public sealed record Phase
{
    /// <summary>What is said of a phase but for its strategy.</summary>
    public static OptionSet<Phase> Options { get; } = new OptionSet<Phase>(() => new() { Strategy = new Supervised() })
        .Add("schedule", p => p.Schedule, (p, v) => p with { Schedule = v },
            Domain.Section<ScheduleOptions>("see below", (map, key, _) => ScheduleCatalogue.All.Create(map.Section(key)),
                _ => "{ name: plateau }"), "how the learning rate falls")
        .Add("learning_rate", p => p.LearningRate, (p, v) => p with { LearningRate = v },
            Domain.Number(1e-12, 1e3) with { Search = SearchRange.Log(1e-4, 3e-2) },
            "what the schedule starts from")
        .Add("epochs", p => p.Epochs, (p, v) => p with { Epochs = v }, Domain.Integer(0, 100_000),
            "the most epochs; 0 measures the weights it starts from")
        .Add("name", p => p.Name, (p, v) => p with { Name = v }, Domain.Text("letters, digits, `-` and `_`"), "names its checkpoint")
        .Add("patience", p => p.Patience, (p, v) => p with { Patience = v }, Domain.Integer(0, 100_000),
            "evaluations without improvement after which the phase ends; 0 never ends it early")
        .Add("min_delta", p => p.MinDelta, (p, v) => p with { MinDelta = v }, Domain.Number(0, 1), "the least improvement that counts")
        .Add("from", p => p.From, (p, v) => p with { From = v }, Domain.Texts("as many as members"),
            "run folders or checkpoints of one member each that the members start from, in their order; needs `shared: false`")
        .Add("teachers", p => p.Teachers, (p, v) => p with { Teachers = v }, TeacherName.List,
            "finished runs, trained on the same data, whose families stand still and teach by the logit of their ensemble, or files of predictions; for strategies that learn from teachers")
        .Add("freeze", p => [.. p.Frozen], (p, v) => p with { Frozen = v.ToHashSet() }, Domain.Integers(-1, Family.MaxMembers - 1),
            "members whose own weights stand still; −1 stands for what members share")
        .Add("evaluate_first", p => p.EvaluateFirst || p.Epochs == 0, (p, v) => p with { EvaluateFirst = v || p.Epochs == 0 }, Domain.Flag,
            "whether the weights at its beginning are a candidate for its best: fine-tuning that only harms is then undone")
        .Add("keep_optimizer", p => p.KeepOptimizer, (p, v) => p with { KeepOptimizer = v }, Domain.Flag,
            "whether the optimizer goes on with the moments and steps of the phase before, which freezes the same; else it begins afresh")
        .Add("fresh_embeddings", p => p.FreshEmbeddings, (p, v) => p with { FreshEmbeddings = v }, Domain.Flag,
            "whether each epoch after the phase's first begins with newly drawn embeddings and a fresh optimizer, dense weights going on (MEDA)")
        .Add("rows", p => p.Rows, (p, v) => p with { Rows = v },
            Domain.Words(("auto", PhaseRows.Auto), ("train", PhaseRows.Train), ("transfer", PhaseRows.Transfer), ("all", PhaseRows.All)),
            "train: those with labels; transfer: those without, which `data` names; all: both, in one shuffled order; auto: all where the strategy learns without labels, else train")
        .Add("leave_out", p => p.LeaveOut, (p, v) => p with { LeaveOut = v }, Domain.Integers(1, 100),
            "a part of the training rows that it does not learn from, so that it can teach them: `[2, 4]` is the second of four")
        .Add("out_of_fold", p => p.OutOfFold, (p, v) => p with { OutOfFold = v }, Domain.Flag,
            "whether each training row is taught by the one teacher that has not seen it: of K teachers the k-th was trained with `leave_out: [k, K]`; rows without labels are taught by all")
        .Require("leave_out", p => p.LeaveOut.Count == 0 || (p.LeaveOut is [var part, var of] && part <= of && of > 1)
            ? null : $"found [{string.Join(", ", p.LeaveOut)}], expected a part and how many there are, such as [2, 4]");

    /// <summary>Its name in the log and in checkpoints.</summary>
    public string Name { get; init; } = "train";

    /// <summary>How members learn.</summary>
    public required Strategy Strategy { get; init; }

    /// <summary>The most epochs; a phase of none measures the weights it starts from.</summary>
    public int Epochs { get; init => field = Options.Checked("epochs", value); } = 100;

    /// <summary>The learning rate that the schedule starts from.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>How the learning rate falls.</summary>
    public ScheduleOptions Schedule { get; init; } = new ReduceOnPlateauOptions();

    /// <summary>Evaluations without improvement after which the phase ends; 0 never ends it early.</summary>
    public int Patience { get; init => field = Options.Checked("patience", value); } = 2;

    /// <summary>The least improvement that counts.</summary>
    public double MinDelta { get; init => field = Options.Checked("min_delta", value); } = 1e-6;

    /// <summary>
    /// Checkpoints of runs of one member that the members start from, one a member and in their order; empty to go on from where the run
    /// stands.
    /// </summary>
    public IReadOnlyList<string> From { get; init; } = [];

    /// <summary>
    /// Finished runs whose families stand still and teach, each by the logit of its ensemble, or files of predictions; for strategies that
    /// learn from teachers.
    /// </summary>
    public IReadOnlyList<TeacherName> Teachers { get; init; } = [];

    /// <summary>Members whose own weights stand still; −1 stands for what members share.</summary>
    public IReadOnlySet<int> Frozen { get; init; } = new HashSet<int>();

    /// <summary>
    /// Whether the weights at the phase's beginning count as a candidate for its best: fine-tuning that only harms is then undone.
    /// </summary>
    public bool EvaluateFirst { get; init; }

    /// <summary>
    /// Whether the optimizer goes on with the moments and the steps that it has from the phase before, which must have had the same frozen
    /// members; else the phase begins with a fresh one.
    /// </summary>
    public bool KeepOptimizer { get; init; }

    /// <summary>
    /// Whether each epoch after the phase's first begins with newly drawn rows in all tables that are trained, those of first-order weights
    /// among them, and with a fresh optimizer, while dense weights go on. Embeddings then know each row from one reading, as in a one-pass
    /// training, and the tower learns from several embeddings of the same rows.
    /// </summary>
    /// <remarks>Source: "Multi-Epoch Learning for Deep Click-Through Rate Prediction Models" (MEDA), arXiv 2305.19531. What becomes of the
    /// optimizer there we have not found; moments of rows that are gone say nothing of the new ones.</remarks>
    public bool FreshEmbeddings { get; init; }

    /// <summary>What holds in this phase in the place of what the experiment says.</summary>
    public PhaseOverrides Overrides { get; init; } = PhaseOverrides.None;

    /// <summary>Whether it begins with weights that nothing has trained.</summary>
    /// <param name="index">Its place among the phases of a run, counted from 0.</param>
    internal bool BeginsFresh(int index) => index == 0 && From.Count == 0;

    /// <summary>What to say where its epochs are over before its members have taught each other; null where they are not.</summary>
    /// <param name="index">Its place among the phases of a run, counted from 0.</param>
    public string? WarmMistake(int index)
    {
        var warm = Strategy.WarmEpochs(BeginsFresh(index));
        return Epochs == 0 || warm < Epochs ? null : string.Create(CultureInfo.InvariantCulture,
            $"warm_epochs: found {warm} (1 in a first phase unless told otherwise) with epochs: {Epochs}, expected fewer than epochs: members would never learn from each other; name more epochs, or `warm_epochs: 0`");
    }

    /// <summary>Which rows it learns from.</summary>
    public PhaseRows Rows { get; init => field = Options.Checked("rows", value); }

    /// <summary>A part of the training rows that it does not learn from and how many parts there are, [k, K]; empty for all rows.</summary>
    public IReadOnlyList<int> LeaveOut { get; init => field = Options.Checked("leave_out", value); } = [];

    /// <summary>
    /// Whether each training row is taught by the one teacher that has not seen it: the k-th of K, which was trained without part k.
    /// </summary>
    public bool OutOfFold { get; init; }

    /// <summary>The part that is left out, or null.</summary>
    internal LeftOut? LeftOut => LeaveOut is [var part, var of] ? new LeftOut(part, of) : null;

    /// <summary>Which rows it learns from, where it is known whether there are any without labels.</summary>
    internal PhaseRows RowsOf(bool hasTransfer) => Rows != PhaseRows.Auto ? Rows
        : hasTransfer && Strategy.LearnsWithoutLabels ? PhaseRows.All : PhaseRows.Train;

    /// <summary>Reads a phase.</summary>
    /// <param name="options">The phase, or the section <c>training</c> where there is one phase.</param>
    /// <param name="strategy">The section <c>strategy</c>; closed here.</param>
    /// <param name="isListed">Whether it stands in a list of phases, where it may set otherwise what <c>training</c> says.</param>
    /// <exception cref="ConsortException">A value is out of its range.</exception>
    public static Phase Read(OptionMap options, OptionMap strategy, bool isListed = false)
    {
        if (!isListed && options.Keys.FirstOrDefault(k => k is "batch_norm" or "batch_norm_momentum") is { } ofPhases)
            throw options.Error(ofPhases, $"found it in training, expected it in a phase: `phases: [{{ name: NAME, {ofPhases}: … }}]`; whether a tower has batch norm at all is the member's own `batch_norm`");
        return Options.Read(options) with
        {
            Strategy = StrategyCatalogue.Create(strategy),
            Overrides = isListed ? PhaseOverrides.Options.Read(options) : PhaseOverrides.None,
        };
    }
}
