using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Schemas;
using Consort.Foundation.Numbers;
using Consort.Learning.Checkpoints;
using Consort.Learning.Runs;
using Consort.Models;
using Consort.Models.Embeddings;

namespace Consort.Learning.Training;

/// <summary>
/// The weights of a run over columns that have grown: rows of tables, and what the optimizer knows of each, go where their ids have gone;
/// rows of new ids are drawn; all other numbers stay.
/// </summary>
/// <param name="Family">What is trained.</param>
/// <param name="Options">Its seed draws the rows of new ids.</param>
/// <param name="Space">The columns that have grown.</param>
/// <param name="Ids">The new id of each old one; −1 of one that is gone.</param>
internal sealed record GrownWeights(Family Family, TrainingOptions Options, FeatureSpace Space, IReadOnlyList<int> Ids)
{
    /// <summary>Gives pretrained vectors of new ids, or null.</summary>
    public VectorSource? Vectors { get; init; }

    /// <summary>How many times the columns have grown: new ids are drawn anew each time.</summary>
    public int Generation { get; init; }

    /// <summary>Writes what <see cref="TrainingRun"/> can start from.</summary>
    /// <param name="path">The file.</param>
    /// <param name="run">The run that goes on.</param>
    /// <param name="before">Its columns.</param>
    /// <param name="weights">Which of its weights.</param>
    /// <param name="phases">Its phases.</param>
    /// <param name="next">The phase that goes on.</param>
    /// <param name="workers">Threads; the caller keeps owning them.</param>
    /// <returns>Whether the optimizer's state was there to go along.</returns>
    /// <exception cref="ConsortException">A file is missing or damaged, or a weight's shape depends on how many ids there are.</exception>
    public bool Write(string path, RunFolder run, FeatureSpace before, string weights, IReadOnlyList<Phase> phases, Phase next,
        Workers workers)
    {
        // One row a step: programs are made for the sake of their parameters.
        var options = Options with { BatchSize = 1 };
        using var old = new TrainingStep(Family, before, options, workers);
        using var grown = new TrainingStep(Family, Space, options, workers, Vectors);
        var (phase, state) = (phases[^1], new TrainingState());
        // An update of no epochs has trained nothing, and hands on what it began with.
        var last = File.Exists(run.LastCheckpoint) ? run.LastCheckpoint : run.Start;
        var hasState = File.Exists(last);
        if (hasState)
        {
            if (last == run.LastCheckpoint)
                phase = phases[Math.Min(LastCheckpoint.PhaseOf(run), phases.Count - 1)];
            state.OptimizerSteps = RunCheckpoints.Begin(last, old, phase).OptimizerSteps;
        }
        else
        {
            old.Open(phase.Strategy, phase.Frozen, overrides: phase.Overrides);
        }

        Checkpoint.Load(weights, old.Store);
        grown.Store.Initialize(new CounterRandom(Options.Seed, "new ids").Bits((ulong)Generation), workers);
        grown.Open(next.Strategy, next.Frozen, overrides: next.Overrides);
        Copy(old, grown);
        Checkpoint.Save(path, grown.Store, grown.Optimizer, state.ToJson());
        return hasState;
    }

    private void Copy(TrainingStep old, TrainingStep grown)
    {
        var (from, to) = (old.Store, grown.Store);
        CopyDense(from, from.DenseValues, to, to.DenseValues);
        foreach (var (source, target) in from.Embeddings.Zip(to.Embeddings))
            CopyRows(from, source, source.Values, to, target, target.Values);
        var known = old.Optimizer.State.ToDictionary(s => s.Name, s => s.Buffer);
        foreach (var (name, buffer) in grown.Optimizer.State)
        {
            if (!known.TryGetValue(name, out var numbers))
                continue; // of a member that stood still
            var of = name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
            if (to.Embeddings.Index().FirstOrDefault(e => e.Item.Table.Name == of) is { Item: { } target } found)
                CopyRows(from, from.Embeddings[found.Index], numbers, to, target, buffer);
            else
                CopyDense(from, numbers, to, buffer);
        }
    }

    private static void CopyDense(ParameterStore<float> from, NativeBuffer<float> numbers, ParameterStore<float> to,
        NativeBuffer<float> target)
    {
        foreach (var (source, slot) in from.Slots.Zip(to.Slots))
        {
            if (source.Parameter.Name != slot.Parameter.Name || source.Length != slot.Length)
                throw DependsOnIds(source.Parameter.Name);
            numbers.Slice(source.Offset, source.Length).CopyTo(target.Slice(slot.Offset, slot.Length));
        }
    }

    // As many numbers a row as the buffer has: weights and moments have D, marks of a row one.
    private void CopyRows(ParameterStore<float> from, EmbeddingTable<float> source, NativeBuffer<float> numbers,
        ParameterStore<float> to, EmbeddingTable<float> target, NativeBuffer<float> copy)
    {
        if (source.Table.Name != target.Table.Name || source.Dimension != target.Dimension)
            throw DependsOnIds(source.Table.Name);
        var width = (int)(numbers.Length / source.Table.Rows);
        foreach (var column in source.Table.Columns ?? [.. Enumerable.Range(0, from.Graph.Columns.Count)])
        {
            var (before, after) = (from.Graph.Columns[column], to.Graph.Columns[column]);
            var (first, next) = (from.Graph.FirstRow(source.Table, column), to.Graph.FirstRow(target.Table, column));
            for (var i = 0; i < before.Size; i++)
            {
                if (Ids[before.Offset + i] is >= 0 and var id)
                    numbers.Slice((long)(first + i) * width, width)
                        .CopyTo(copy.Slice((long)(next + id - after.Offset) * width, width));
            }
        }
    }

    private static ConsortException DependsOnIds(string name) =>
        new($"{name}: its shape depends on how many ids there are, expected one that stays as they grow; train anew instead");
}
