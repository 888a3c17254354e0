using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Learning.Training;

namespace Consort.Experiments.Running;

/// <summary>Says of a run that has not finished which weights stand for it: they may be far from what it would come to.</summary>
public static class UnfinishedRun
{
    /// <summary>The line, or null for a finished run and where there is none.</summary>
    /// <param name="path">The run folder.</param>
    /// <param name="weights">Which of its weights are used; null for the best of its last phase.</param>
    /// <param name="catalogues">By which names in its experiment are resolved; null for those that come along.</param>
    public static string? Words(string path, RunWeights? weights = null, Catalogues? catalogues = null)
    {
        var run = new RunFolder(path);
        if (!File.Exists(run.Experiment) || File.Exists(run.Metrics))
            return null;
        var experiment = Experiment.OfRun(run.Experiment, catalogues);
        var file = (weights ?? RunWeights.Final).Find(run, experiment);
        var (phase, epoch) = LastCheckpoint.EpochOf(run, file, experiment.Phases);
        return $"{path}: the run has not finished: weights of phase {phase}{(epoch is { } number ? FormattableString.Invariant($", epoch {number}") : "")}; go on with train --resume";
    }
}
