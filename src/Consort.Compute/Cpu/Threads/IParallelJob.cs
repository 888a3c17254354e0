namespace Consort.Compute.Cpu.Threads;

/// <summary>Work that <see cref="Workers"/> spread over their threads, one index at a time.</summary>
public interface IParallelJob
{
    /// <summary>Does the work of one index. Called from several threads at once, once for each index.</summary>
    /// <param name="index">Which piece of work, from 0 to count − 1; indices are started in this order.</param>
    /// <param name="worker">Who does it, from 0 to <see cref="Workers.Threads"/> − 1; no two pieces that run at the same time have the same
    /// worker, so it may choose a buffer.</param>
    void Run(int index, int worker);
}
