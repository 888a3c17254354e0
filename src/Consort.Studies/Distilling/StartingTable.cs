using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Threads;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Learning.Checkpoints;

namespace Consort.Studies.Distilling;

/// <summary>
/// Weights that a student starts from: the tables of a teacher, which has learned what features mean, and all else drawn anew. Source: the
/// second phase of KD-DAGFM, Tian et al. 2023, arXiv 2211.11159, which keeps them frozen; here they go on learning.
/// </summary>
internal static class StartingTable
{
    /// <summary>Writes them.</summary>
    /// <param name="teacher">The run; its shared tables, or those of its first member.</param>
    /// <param name="student">A family of one member that owns its embeddings.</param>
    /// <param name="path">The checkpoint.</param>
    /// <param name="catalogues">By which names in the teacher's run are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">Teacher and student have no table in common, or one of another dimension.</exception>
    public static void Write(string teacher, Experiment student, string path, Catalogues? catalogues)
    {
        using var run = new FinishedRun(teacher, threads: 1, catalogues: catalogues);
        using var workers = new Workers(1);
        using var store = new ParameterStore<float>(student.Family.Build(run.Encoder.Space));
        store.Initialize(student.Training.Seed, workers);
        var copied = 0;
        foreach (var own in store.Embeddings)
        {
            var name = Below(own.Table.Name);
            if (run.Store.Embeddings.FirstOrDefault(t => Below(t.Table.Name) == name) is not { } theirs)
                continue;
            if (theirs.Dimension != own.Dimension || theirs.Table.Rows != own.Table.Rows)
                throw new ConsortException(
                    $"--start table: the table {theirs.Table.Name} of {teacher} is [{theirs.Table.Rows}, {theirs.Dimension}], expected [{own.Table.Rows}, {own.Dimension}] as of the student");
            theirs.Values.All.CopyTo(own.Values.All);
            copied++;
        }

        if (copied == 0)
            throw new ConsortException($"--start table: found no table in {teacher} that the student has, too");
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Checkpoint.Save(path, store, null, "{}");
    }

    // Shared tables and a member's own are called alike but for whose they are.
    private static string Below(string name) => name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..];
}
