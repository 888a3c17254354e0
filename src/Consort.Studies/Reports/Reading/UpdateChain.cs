using Consort.Data.Sources;
using Consort.Experiments.Updating;

namespace Consort.Studies.Reports.Reading;

/// <summary>A day of a chain of updates: its rows as the run before it scored them, before anything was trained on them.</summary>
/// <param name="Number">Of the update, from 1.</param>
/// <param name="Rows">What the day's rows are called.</param>
/// <param name="Record">What the update has left.</param>
/// <param name="Folder">The run that the update has left.</param>
internal sealed record ChainDay(int Number, string Rows, UpdateRecord Record, string Folder);

/// <summary>Updates that follow from each other.</summary>
/// <param name="Name">What its newest run is called.</param>
/// <param name="Days">The first day first, as far back as the folders are there.</param>
internal sealed record UpdateChain(string Name, IReadOnlyList<ChainDay> Days)
{
    /// <summary>The folders of its runs.</summary>
    public IReadOnlyList<string> Folders => [.. Days.Select(d => d.Folder)];

    /// <summary>The chains that end with one of the runs: a run that another of them goes on from is part of that one's.</summary>
    /// <exception cref="ConsortException">A record is damaged.</exception>
    public static IReadOnlyList<UpdateChain> Of(IEnumerable<RunRecord> runs)
    {
        var chains = new List<UpdateChain>();
        var within = new HashSet<string>(StringComparer.Ordinal);
        // Longer ones first, so that their parts are known when they come.
        foreach (var run in runs.Where(r => r.Update is not null).OrderByDescending(r => r.Update!.Number))
            if (!within.Contains(run.Folder))
                chains.Add(new UpdateChain(run.Name, [.. Back(run.Folder, run.Update, within).OrderBy(d => d.Number)]));
        return [.. chains.OrderBy(c => c.Name, Natural.Comparer)];
    }

    // No further than there were updates: a folder may have been exchanged for one that leads in a circle.
    private static IEnumerable<ChainDay> Back(string folder, UpdateRecord? record, HashSet<string> within)
    {
        for (var left = record?.Number ?? 0; record is not null && left > 0; left--)
        {
            within.Add(folder);
            yield return new ChainDay(record.Number, RowsOf(record.Data), record, folder);
            folder = Path.GetFullPath(record.From, folder);
            record = UpdateRecord.Read(folder);
        }
    }

    private static string RowsOf(IReadOnlyList<string> places)
    {
        var first = SourcePlace.IsFile(places[0]) ? Path.GetFileName(places[0]) : "a query";
        return places.Count == 1 ? first : FormattableString.Invariant($"{first} and {places.Count - 1} more");
    }
}
