using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>Teachers of which each teaches the training rows that it has not seen.</summary>
internal static class TeacherFolds
{
    /// <summary>
    /// Throws unless the k-th of K teachers was trained without part k, and so were the runs that it started from. Of a file of predictions
    /// nobody can tell, nor of a run that is gone.
    /// </summary>
    /// <exception cref="ConsortException">One was not; the message names it.</exception>
    public static void Check(Experiment experiment)
    {
        foreach (var phase in experiment.Phases.Where(p => p.OutOfFold))
        {
            for (var k = 0; k < phase.Teachers.Count; k++)
            {
                var teacher = phase.Teachers[k];
                if (teacher.IsPredictions)
                    continue;
                int[] part = [k + 1, phase.Teachers.Count];
                foreach (var (run, left) in Learned(teacher.Path, experiment.Catalogues, []).Where(l => !l.LeaveOut.SequenceEqual(part)))
                    throw new ConsortException($"phase {phase.Name}, out_of_fold: found the teacher {teacher.Path}{(run == teacher.Path ? "" : $", which starts from {run}")}, trained with leave_out: [{string.Join(", ", left)}], expected [{string.Join(", ", part)}] as it is the teacher number {part[0]} of {part[1]}");
            }
        }
    }

    // The runs in whose phases a run's weights have learned, with what each phase has left out.
    private static IEnumerable<(string Run, IReadOnlyList<int> LeaveOut)> Learned(string run, Catalogues catalogues, HashSet<string> seen)
    {
        if (!seen.Add(run) || !File.Exists(new RunFolder(run).Experiment))
            yield break;
        foreach (var phase in Experiment.OfRun(new RunFolder(run).Experiment, catalogues).Phases)
        {
            if (phase.Epochs > 0)
                yield return (run, phase.LeaveOut);
            foreach (var start in phase.From)
                if (Path.GetDirectoryName(Path.GetDirectoryName(start)) is { } folder) // of checkpoints/best-train.ckpt
                    foreach (var before in Learned(folder, catalogues, seen))
                        yield return before;
        }
    }
}
