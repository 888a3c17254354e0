using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.TensorBoard;

/// <summary>What a day of a chain of runs comes to, at its number: 0 for the training that it begins with.</summary>
internal static class DayScalars
{
    /// <summary>Writes one event file a chain of updates, below a folder <c>NAME-days</c>.</summary>
    /// <param name="folder">TensorBoard's log folder.</param>
    /// <param name="chains">The chains; what their folders hold is read.</param>
    /// <returns>How many files were written.</returns>
    public static int Write(string folder, IEnumerable<UpdateChain> chains)
    {
        var files = 0;
        foreach (var chain in chains)
        {
            var first = Path.GetFullPath(chain.Days[0].Record.From, chain.Days[0].Folder);
            RunRecord[] runs =
                [.. chain.Folders.Prepend(first).Where(RunReader.IsRun).Select(f => RunReader.Read(f)).Where(r => r.IsFinished)];
            if (runs.Length == 0 || runs[0].Evaluations.Count == 0)
                continue;
            RunScalars.Write(Path.Combine(folder, $"{chain.Name}-days"), runs[0].Evaluations[0].Time, runs.SelectMany(Of));
            files++;
        }

        return files;
    }

    /// <summary>Of a finished run: what the run before said of the day's rows, and what it says itself of those held out.</summary>
    public static IEnumerable<Scalar> Of(RunRecord run)
    {
        var (number, time) = (run.Update?.Number ?? 0, run.Evaluations.Count > 0 ? run.Evaluations[^1].Time : DateTime.UtcNow);
        IEnumerable<(string Tag, double Value)> values =
        [
            ("day/auc", run.Valid!.Auc), ("day/log_loss", run.Valid.LogLoss), ("day/calibration", run.Valid.Calibration),
            ("day/seconds", run.Seconds), ("day/parameters", run.Parameters),
        ];
        if (run.Update is { Before: var before, Vocabulary: var vocabulary })
            values =
            [
                .. values, ("day/before/auc", before.Auc), ("day/before/log_loss", before.LogLoss),
                ("day/before/calibration", before.Calibration), ("day/rows", before.Rows), ("day/ids", vocabulary.Size),
                ("day/new_tokens", vocabulary.Admitted), ("day/gone_tokens", vocabulary.Evicted),
            ];
        return values.Select(v => new Scalar(v.Tag, number, v.Value, time));
    }
}
