using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>Which weights of a run: the best of a phase, or those of its last checkpoint.</summary>
public sealed record RunWeights
{
    private RunWeights() { }

    /// <summary>The best of the last phase that has any: what scoring uses.</summary>
    public static RunWeights Final { get; } = new();

    /// <summary>Those that training would go on from.</summary>
    public static RunWeights Last { get; } = new() { IsLast = true };

    /// <summary>The best of a phase.</summary>
    public static RunWeights BestOf(string phase) => new() { Phase = phase };

    private string? Phase { get; init; }

    private bool IsLast { get; init; }

    /// <summary>Finds their file.</summary>
    /// <exception cref="ConsortException">There is no such phase, or it has no weights yet.</exception>
    internal string Find(RunFolder run, Experiment experiment)
    {
        var phases = experiment.Phases;
        if (IsLast)
            return run.LastCheckpoint;
        if (Phase is null)
            return run.FinalCheckpoint(phases.Select(p => p.Name));
        if (phases.All(p => p.Name != Phase))
            throw new ConsortException(
            $"--phase {Phase}: found no such phase in {run.Path}, expected {string.Join(", ", phases.Select(p => p.Name))}{NearestWord.Hint(Phase, phases.Select(p => p.Name))}");
        return File.Exists(run.BestCheckpoint(Phase))
            ? run.BestCheckpoint(Phase)
            : throw new ConsortException($"--phase {Phase}: found no weights of it in {run.Path}, expected a phase that has finished at least one evaluation");
    }
}
