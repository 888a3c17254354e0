using System.Runtime.InteropServices;
using Consort.Foundation.Ranks;

namespace Consort.Distributed.OpenMpi;

/// <summary>The processes that mpirun has started, through Open MPI. A process joins once and leaves once.</summary>
public sealed class MpiRanks : IRanks
{
    private const int OneThreadAtATime = 2; // MPI_THREAD_SERIALIZED
    private readonly int[] _lengths;
    private readonly int[] _places;
    private readonly int[] _otherLengths;
    private readonly int[] _otherPlaces;
    private int _prepared; // exchanges: the number of each is the tag of its messages

    private MpiRanks(int rank, int count)
    {
        (Rank, Count) = (rank, count);
        (_lengths, _places, _otherLengths, _otherPlaces) = (new int[count], new int[count], new int[count], new int[count]);
    }

    /// <summary>The one this process is, once it has joined; null before and after.</summary>
    public static MpiRanks? Current { get; private set; }

    /// <inheritdoc/>
    public int Rank { get; }

    /// <inheritdoc/>
    public int Count { get; }

    /// <summary>Joins the others.</summary>
    /// <exception cref="ConsortException">There is no Open MPI on this machine, or it does not start.</exception>
    public static MpiRanks Join()
    {
        MpiLibrary.Open();
        Check(MpiLibrary.Init(0, 0, OneThreadAtATime, out var provided), "MPI_Init_thread");
        if (provided < OneThreadAtATime)
            throw new ConsortException($"mpirun: found an Open MPI of thread level {provided}, expected at least {OneThreadAtATime}");
        Check(MpiLibrary.Rank(MpiLibrary.World, out var rank), "MPI_Comm_rank");
        Check(MpiLibrary.Size(MpiLibrary.World, out var count), "MPI_Comm_size");
        return Current = new MpiRanks(rank, count);
    }

    /// <summary>Leaves, when all do.</summary>
    public void Leave()
    {
        Current = null;
        Check(MpiLibrary.End(), "MPI_Finalize");
    }

    /// <summary>Ends all ranks.</summary>
    /// <param name="code">What mpirun exits with.</param>
    public static void Abort(int code) => _ = MpiLibrary.Abort(MpiLibrary.World, code);

    /// <inheritdoc/>
    public void Gather(ReadOnlySpan<byte> own, Span<byte> all, ReadOnlySpan<int> lengths)
    {
        var end = Place(lengths, _lengths, _places);
        ArgumentOutOfRangeException.ThrowIfNotEqual(own.Length, lengths[Rank], nameof(own));
        ArgumentOutOfRangeException.ThrowIfLessThan(all.Length, end, nameof(all));
        Check(MpiLibrary.Gather(ref MemoryMarshal.GetReference(own), own.Length, MpiLibrary.Byte, ref MemoryMarshal.GetReference(all),
            _lengths, _places, MpiLibrary.Byte, MpiLibrary.World), "MPI_Allgatherv");
    }

    /// <inheritdoc/>
    public void Exchange(
        ReadOnlySpan<byte> sent, ReadOnlySpan<int> sentLengths, Span<byte> received, ReadOnlySpan<int> receivedLengths)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(sent.Length, Place(sentLengths, _lengths, _places), nameof(sent));
        ArgumentOutOfRangeException.ThrowIfLessThan(received.Length, Place(receivedLengths, _otherLengths, _otherPlaces), nameof(received));
        Check(MpiLibrary.Exchange(ref MemoryMarshal.GetReference(sent), _lengths, _places, MpiLibrary.Byte,
            ref MemoryMarshal.GetReference(received), _otherLengths, _otherPlaces, MpiLibrary.Byte, MpiLibrary.World), "MPI_Alltoallv");
    }

    /// <inheritdoc/>
    public void Broadcast(Span<byte> bytes) => Check(
        MpiLibrary.Broadcast(ref MemoryMarshal.GetReference(bytes), bytes.Length, MpiLibrary.Byte, 0, MpiLibrary.World), "MPI_Bcast");

    /// <inheritdoc/>
    public IStandingExchange Prepare(IReadOnlyList<NativeBuffer<byte>> sent, IReadOnlyList<NativeBuffer<byte>> received) =>
        new MpiStandingExchange(this, sent, received, _prepared++);

    private static int Place(ReadOnlySpan<int> lengths, int[] kept, int[] places)
    {
        var end = 0;
        for (var rank = 0; rank < kept.Length; rank++)
        {
            (kept[rank], places[rank]) = (lengths[rank], end);
            end = checked(end + lengths[rank]);
        }

        return end;
    }

    internal static void Check(int code, string call)
    {
        if (code != 0)
            throw new ConsortException($"mpirun: {call} failed with code {code}");
    }
}
