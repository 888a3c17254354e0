using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;
using Consort.Learning.Teachers;

namespace Consort.Learning.Training;

/// <summary>A finished family that teaches: its weights stand still, and it gives the logit of its ensemble as when it scores.</summary>
/// <param name="family">Over the same columns and vocabularies as the students'; disposed of here.</param>
/// <param name="name">What messages call it.</param>
public sealed class FrozenTeacher(TrainedFamily family, string name) : ITeacher
{
    /// <inheritdoc/>
    public void Check(BatchLoader rows)
    {
        // Its weights were read, and fit the columns.
    }

    /// <inheritdoc/>
    public void Teach(
        BatchLoader rows, TeacherLogits logits, int teacher, Workers workers, Action<long>? told, CancellationToken cancellation)
    {
        using var program = family.Compile(rows.BatchSize, workers);
        var pass = new LogitPass(program, family.Fusion);
        rows.Start(0);
        for (long done = 0; rows.Next() is { } batch;)
        {
            cancellation.ThrowIfCancellationRequested();
            var said = pass.Fuse(batch);
            var places = batch.Places;
            for (var row = 0; row < said.Length; row++)
                logits[places[row], teacher] = float.IsFinite((float)said[row]) ? (float)said[row] : throw new ConsortException(
                    FormattableString.Invariant($"teacher {name}: found the logit {said[row]} of training row {places[row] + 1}, expected a finite one"));
            told?.Invoke(done += batch.Rows);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => family.Dispose();
}
