using System.IO.Hashing;
using System.Runtime.InteropServices;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Cpu.Shards;
using Consort.Foundation.Ranks;
using Consort.Learning.Checkpoints;

namespace Consort.Learning.Ranks;

/// <summary>Weights that ranks have alike, or each a part of.</summary>
internal static class RankWeights
{
    private const int End = -1;

    /// <summary>
    /// The tensors of a checkpoint of one process where tables are dealt out: all ranks read and write the same of them, in the same order.
    /// </summary>
    public static List<WeightTensor> Of(TableShards<float> shards, ParameterStore<float> dense, Optimizer<float>? optimizer)
    {
        var (whole, room) = (shards.Whole, Array.Empty<float>());
        var tensors = WeightTensor.OfDense(dense).ToList();
        for (var i = 0; i < whole.Tables.Count; i++)
        {
            var (table, embedding) = (i, shards.Own.Embeddings[i]);
            var own = optimizer is null ? embedding.Values : embedding.Standing;
            var (rows, width) = (whole.Tables[i].Rows, whole.Tables[i].Dimension);
            tensors.Add(new WeightTensor(
                whole.Tables[i].Name, [rows, width], Reader(table, embedding.Read, width), Writer(table, own, width)));
        }

        foreach (var (name, own, isSpare) in optimizer?.Kept ?? [])
        {
            var table = whole.IndexOf(name[(name.IndexOf('/', StringComparison.Ordinal) + 1)..]);
            if (table < 0)
            {
                tensors.Add(WeightTensor.OfState(name, own, isSpare));
                continue;
            }

            var width = (int)(own.Length / shards.Own.Embeddings[table].Table.Rows);
            tensors.Add(WeightTensor.OfState(
                name, (long)whole.Tables[table].Rows * width,
                Reader(table, (start, target) => own.Slice(start, target.Length).CopyTo(target), width),
                Writer(table, own, width), isSpare));
        }

        return tensors;

        TensorReader Reader(int table, NumberReader<float> own, int width) => (start, length) =>
        {
            if (room.Length < length)
                room = new float[length];
            whole.Gather(table, own, width, start, room.AsSpan(0, length));
            return room.AsSpan(0, length);
        };

        TensorWriter Writer(int table, NativeBuffer<float> own, int width) =>
            (start, numbers) => whole.Keep(table, own, width, start, numbers);
    }

    /// <summary>Reads a checkpoint on rank 0, which tells the others.</summary>
    /// <returns>The state it was saved with.</returns>
    /// <exception cref="ConsortException">On rank 0: the file is damaged, or of another family.</exception>
    public static string Load(IRanks ranks, string path, IReadOnlyList<WeightTensor> tensors)
    {
        if (ranks.Rank > 0)
        {
            Receive(ranks, tensors);
            return ranks.BroadcastText("");
        }

        var text = Checkpoint.Load(path, [.. tensors.Select((tensor, i) => tensor with
        {
            Write = (start, numbers) =>
            {
                Tell(ranks, i, start, numbers.Length);
                ranks.Broadcast(MemoryMarshal.AsBytes(numbers));
                tensor.Write(start, numbers);
            },
        })]);
        Tell(ranks, End, 0, 0);
        return ranks.BroadcastText(text);
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
                $"after step {steps}: found other weights on rank {other} than on rank 0, expected the same to the last bit: one of the machines computes otherwise; go on with --resume on machines of one kind"))
            { IsOfAllRanks = true };
    }

    private static void Receive(IRanks ranks, IReadOnlyList<WeightTensor> tensors)
    {
        var numbers = Array.Empty<float>();
        while (Tell(ranks, 0, 0, 0) is ( >= 0 and var tensor, var start, var length))
        {
            if (numbers.Length < length)
                numbers = new float[length];
            ranks.Broadcast(MemoryMarshal.AsBytes(numbers.AsSpan(0, (int)length)));
            tensors[(int)tensor].Write(start, numbers.AsSpan(0, (int)length));
        }
    }

    // What rank 0 says comes next.
    private static (long Tensor, long Start, long Length) Tell(IRanks ranks, long tensor, long start, long length)
    {
        long[] next = [tensor, start, length];
        ranks.Broadcast(MemoryMarshal.AsBytes(next.AsSpan()));
        return (next[0], next[1], next[2]);
    }
}
