using System.IO.Hashing;
using System.Runtime.InteropServices;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Foundation.Ranks;

namespace Consort.Learning.Ranks;

/// <summary>Weights that all ranks have alike.</summary>
internal static class RankWeights
{
    /// <summary>Gives all the weights of rank 0, and the state of its optimizer.</summary>
    public static void Broadcast(IRanks ranks, ParameterStore<float> store, Optimizer<float>? optimizer)
    {
        ranks.Broadcast(store.DenseValues);
        foreach (var table in store.Embeddings)
            ranks.Broadcast(table.Values);
        foreach (var (_, buffer) in optimizer?.State ?? [])
            ranks.Broadcast(buffer);
    }

    /// <summary>Checks that the dense weights of all ranks are the same to the last bit.</summary>
    /// <exception cref="ConsortException">They are not: all ranks say which differ.</exception>
    public static void Check(IRanks ranks, ParameterStore<float> store, long steps)
    {
        var hash = new XxHash3();
        foreach (var slot in store.Slots)
            hash.Append(MemoryMarshal.AsBytes(store.Values(slot.Parameter)));
        var all = ranks.GatherEqual<ulong>([hash.GetCurrentHashAsUInt64()]);
        var other = Array.FindIndex(all, h => h != all[0]);
        if (other > 0)
            throw new ConsortException(FormattableString.Invariant(
                $"after step {steps}: found other weights on rank {other} than on rank 0, expected the same to the last bit: one of the machines computes otherwise; go on with --resume on machines of one kind"));
    }
}
