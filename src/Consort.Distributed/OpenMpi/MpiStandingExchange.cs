using System.Runtime.InteropServices;
using Consort.Foundation.Ranks;

namespace Consort.Distributed.OpenMpi;

/// <summary>
/// Persistent messages from rank to rank. They need no order among themselves or with what all ranks do together, as collective calls
/// would: whichever is complete goes on.
/// </summary>
internal sealed class MpiStandingExchange : IStandingExchange
{
    private readonly nint[] _requests; // of all others: what comes, then what goes

    public MpiStandingExchange(
        MpiRanks ranks, IReadOnlyList<NativeBuffer<byte>> sent, IReadOnlyList<NativeBuffer<byte>> received, int tag)
    {
        var others = Enumerable.Range(0, ranks.Count).Where(r => r != ranks.Rank).ToArray();
        _requests = new nint[2 * others.Length];
        for (var i = 0; i < others.Length; i++)
        {
            Span<byte> from = received[others[i]].Span, to = sent[others[i]].Span;
            MpiRanks.Check(MpiLibrary.PrepareReceive(ref MemoryMarshal.GetReference(from), from.Length, MpiLibrary.Byte, others[i], tag,
                MpiLibrary.World, out _requests[i]), "MPI_Recv_init");
            MpiRanks.Check(MpiLibrary.PrepareSend(ref MemoryMarshal.GetReference(to), to.Length, MpiLibrary.Byte, others[i], tag,
                MpiLibrary.World, out _requests[others.Length + i]), "MPI_Send_init");
        }
    }

    public void Start() => MpiRanks.Check(MpiLibrary.Start(_requests.Length, _requests), "MPI_Startall");

    public bool Test()
    {
        MpiRanks.Check(MpiLibrary.Test(_requests.Length, _requests, out var areDone, 0), "MPI_Testall");
        return areDone != 0;
    }

    public void Wait() => MpiRanks.Check(MpiLibrary.Wait(_requests.Length, _requests, 0), "MPI_Waitall");

    public void Dispose()
    {
        // When a rank has left, so have its messages.
        for (var i = 0; i < _requests.Length && MpiRanks.Current is not null; i++)
            MpiRanks.Check(MpiLibrary.Free(ref _requests[i]), "MPI_Request_free");
    }
}
