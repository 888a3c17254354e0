using System.IO.Hashing;
using Consort.Data.Datasets;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Learning.Runs;
using Consort.Learning.Training;

namespace Consort.Experiments.Running;

/// <summary>
/// What a run's result follows from, as its checkpoint remembers it: the experiment but for its most epochs, the key of the rows, and the
/// weights of runs that it starts from or learns from. Says what differs where a run is to go on.
/// </summary>
internal sealed record RunIdentity(string Experiment, string Data, string Others)
{
    /// <summary>Of an experiment over a dataset.</summary>
    public static RunIdentity Of(Experiment experiment, EncodedDataset dataset, StartingWeights? start = null) =>
        new(experiment.Digest, dataset.TrainingKey, DigestOfOthers(experiment) + start?.Identity);

    /// <summary>One word a part.</summary>
    public override string ToString() => $"{Experiment} {Data} {Others}";

    /// <summary>Checks that a run may go on, and clears the results of fewer epochs.</summary>
    /// <exception cref="ConsortException">It may not; the message names each key that differs, and what to do.</exception>
    public void CheckResumable(RunFolder run, Experiment experiment)
    {
        if (!File.Exists(run.Experiment) || !run.HasTrained)
            return;
        var older = DecisiveOptions.Kept(run.Experiment);
        var differences = DecisiveOptions.Since(experiment.Options, older, withEpochs: false);
        if (LastCheckpoint.IdentityOf(run) is { } found)
        {
            if (found != ToString())
                throw Refused(run.LastCheckpoint, Differences(run, found.Split(' '), differences), experiment);
            LastCheckpoint.CheckEpochs(run, experiment.Phases);
        }
        else if (differences.Count > 0)
        {
            throw Refused(run.Experiment, differences, experiment);
        }

        if (DecisiveOptions.Since(experiment.Options, older, withEpochs: true).Count == 0)
            return;
        // Results of fewer epochs are not those of this run any more, and must not stand beside its new experiment.
        foreach (var file in new[] { run.Metrics, run.Report, TestRows.PathOf(run.Path), run.Diagnosis, run.DiagnosisPage })
            File.Delete(file);
    }

    /// <summary>Whether a folder holds a run of the very same experiment over the very same rows, wherever both have been moved.</summary>
    /// <param name="run">It holds a run.</param>
    /// <param name="experiment">With its data.</param>
    /// <param name="threads">To encode with, should rows be looked at.</param>
    /// <param name="cancellation">Stops encoding.</param>
    public static bool IsOf(RunFolder run, Experiment experiment, int threads, CancellationToken cancellation)
    {
        var kept = DecisiveOptions.Kept(run.Experiment);
        if (kept.Equals(experiment.Options))
            return true;
        if (DecisiveOptions.Since(experiment.Options, kept, withEpochs: true).Count > 0)
            return false;
        using var dataset = experiment.Data!.Open(threads, null, cancellation).Dataset;
        return dataset.TrainingKey == (RunData.Read(run)?.TrainingKey ?? RunEnvironment.DataKeyOf(run));
    }

    private List<string> Differences(RunFolder run, string[] found, IReadOnlyList<string> options)
    {
        var differences = options.ToList();
        if (found.Length != 3)
            return [.. differences, "its checkpoint is of another version"];
        if (found[1] != Data)
            differences.Add($"the rows: key {found[1]}, now {Data}{Files(run)}");
        if (found[2] != Others)
            differences.Add("from, teachers: the weights there have changed");
        return differences.Count > 0 ? differences : ["its experiment.yaml has been edited since"];
    }

    // Which of the raw files are others now.
    private static string Files(RunFolder run)
    {
        if (RunData.Read(run) is not { } data)
            return "";
        var changed = data.Files.Select((f, i) => !SourcePlace.IsFile(f.Path) ? null : File.Exists(f.Path)
            ? data.Identities[i].Difference(f.Path) : $"{f.Path}: file not found");
        return string.Concat(changed.OfType<string>().Select(d => $"; {d}"));
    }

    private static ConsortException Refused(string file, IEnumerable<string> differences, Experiment experiment)
    {
        var start = experiment.Family.Members.Count == 1 ? ", and start it from this run's weights with `from: [this folder]`" : "";
        return new ConsortException(
            $"{file}: was written by another experiment or other data ({string.Join("; ", differences)}); --resume goes on with the same experiment, of which only epochs may grow; make this one a run of its own with --out{start}");
    }

    private static string DigestOfOthers(Experiment experiment)
    {
        var hash = new XxHash128();
        foreach (var phase in experiment.Phases)
        {
            foreach (var checkpoint in phase.From)
                Append(checkpoint);
            foreach (var teacher in phase.Teachers)
            {
                if (teacher.IsPredictions)
                {
                    Append(teacher.Path);
                    continue;
                }

                var run = new RunFolder(teacher.Path);
                Append(run.FinalCheckpoint(Consort.Experiments.Files.Experiment.OfRun(run.Experiment,
                    experiment.Catalogues).Phases.Select(p => p.Name)));
            }
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash());

        void Append(string file)
        {
            using var stream = File.OpenRead(file);
            hash.Append(stream);
        }
    }
}
