namespace Consort.Foundation.Ranks;

/// <summary>
/// The processes that work on one thing together, and how they tell each other bytes. Every call is made by all of them, in the same order;
/// none returns before what it gives is there. Nothing is summed on the way: who gets numbers adds them in the order of ranks, so that the
/// bits do not depend on the network.
/// </summary>
/// <remarks>One thread at a time. A process alone has none of these, and whoever could use them is given null.</remarks>
public interface IRanks
{
    /// <summary>Which one this is, counted from 0.</summary>
    int Rank { get; }

    /// <summary>How many there are, at least 1.</summary>
    int Count { get; }

    /// <summary>What gradients are rounded to on the way from one to the other.</summary>
    WirePrecision Wire => WirePrecision.Float;

    /// <summary>Gives all what each has, in the order of ranks.</summary>
    /// <param name="own">What this one has, as many bytes as <paramref name="lengths"/> says of it.</param>
    /// <param name="all">Receives that of all, one behind the other.</param>
    /// <param name="lengths">How many bytes each has, the same on all.</param>
    void Gather(ReadOnlySpan<byte> own, Span<byte> all, ReadOnlySpan<int> lengths);

    /// <summary>Gives each what the others have for it.</summary>
    /// <param name="sent">What this one has for rank 0, then for rank 1, and so on.</param>
    /// <param name="sentLengths">How many bytes for each.</param>
    /// <param name="received">Receives what rank 0 has for this one, then what rank 1 has, and so on.</param>
    /// <param name="receivedLengths">How many bytes from each, as they know themselves.</param>
    void Exchange(ReadOnlySpan<byte> sent, ReadOnlySpan<int> sentLengths, Span<byte> received, ReadOnlySpan<int> receivedLengths);

    /// <summary>Gives all what rank 0 has.</summary>
    /// <param name="bytes">What rank 0 has; on the others it receives that. As long on all.</param>
    void Broadcast(Span<byte> bytes);

    /// <summary>
    /// Prepares an exchange that is made many times, and made while the ranks work. The n-th of one rank is that of the others.
    /// </summary>
    /// <param name="sent">What goes to each rank; this one's own is passed over. Parts may overlap.</param>
    /// <param name="received">Where what comes from each goes, as long as they know themselves.</param>
    IStandingExchange Prepare(IReadOnlyList<NativeBuffer<byte>> sent, IReadOnlyList<NativeBuffer<byte>> received);
}
