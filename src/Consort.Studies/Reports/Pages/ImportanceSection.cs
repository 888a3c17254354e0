using Consort.Studies.Diagnostics;

namespace Consort.Studies.Reports.Pages;

/// <summary>Which fields predictions rest on, where they are worst, and what they say along a number.</summary>
internal static class ImportanceSection
{
    private const int MostOpen = 1;

    /// <summary>The section, or null where no run was asked for it.</summary>
    public static Section? Of(IReadOnlyList<Diagnosed> runs, string id, string title)
    {
        var measured = runs.Where(r => r.Diagnosis.Importance is not null).ToList();
        return measured.Count == 0 ? null : new Section(id, title,
        [
            new Paragraph("What is lost where a field's values are dealt to other rows (permutation importance): by how much log-loss rises and AUC falls, with 95 % intervals over rows. Below 0, a pair works together: what needs both is lost by dealing either; above 0 each stands in for the other."),
            .. measured.Select((r, i) => new Fold(
                $"{r.Label}: {r.Diagnosis.Importance!.Fields.FirstOrDefault()?.Field ?? "no field"} matters most", Blocks(r), IsOpen: i < MostOpen)),
        ]);
    }

    private static List<Block> Blocks(Diagnosed run)
    {
        var found = run.Diagnosis.Importance!;
        List<Block> blocks = [new TableBlock(ImportanceTables.OfFields(found))];
        if (found.Pairs.Count > 0)
            blocks.Add(new TableBlock(ImportanceTables.OfPairs(found) with { Caption = "Pairs of the most important fields" }));
        if (found.Slices.Count > 0)
            blocks.Add(new TableBlock(ImportanceTables.OfSlices(found) with { Caption = "Slices that are predicted worst" }));
        if (found.Curves.Count > 0)
            blocks.Add(new TableBlock(ImportanceTables.OfCurves(found) with
            {
                Caption = "Partial dependence: the mean prediction where a number is one value in all rows",
            }));
        return blocks;
    }
}
