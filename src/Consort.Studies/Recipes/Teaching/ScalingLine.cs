using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Studies.Recipes.Measures;
using static Consort.Foundation.Tables.ResultColumn;

namespace Consort.Studies.Recipes.Teaching;

/// <summary>Families of M members made in one way: their quality above one model, and what they take.</summary>
/// <param name="Way">Of <see cref="ScalingWay"/>, or null for the model by itself.</param>
/// <param name="Members">M.</param>
/// <param name="Row">What came of it, over replicates.</param>
/// <param name="One">One model by itself.</param>
internal sealed record ScalingLine(ScalingWay? Way, int Members, FamilyRow Row, FamilyRow One)
{
    /// <summary>What stands in the table.</summary>
    public static IReadOnlyList<ResultColumn<ScalingLine>> Columns { get; } =
    [
        new("family", l => l.Row.Name, Key: "family"),
        new(null, l => l.Way?.Name ?? "one", Key: "method"),
        new("members", l => l.Members, "N0", "members"),
        new("replicates", l => l.Row.Seeds.Count, "N0", "replicates"),
        new(null, l => l.Row.Over(m => m.Auc).Values, Key: "test_auc"),
        new("test AUC", l => l.Row.Over(m => m.Auc).Mean, "F5", "test_auc_mean"),
        new("sd", l => l.Row.Over(m => m.Auc).Deviation, "F5", "test_auc_sd"),
        new("above one", l => l.Way is null ? null : l.Row.Over(Auc).Mean - l.One.Over(Auc).Mean, Cells.Signed, "auc_difference"),
        new("95 % over seeds", l => l.Way is null ? null : Cells.Interval(l.Row.BySeeds(l.One, Auc), Cells.Signed), Right),
        new(null, l => l.Above?.Low, Key: "auc_difference_low"),
        new(null, l => l.Above?.High, Key: "auc_difference_high"),
        new("one member", l => l.Members == 1 ? null : l.Row.Over(m => m.MeanMemberAuc).Mean, "F5", "member_auc_mean"),
        new("log-loss", l => l.Row.Over(m => m.Expected?.LogLoss ?? m.LogLoss).Mean, "F5", "test_logloss_mean"),
        new("predicted / observed", l => l.Row.Over(m => m.Calibration).Mean, "F3", "calibration"),
        new("parameters", l => l.Row.Over(m => m.Parameters).Mean, "N0", "parameters"),
        new("s to train", l => l.Row.Over(m => m.Seconds).Mean, "N0", "seconds") { IsWide = true },
    ];

    /// <summary>In expectation over the clicks where their probabilities are known: without the chance of the test clicks.</summary>
    public static double Auc(Measured measured) => measured.Expected?.Auc ?? measured.Auc;

    private Comparison? Above => Way is null ? null : Row.BySeeds(One, Auc);
}
