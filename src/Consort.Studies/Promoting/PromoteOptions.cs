using Consort.Foundation.Options;

namespace Consort.Studies.Promoting;

/// <summary>What a new model must keep to be taken for the old one.</summary>
public sealed record PromoteOptions
{
    /// <summary>The declaration.</summary>
    public static OptionSet<PromoteOptions> Options { get; } = new OptionSet<PromoteOptions>(() => new())
        .Add("auc_margin", o => o.AucMargin, (o, v) => o with { AucMargin = v }, Domain.Number(0, 0.5),
            "AUC that the new model may lose: the lower end of the difference's 95 % interval must not lie below it")
        .Add("logloss_margin", o => o.LogLossMargin, (o, v) => o with { LogLossMargin = v }, Domain.Number(0, 1),
            "log-loss that it may add: the upper end of the difference's 95 % interval must not lie above it")
        .Add("must_gain", o => o.MustGain, (o, v) => o with { MustGain = v }, Domain.Flag,
            "whether it must be surely better: one of the two intervals lies wholly on the better side")
        .Add("calibration", o => o.Calibration, (o, v) => o with { Calibration = v }, Domain.Number(0, 10),
            "share by which predicted clicks may be off from observed ones; refused where the whole interval lies beyond")
        .Add("slice_rows", o => o.SliceRows, (o, v) => o with { SliceRows = v }, Domain.Integer(20, 1_000_000_000),
            "the fewest rows of a slice, a field's value, to be compared")
        .Add("slice_margin", o => o.SliceMargin, (o, v) => o with { SliceMargin = v }, Domain.Number(0, 1),
            "log-loss that it may add in a slice; refused where a slice adds more and the difference is significant after Holm's correction")
        .Add("latency_ratio", o => o.LatencyRatio, (o, v) => o with { LatencyRatio = v }, Domain.Number(0.01, 1e6),
            "how many times as long as the old model it may take for one impression, at the median")
        .Add("size_ratio", o => o.SizeRatio, (o, v) => o with { SizeRatio = v }, Domain.Number(0.01, 1e6),
            "how many times as large as the old package it may be");

    /// <summary>AUC that may be lost.</summary>
    public double AucMargin { get; init => field = Options.Checked("auc_margin", value); } = 0.001;

    /// <summary>Log-loss that may be added.</summary>
    public double LogLossMargin { get; init => field = Options.Checked("logloss_margin", value); } = 0.001;

    /// <summary>Whether it must be surely better.</summary>
    public bool MustGain { get; init; }

    /// <summary>How far predicted may be off from observed.</summary>
    public double Calibration { get; init => field = Options.Checked("calibration", value); } = 0.1;

    /// <summary>The fewest rows of a slice.</summary>
    public int SliceRows { get; init => field = Options.Checked("slice_rows", value); } = 500;

    /// <summary>Log-loss that may be added in a slice.</summary>
    public double SliceMargin { get; init => field = Options.Checked("slice_margin", value); } = 0.005;

    /// <summary>How many times the old one's median time.</summary>
    public double LatencyRatio { get; init => field = Options.Checked("latency_ratio", value); } = 1.5;

    /// <summary>How many times the old one's size.</summary>
    public double SizeRatio { get; init => field = Options.Checked("size_ratio", value); } = 2;
}
