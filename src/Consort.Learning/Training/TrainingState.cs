using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Consort.Foundation.Files;
using Consort.Foundation.Numbers;
using Consort.Learning.Checkpoints;

namespace Consort.Learning.Training;

/// <summary>Where a run stands, as a checkpoint keeps it. Random numbers need no state: they follow from seed and step.</summary>
internal sealed class TrainingState
{
    private static readonly JsonSerializerOptions Json = JsonNumbers.In(new JsonSerializerOptions { RespectNullableAnnotations = true });

    /// <summary>What decides the result but the most epochs: weights of another experiment or other data cannot be resumed.</summary>
    public string Identity { get; set; } = "";

    /// <summary>The most epochs of each phase when this was written; empty in checkpoints of older versions.</summary>
    public int[] Limits { get; set; } = [];

    public int Phase { get; set; }

    /// <summary>Epochs done in this phase.</summary>
    public int Epoch { get; set; }

    /// <summary>Steps done in this epoch.</summary>
    public long Batch { get; set; }

    /// <summary>Steps done in this phase.</summary>
    public long PhaseSteps { get; set; }

    /// <summary>Steps of this phase at its latest evaluation, −1 before any.</summary>
    public long EvaluatedAt { get; set; } = -1;

    /// <summary>Steps done in the run; seeds dropout.</summary>
    public long Steps { get; set; }

    /// <summary>Epochs done in the run; seeds the order of rows.</summary>
    public int RunEpochs { get; set; }

    [JsonConverter(typeof(ExactNumbers))]
    public double[] Schedule { get; set; } = [];

    /// <summary>What the phase's strategy has learned itself.</summary>
    [JsonConverter(typeof(ExactNumbers))]
    public double[] Strategy { get; set; } = [];

    [JsonConverter(typeof(ExactNumber))]
    public double Best { get; set; } = double.NegativeInfinity;

    public int WithoutImprovement { get; set; }

    public bool IsPhaseDone { get; set; }

    public double[] LossSums { get; set; } = [];

    public long TrainedRows { get; set; }

    public double TrainedSeconds { get; set; }

    /// <summary>Time of all processes so far, evaluations included; 0 in checkpoints of older versions.</summary>
    public double Seconds { get; set; }

    public long OptimizerSteps { get; set; }

    /// <summary>Steps or weights in the average of the weights.</summary>
    public long AverageCount { get; set; }

    /// <summary>Steps of this phase when weights were last added to their mean, −1 before any.</summary>
    public long AddedAt { get; set; } = -1;

    public List<EpochResult> Epochs { get; set; } = [];

    /// <summary>A step is done.</summary>
    public void NextStep() => (Batch, PhaseSteps, Steps) = (Batch + 1, PhaseSteps + 1, Steps + 1);

    /// <summary>An epoch is done.</summary>
    public void NextEpoch()
    {
        (Epoch, RunEpochs, Batch) = (Epoch + 1, RunEpochs + 1, 0);
        Array.Clear(LossSums);
    }

    /// <summary>The next phase begins, with nothing of what the last one has learned beside the weights.</summary>
    public void NextPhase()
    {
        (Phase, Epoch, Batch, PhaseSteps, EvaluatedAt, AddedAt, WithoutImprovement) = (Phase + 1, 0, 0, 0, -1, -1, 0);
        (Best, IsPhaseDone, Schedule, LossSums, Strategy) = (double.NegativeInfinity, false, [], [], []);
    }

    /// <summary>Says that numbers are not finite any more.</summary>
    public ConsortException Diverged(string what) => new(string.Create(
        CultureInfo.InvariantCulture,
        $"training diverged in epoch {Epoch + 1}, step {Batch + 1}: {what}; lower learning_rate, or check numeric columns for extreme values"));

    public string ToJson() => JsonSerializer.Serialize(this, Json);

    /// <summary>Reads the state that a checkpoint holds.</summary>
    /// <exception cref="ConsortException">It is not the state of a run.</exception>
    public static TrainingState Parse(string json, string path)
    {
        try
        {
            if (JsonSerializer.Deserialize<TrainingState>(json, Json) is { Phase: >= 0, Epoch: >= 0, Batch: >= 0, Steps: >= 0 } state
                && !state.Epochs.Contains(null!))
                return state;
        }
        catch (Exception e) when (JsonText.IsDamage(e))
        {
            throw TensorFile.Damaged(path, $"the state of a run, found {JsonText.Explain(e)}");
        }

        throw TensorFile.Damaged(path, "the state of a run");
    }
}
