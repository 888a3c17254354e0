using Consort.Experiments.Statistics;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Plots;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>Members beside their ensemble: what each is worth by itself.</summary>
internal static class MemberSection
{
    /// <summary>The section, or null where no setting has several members.</summary>
    public static Section? Of(IReadOnlyList<Setting> settings, string id, string title)
    {
        var families = settings.Where(s => s.Members > 1).OrderByDescending(s => s.Auc.Mean).ToList();
        if (families.Count == 0)
            return null;
        var split = Uncertainty.SplitName(families[0]);
        var plot = new StripPlot
        {
            Description = $"Dot plot of the {split} AUC of each member beside its ensemble, for {families.Count} families.",
            Name = $"{split} AUC",
            Strips = [.. families.Select(f => new Strip(
                f.Label, [.. f.Runs.SelectMany(r =>
                    r.MemberAuc.Select((auc, m) =>
                        (auc, $"{f.Label}, seed {r.Seed}, member {m}: {r.Experiment.Family.Members[m].Name}\nAUC {Numbers.Auc(auc)}")))],
                f.Auc.Mean, null, null, $"{f.Label}: AUC of the ensemble {Numbers.WithDeviation(f.Auc.Mean, f.Auc.Deviation)}",
                1, DotLook: 0))],
        };
        return new Section(id, title,
        [
            new Figure(
                $"AUC on the {split} rows of every member by itself (dots, all seeds) and of the ensemble (square, mean over seeds). How far the square is from the dots is what putting members together brings.",
                [new("one member", 0, IsLine: false), new("the ensemble", 1, IsLine: false)],
                [new Panel("", plot.Draw(820), plot.Draw(350))], Numbers: null),
            new TableBlock(Table(families)),
        ]);
    }

    private static ResultTable Table(List<Setting> families) => Numbers.Table(
        families,
        new("family", f => f.Label),
        new("members", f => f.First.Models),
        new("members’ AUC", f => MemberAuc(f).Average(), "F5") { Meaning = "Mean over members and seeds" },
        new("sd", f => f.Runs.Average(r => new Replicates(r.MemberAuc).Deviation), "F5")
        { Meaning = "Standard deviation of members in a run, mean over seeds" },
        new("worst", f => MemberAuc(f).Min(), "F5"),
        new("best", f => MemberAuc(f).Max(), "F5"),
        new("ensemble", f => f.Auc.Mean, "F5"),
        new("over the mean", f => f.Auc.Mean - MemberAuc(f).Average(), Numbers.Difference)
        { Meaning = "AUC of the ensemble less the members’ mean" },
        new("over the best", f => f.Runs.Average(r => r.Split!.Auc - r.MemberAuc.Max()), Numbers.Difference)
        {
            Meaning = "AUC of the ensemble less that of its best member, mean over seeds",
        });

    private static IEnumerable<double> MemberAuc(Setting family) => family.Runs.SelectMany(r => r.MemberAuc);
}
