using Consort.Data.Growth;
using Consort.Foundation.Options;
using Consort.Learning.Training;

namespace Consort.Experiments.Updating;

/// <summary>How a run goes on with new rows.</summary>
public sealed record UpdateOptions
{
    /// <summary>The declaration.</summary>
    public static OptionSet<UpdateOptions> Options { get; } = new OptionSet<UpdateOptions>(() => new())
        .Add("epochs", o => o.Epochs, (o, v) => o with { Epochs = v }, Domain.Integer(0, 1000),
            "passes over the new rows; 0 lets the vocabulary grow and trains nothing")
        .Add("rate", o => o.Rate, (o, v) => o with { Rate = v }, Domain.NumberOrNone(1e-12, 1e3),
            "the learning rate, which stays as it is; that of the run's last phase unless given")
        .Add("oov_rate", o => o.OovRate, (o, v) => o with { OovRate = v }, Domain.NumberOrNone(0, 0.5),
            "chance that a known token is taken for an unseen one in a step; that of the run unless given")
        .Add("hold_out", o => o.HoldOut, (o, v) => o with { HoldOut = v }, Domain.Number(0.001, 0.9),
            "about the share of the new rows, by a hash of their numbers, that is not trained on: the update is measured and its package calibrated on them")
        .Add("batch_norm", o => o.BatchNorm, (o, v) => o with { BatchNorm = v }, PhaseOverrides.NormWords,
            "running statistics of batch norm: follow the new rows, by whose batches numbers are then normalised, or stay as they are, and numbers are normalised by them while training too")
        .Add("batch_norm_momentum", o => o.BatchNormMomentum, (o, v) => o with { BatchNormMomentum = v }, Domain.NumberOrNone(0, 1),
            "how far a batch moves them with `follow`; that of the run's last phase unless given, which is 0.1 unless it says otherwise")
        .Include(GrowthOptions.Options, o => o.Growth, (o, v) => o with { Growth = v });

    /// <summary>Passes over the new rows.</summary>
    public int Epochs { get; init => field = Options.Checked("epochs", value); } = 1;

    /// <summary>The learning rate; null for that of the run's last phase.</summary>
    public double? Rate { get; init => field = Options.Checked("rate", value); }

    /// <summary>The chance that a known token is taken for an unseen one in a step; null for that of the run.</summary>
    public double? OovRate { get; init => field = Options.Checked("oov_rate", value); }

    /// <summary>About the share of the new rows that is kept to measure and to calibrate.</summary>
    public double HoldOut { get; init => field = Options.Checked("hold_out", value); } = 0.1;

    /// <summary>What becomes of batch norm's running statistics.</summary>
    public NormStatistics BatchNorm { get; init => field = Options.Checked("batch_norm", value); }

    /// <summary>How far a batch moves them; null for what the run's last phase says.</summary>
    public double? BatchNormMomentum { get; init => field = Options.Checked("batch_norm_momentum", value); }

    /// <summary>Who gets an id and who loses it.</summary>
    public GrowthOptions Growth { get; init; } = new();

    /// <summary>All of them in a line, for digests.</summary>
    internal string Text => string.Join(' ', Options.Write(this).Select(o => $"{o.Key}={o.Value}"));
}
