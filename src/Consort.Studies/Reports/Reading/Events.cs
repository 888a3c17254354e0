using System.Text;
using Consort.Foundation.Files;

namespace Consort.Studies.Reports.Reading;

/// <summary>
/// Reads the evaluations of an event log. A run that went on from a checkpoint may have made an evaluation twice: the later one counts. A
/// line that a crash cut short is passed over.
/// </summary>
internal static class Events
{
    public static IReadOnlyList<EvaluationRecord> Read(string path)
    {
        if (!File.Exists(path))
            return [];
        var found = new SortedDictionary<(long Steps, int Phase), EvaluationRecord>();
        var phases = new List<string>();
        foreach (var line in Lines(path))
        {
            try
            {
                if (JsonText.Parse(Encoding.UTF8.GetBytes(line), Damaged, root => Event(root, found)) is not { } evaluation)
                    continue;
                if (!phases.Contains(evaluation.Phase))
                    phases.Add(evaluation.Phase);
                found[(evaluation.Steps, phases.IndexOf(evaluation.Phase))] = evaluation;
            }
            catch (ConsortException)
            {
                // Cut short, or of another version: the others still stand.
            }
        }

        return Place([.. found.Values]);
    }

    /// <summary>When a run began, or was begun anew, and when it was done; null for what the log does not say.</summary>
    public static (DateTime? Begun, DateTime? Done) Times(string path)
    {
        var (begun, done) = ((DateTime?)null, (DateTime?)null);
        foreach (var line in File.Exists(path) ? Lines(path) : [])
        {
            try
            {
                var (name, time, isResumed) = JsonText.Parse(Encoding.UTF8.GetBytes(line), Damaged, root => (
                    root["event"].Text(), root["time"].Moment(), root.Find("resume") is { IsNull: false } resume && resume.Flag()));
                if (name == "start" && (begun is null || !isResumed))
                    (begun, done) = (time, null);
                if (name == "done")
                    done = time;
            }
            catch (ConsortException)
            {
                // As above.
            }
        }

        return (begun, done);
    }

    private static ConsortException Damaged(string what) => new(what);

    private static EvaluationRecord? Event(JsonPart root, SortedDictionary<(long Steps, int Phase), EvaluationRecord> found)
    {
        var name = root["event"].Text();
        if (name == "start" && root.Find("resume") is { IsNull: false } resume && !resume.Flag())
            found.Clear(); // begun anew in the same folder
        return name != "evaluation" ? null : new(
            root["time"].Moment(), root["phase"].Text(), (int)root["epoch"].Whole(0, int.MaxValue), root["steps"].Whole(), 0,
            root["learning_rate"].Number(),
            [.. root["loss"].Entries().Select(t => KeyValuePair.Create(t.Key, t.Value.Number()))],
            RunReader.Metrics(root["valid"]), [.. root["members"].Items().Select(m => m.Number())], root["best"].Flag());
    }

    // Where each stands on an axis of epochs: phases follow one another, and several evaluations share an epoch evenly.
    private static List<EvaluationRecord> Place(List<EvaluationRecord> evaluations)
    {
        var placed = new List<EvaluationRecord>(evaluations.Count);
        var before = 0;
        foreach (var phase in evaluations.GroupBy(e => e.Phase))
        {
            foreach (var epoch in phase.GroupBy(e => e.Epoch))
            {
                var (count, number) = (epoch.Count(), 0);
                foreach (var evaluation in epoch)
                    placed.Add(evaluation with
                    {
                        Epochs = evaluation.Epoch == 0 ? before : before + evaluation.Epoch - 1
                        + ((double)++number / count)
                    });
            }

            before += phase.Max(e => e.Epoch);
        }

        return placed;
    }

    private static List<string> Lines(string path)
    {
        try
        {
            // A run under way is still writing.
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(stream);
            var lines = new List<string>();
            while (reader.ReadLine() is { } line)
                if (line.Length > 0)
                    lines.Add(line);
            return lines;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConsortException($"{path}: cannot be read: {e.Message}", e);
        }
    }
}
