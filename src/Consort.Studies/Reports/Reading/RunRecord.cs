using Consort.Experiments.Files;
using Consort.Experiments.Updating;
using Consort.Learning.Evaluation;
using Consort.Studies.Diagnostics;

namespace Consort.Studies.Reports.Reading;

/// <summary>What a run's results say of a split.</summary>
/// <param name="Auc">Of the ensemble.</param>
/// <param name="LogLoss">In nats.</param>
/// <param name="Calibration">Σ p / Σ y.</param>
/// <param name="Rows">Rows measured.</param>
/// <param name="Clicks">Rows with label 1.</param>
/// <param name="CeilingAuc">The best reachable, where the truth is known.</param>
/// <param name="CeilingLogLoss">Likewise.</param>
internal sealed record SplitRecord(
    double Auc, double LogLoss, double Calibration, long Rows, long Clicks, double? CeilingAuc, double? CeilingLogLoss)
{
    /// <summary>AUC within groups; null where rows have none.</summary>
    public double? GroupAuc { get; init; }

    /// <summary>The ends of its 95 % interval by drawing groups; null likewise, and of a run of before it was kept.</summary>
    public (double? Low, double? High) GroupInterval { get; init; }
}

/// <summary>One evaluation on the validation split, as the event log has it.</summary>
/// <param name="Time">When.</param>
/// <param name="Phase">The phase's name.</param>
/// <param name="Epoch">From 1 in its phase; 0 before the first step.</param>
/// <param name="Steps">Since training began.</param>
/// <param name="Epochs">Epochs since training began, parts of one included.</param>
/// <param name="LearningRate">Of the last step.</param>
/// <param name="Loss">Terms by name, in the strategy's order.</param>
/// <param name="Valid">Of the ensemble.</param>
/// <param name="MemberAuc">One a member.</param>
/// <param name="IsBest">Whether its weights were the best of the phase so far.</param>
internal sealed record EvaluationRecord(
    DateTime Time, string Phase, int Epoch, long Steps, double Epochs, double LearningRate,
    IReadOnlyList<KeyValuePair<string, double>> Loss,
    Metrics Valid, IReadOnlyList<double> MemberAuc, bool IsBest);

/// <summary>What <c>environment.json</c> says.</summary>
/// <param name="Values">Keys and values in their order.</param>
internal sealed record EnvironmentRecord(IReadOnlyList<KeyValuePair<string, string>> Values)
{
    /// <summary>A value, or nothing.</summary>
    public string? this[string key] => Values.FirstOrDefault(v => v.Key == key).Value;
}

/// <summary>A run folder, read.</summary>
internal sealed record RunRecord
{
    /// <summary>The folder's own name.</summary>
    public required string Name { get; init; }

    /// <summary>The full path.</summary>
    public required string Folder { get; init; }

    /// <summary>The folder as the user named it; what commands to type show.</summary>
    public required string Given { get; init; }

    public required Experiment Experiment { get; init; }

    public required EnvironmentRecord Environment { get; init; }

    /// <summary>Whether it has results; a run that was stopped has evaluations only.</summary>
    public bool IsFinished => Valid is not null;

    public SplitRecord? Valid { get; init; }

    public SplitRecord? Test { get; init; }

    /// <summary>The test split, or the validation split where there is no other.</summary>
    public SplitRecord? Split => Test ?? Valid;

    /// <summary>One a member, on the same split.</summary>
    public IReadOnlyList<double> MemberAuc { get; init; } = [];

    public long Parameters { get; init; }

    public double RowsPerSecond { get; init; }

    public double Seconds { get; init; }

    public double PeakMemory { get; init; }

    public required IReadOnlyList<EvaluationRecord> Evaluations { get; init; }

    /// <summary>From which run and with which rows it has gone on; null of a run that began by itself.</summary>
    public UpdateRecord? Update { get; init; }

    /// <summary>What <c>consort diagnose</c> found, or null.</summary>
    public Diagnosis? Diagnosis { get; init; }

    public ulong Seed => Experiment.Training.Seed;

    public int Members => Experiment.Family.Members.Count;

    /// <summary>The data it was trained on.</summary>
    public string DataKey => Environment["data_key"] ?? "";

    /// <summary>The models, alike ones counted: <c>4 × DNN</c>.</summary>
    public string Models => string.Join(" + ", Experiment.Family.Members.GroupBy(m => m.Name)
        .Select(g => g.Count() == 1 ? g.Key : FormattableString.Invariant($"{g.Count()} × {g.Key}")));

    /// <summary>The strategies of its phases.</summary>
    public string Strategies => string.Join(", then ", Experiment.Phases.Select(p => p.Strategy.Name));
}
