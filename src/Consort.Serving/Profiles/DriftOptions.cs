using Consort.Foundation.Options;

namespace Consort.Serving.Profiles;

/// <summary>When a difference from the training rows is an alarm: it is large, and surely no chance.</summary>
public sealed record DriftOptions
{
    /// <summary>The declaration.</summary>
    public static OptionSet<DriftOptions> Options { get; } = new OptionSet<DriftOptions>(() => new())
        .Add("psi", o => o.Psi, (o, v) => o with { Psi = v }, Domain.Number(0, 100),
            "population stability index of a column, or of the scores, less what chance gives samples of these sizes")
        .Add("unseen", o => o.Unseen, (o, v) => o with { Unseen = v }, Domain.Number(0, 1),
            "rise of a column's share of values that training has not seen, over what was to be expected")
        .Add("missing", o => o.Missing, (o, v) => o with { Missing = v }, Domain.Number(0, 1),
            "rise of a column's share of missing values")
        .Add("calibration", o => o.Calibration, (o, v) => o with { Calibration = v }, Domain.Number(0, 10),
            "share by which predicted over observed clicks differs from what it was on held-out rows")
        .Add("alpha", o => o.Alpha, (o, v) => o with { Alpha = v }, Domain.Number(1e-9, 0.5),
            "probability of even one alarm where nothing has changed, by Bonferroni over all columns and measures");

    /// <summary>Least index of an alarm.</summary>
    public double Psi { get; init => field = Options.Checked("psi", value); } = 0.1;

    /// <summary>Least rise of unseen values.</summary>
    public double Unseen { get; init => field = Options.Checked("unseen", value); } = 0.02;

    /// <summary>Least rise of missing values.</summary>
    public double Missing { get; init => field = Options.Checked("missing", value); } = 0.05;

    /// <summary>Least change of predicted over observed clicks.</summary>
    public double Calibration { get; init => field = Options.Checked("calibration", value); } = 0.1;

    /// <summary>How rare a false alarm is.</summary>
    public double Alpha { get; init => field = Options.Checked("alpha", value); } = 0.001;
}
