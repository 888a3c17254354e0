using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;

namespace Consort.Learning.Teachers;

/// <summary>One that teaches: it says a logit of each row once, before the first step.</summary>
public interface ITeacher : IDisposable
{
    /// <summary>Looks whether it knows these rows, as far as that can be told without much work.</summary>
    /// <param name="rows">A loader over them, not shuffled.</param>
    /// <exception cref="ConsortException">It does not.</exception>
    void Check(BatchLoader rows);

    /// <summary>Fills in what it says of all rows.</summary>
    /// <param name="rows">A loader over them, not shuffled.</param>
    /// <param name="logits">Receives them.</param>
    /// <param name="teacher">Which of the teachers it is.</param>
    /// <param name="workers">The threads.</param>
    /// <param name="told">Told the rows that are done, or null.</param>
    /// <param name="cancellation">Stops between batches.</param>
    /// <exception cref="ConsortException">It does not know these rows, or says something that is not finite.</exception>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    void Teach(
        BatchLoader rows, TeacherLogits logits, int teacher, Workers workers, Action<long>? told, CancellationToken cancellation);
}
