using Consort.Experiments.Files;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>Teachers of which each teaches the training rows that it has not seen.</summary>
internal static class TeacherFolds
{
    /// <summary>Throws unless the k-th of K teachers was trained without part k. Of a file of predictions nobody can tell.</summary>
    /// <exception cref="ConsortException">One was not; the message names it.</exception>
    public static void Check(Experiment experiment)
    {
        foreach (var phase in experiment.Phases.Where(p => p.OutOfFold))
        {
            for (var k = 0; k < phase.Teachers.Count; k++)
            {
                if (phase.Teachers[k].IsPredictions)
                    continue;
                int[] part = [k + 1, phase.Teachers.Count];
                var trained = Experiment.OfRun(new RunFolder(phase.Teachers[k].Path).Experiment, experiment.Catalogues).Phases;
                if (trained.FirstOrDefault(p => !p.LeaveOut.SequenceEqual(part)) is { } other)
                    throw new ConsortException($"phase {phase.Name}, out_of_fold: found the teacher {phase.Teachers[k].Path}, trained with leave_out: [{string.Join(", ", other.LeaveOut)}], expected [{string.Join(", ", part)}] as it is the teacher number {part[0]} of {part[1]}");
            }
        }
    }
}
