using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>What the report would show and the runs do not have, with the command that measures it.</summary>
internal static class MissingSection
{
    private const int MostNamed = 3;

    /// <summary>The section, or null where nothing is missing.</summary>
    public static Section? Of(IReadOnlyList<RunRecord> runs, IReadOnlyList<Setting> settings, string id, string title)
    {
        var items = new List<string>();
        var stopped = runs.Where(r => !r.IsFinished).ToList();
        Add(stopped, "not finished, so they are in no table of results", r => $"consort train EXPERIMENT --out {r.Given} --resume");
        var blind = runs.Where(r => r.IsFinished && r.Diagnosis is null).ToList();
        Add(blind, "not diagnosed: no singular spectra, no calibration curve, no agreement of members", r => $"consort diagnose {r.Given}");
        var silent = runs.Where(r => r.Evaluations.Count == 0).ToList();
        Add(silent, "without evaluations in events.jsonl, so there are no training curves", null);
        var single = settings.Where(s => s.Runs.Count == 1).Select(s => s.First).ToList();
        Add(single, "the only seed of their setting: no spread, no interval",
            r => $"consort train EXPERIMENT --seed {r.Seed + 1} --out {r.Given}-seed{r.Seed + 1}");
        var untested = runs.Where(r => r.IsFinished && r.Test is null).ToList();
        Add(untested, "without a test split: validation rows stand in, by which the weights were chosen, so their numbers are a little too good", null);
        return items.Count == 0 ? null : new Section(id, title, [new Bullets(items)]);

        void Add(List<RunRecord> found, string what, Func<RunRecord, string>? command)
        {
            if (found.Count == 0)
                return;
            var names = string.Join(", ", found.Take(MostNamed).Select(r => r.Name))
                + (found.Count > MostNamed ? $" and {found.Count - MostNamed} more" : "");
            var who = found.Count == 1 ? "1 run is" : $"{found.Count} runs are";
            items.Add($"{who} {what} ({names})." + (command is null ? "" : $" To measure: `{command(found[0])}`"));
        }
    }
}
