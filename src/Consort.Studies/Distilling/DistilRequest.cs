using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Data.Datasets;
using Consort.Foundation.Options;
using Consort.Learning.Strategies;
using Consort.Learning.Training;

namespace Consort.Studies.Distilling;

/// <summary>Finished runs that are to become one model.</summary>
/// <param name="Teachers">Their folders, at least one.</param>
/// <param name="Model">The student, as the model catalogue names it; null where an experiment file says it.</param>
/// <param name="Folder">The student's run folder; one trained alone goes beside it.</param>
/// <param name="Threads">At least 1.</param>
public sealed record DistilRequest(IReadOnlyList<string> Teachers, string? Model, string Folder, int Threads)
{
    /// <summary>An experiment whose members, embeddings and training the student has; its data are the teachers'.</summary>
    public string? ExperimentFile { get; init; }

    /// <summary>By which names in experiments are resolved, and sources of rows.</summary>
    public Catalogues Catalogues { get; init; } = Catalogues.Default;

    /// <summary>Where the teachers' data lie now, or null for where they lay.</summary>
    public string? Data { get; init; }

    /// <summary>How far it is from a teacher; null for the file's, else soft labels with a temperature or squared logits.</summary>
    public TeacherDistance? Distance { get; init; }

    /// <summary>T of soft labels, or null for the experiment file's or 4.</summary>
    public double? Temperature { get; init; }

    /// <summary>Weight of the teachers' term, or null for the experiment file's or 20.</summary>
    public double? Weight { get; init; }

    /// <summary>Weight of the labels' term, or null for the experiment file's, or 0.1 with squared logits and 1 else.</summary>
    public double? LabelWeight { get; init; }

    /// <summary>How much each of several teachers counts: none, label, learned; null for the experiment file's or none.</summary>
    public string? Gate { get; init; }

    /// <summary>
    /// Share of the members' L2 on embeddings that the student has, at least 0; null for a tenth where it matches logits and has all else
    /// of the members, else 1.
    /// </summary>
    public double? L2Share { get; init; }

    /// <summary>Whether teachers teach a second head of it, and labels alone the logit that is served.</summary>
    public bool AuxiliaryHead { get; init; }

    /// <summary>What its weights start from.</summary>
    public StudentStart Start { get; init; }

    /// <summary>Epochs by labels alone after it; 0 for none.</summary>
    public int LabelEpochs { get; init; }

    /// <summary>Their rate, or null for a hundredth of the student's first.</summary>
    public double? LabelRate { get; init; }

    /// <summary>Whether several ways are tried, and the best on validation rows kept.</summary>
    public bool Tries { get; init; }

    /// <summary>Minutes after which no further way is begun, or null for all.</summary>
    public double? BudgetMinutes { get; init; }

    /// <summary>Whether the student has the dropout that the teacher's members have; an experiment file's own is kept.</summary>
    public bool KeepDropout { get; init; }

    /// <summary>Whether the student is also trained by labels alone, for comparison.</summary>
    public bool Alone { get; init; }

    /// <summary>The student's seed, or null for the setting's.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The most epochs, or null for what the setting says.</summary>
    public int? Epochs { get; init; }

    /// <summary>Operands of matrix multiplies, or null for what the setting says.</summary>
    public Precision? Precision { get; init; }

    /// <summary>Told about encoding, or null.</summary>
    public IProgress<EncodeProgress>? Encoding { get; init; }

    /// <summary>Told about training, or null.</summary>
    public IProgress<TrainingProgress>? Training { get; init; }

    /// <summary>Told lines that the user should see, or null.</summary>
    public Action<string>? Notice { get; init; }
}
