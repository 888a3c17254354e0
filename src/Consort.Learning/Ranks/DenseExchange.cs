using Consort.Compute.Cpu.Parameters;
using Consort.Compute.Graphs;
using Consort.Foundation.Ranks;

namespace Consort.Learning.Ranks;

/// <summary>
/// Sums up dense gradients over the ranks, part by part, while the backward pass goes on: a part leaves as soon as no gradient in it can
/// change any more. Parts are the same whatever the time, and each number is added in the order of ranks, so that the bits are those of
/// one exchange behind it all.
/// </summary>
internal sealed class DenseExchange : IDisposable
{
    private const int Line = 16; // numbers that no part and no slice of one cuts
    private const int Parts = 16; // as many where numbers are few enough for it
    private const int Message = 15_000; // numbers for one rank that MPI sends over TCP without asking first: 60 KB
    private readonly DensePart[] _parts; // in the order in which they are complete
    private readonly NativeBuffer<float> _room; // of two slices, where they are rounded
    private int _started;
    private int _summed;

    /// <summary>Lays out room.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="store">The gradients, summed up in place.</param>
    public DenseExchange(IRanks ranks, ParameterStore<float> store)
    {
        var lastReaders = LastReaders(store.Graph);
        var lines = store.DenseGradients.Length / Line;
        var most = Math.Max(1, Math.Min((lines + Parts - 1) / Parts, (long)Message * ranks.Count / Line));
        var parts = (lines + most - 1) / most;
        var slice = Line * ((most / ranks.Count) + 2L); // at most
        _room = new NativeBuffer<float>(ranks.Wire == WirePrecision.Float ? 0 : 2 * slice);
        _parts = [.. Enumerable.Range(0, checked((int)parts))
            .Select(p => (First: Line * lines * p / parts / Line * Line, End: Line * lines * (p + 1) / parts / Line * Line))
            .Select(p => new DensePart(ranks, store.DenseGradients, p.First, p.End, Line, store.Slots
                .Where(s => s.Offset < p.End && s.Offset + s.Length > p.First)
                .Select(s => lastReaders.GetValueOrDefault(s.Parameter, int.MaxValue)).DefaultIfEmpty(int.MaxValue).Min(), _room))
            .Reverse().OrderByDescending(p => p.CompleteAt)
            .Select(p => p.Prepared())];
    }

    /// <summary>Starts what is complete once the backward pass has left a value, and moves on what has been started.</summary>
    public void Passed(int value)
    {
        while (_started < _parts.Length && _parts[_started].CompleteAt >= value)
            _parts[_started++].Start();
        while (_summed < _started && _parts[_summed].Test())
            _parts[_summed++].Sum();
    }

    /// <summary>Returns when all gradients are those of all ranks.</summary>
    public void Finish()
    {
        Passed(int.MinValue);
        for (; _summed < _parts.Length; _summed++)
        {
            _parts[_summed].Wait();
            _parts[_summed].Sum();
        }

        foreach (var part in _parts)
            part.WaitForSums();
        (_started, _summed) = (0, 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var part in _parts)
            part.Dispose();
        _room.Dispose();
    }

    // The value that the backward pass comes to last of those that have a parameter.
    private static Dictionary<Parameter, int> LastReaders(Graph graph)
    {
        var readers = new Dictionary<Parameter, int>();
        foreach (var value in graph.Values)
            foreach (var parameter in value.Operation?.Parameters ?? [])
                readers.TryAdd(parameter, value.Index);
        return readers;
    }
}
