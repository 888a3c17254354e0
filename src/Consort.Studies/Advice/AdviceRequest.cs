using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Experiments.Statistics;
using Consort.Studies.Baselines;

namespace Consort.Studies.Advice;

/// <summary>Rows of which one wants to know what to ship.</summary>
/// <param name="Experiment">Names the rows, and how models are trained; its members are not used.</param>
/// <param name="Folder">Where the runs are kept.</param>
/// <param name="Threads">At least 1.</param>
/// <param name="Minutes">That it may take, about.</param>
public sealed record AdviceRequest(Experiment Experiment, string Folder, int Threads, double Minutes)
{
    /// <summary>Models in the order in which they are tried; those for which there is no time are left out.</summary>
    public IReadOnlyList<string> Models { get; init; } = ["LR", "FM", "DeepFM", "DCNv2", "FinalMLP"];

    /// <summary>Trees, or what else is set beside the models; null for nothing.</summary>
    public IBaseline? Baseline { get; init; }

    /// <summary>Models of the family whose average is asked about.</summary>
    public int Members { get; init; } = 4;

    /// <summary>Told about encoding, or null.</summary>
    public IProgress<EncodeProgress>? Encoding { get; init; }

    /// <summary>Told a line about each step, or null.</summary>
    public Action<string>? Progress { get; init; }

    /// <summary>Told lines that the user should see, or null.</summary>
    public Action<string>? Notice { get; init; }
}

/// <summary>A way that was tried.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Run">Its run folder; null of a baseline and of an average.</param>
/// <param name="ValidAuc">On the validation rows, which choose.</param>
/// <param name="Auc">On the test rows.</param>
/// <param name="LogLoss">Likewise.</param>
/// <param name="MicrosecondsPerRow">Of scoring many rows at once with one thread, a median.</param>
/// <param name="Seconds">Of training.</param>
/// <param name="IsCut">Whether its time was over before it had finished: it may come further.</param>
public sealed record AdviceLine(
    string Name, string? Run, double ValidAuc, double Auc, double LogLoss, double MicrosecondsPerRow, double Seconds, bool IsCut)
{
    /// <summary>
    /// Its AUC minus that of <see cref="AdviceResult.Best"/>, on the test rows; null for that one, and where rows cannot tell.
    /// </summary>
    public Comparison? ToBest { get; init; }
}

/// <summary>What to ship.</summary>
/// <param name="Lines">What was tried, in its order.</param>
/// <param name="Answers">Five sentences: accuracy, cost, what a family adds, what data add, what to type next.</param>
/// <param name="Left">What there was no time for.</param>
public sealed record AdviceResult(
    IReadOnlyList<AdviceLine> Lines, IReadOnlyList<KeyValuePair<string, string>> Answers, IReadOnlyList<string> Left)
{
    /// <summary>The line with the highest AUC on validation rows, averages of several left out: all others are set beside it.</summary>
    public required string Best { get; init; }
}
