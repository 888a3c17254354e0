using System.Numerics;
using Consort.Compute.Graphs;
using Consort.Foundation.Numbers;
using Consort.Foundation.Ranks;

namespace Consort.Compute.Cpu.Shards;

/// <summary>Copies numbers from one on.</summary>
/// <typeparam name="T">The element.</typeparam>
/// <param name="start">The first.</param>
/// <param name="target">Receives them.</param>
public delegate void NumberReader<T>(long start, Span<T> target);

/// <summary>
/// The tables of a <see cref="TableShards{T}"/> by their numbers in whole ones, as a checkpoint of one process has them: what they start
/// with, and how they are written and read by ranks that each have a part.
/// </summary>
/// <remarks>What belongs to a table, such as an optimizer's state, lies in the order of its rows, with so many numbers to each.</remarks>
/// <typeparam name="T">The element.</typeparam>
public sealed class WholeTables<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly TableShards<T> _shards;
    private readonly IRanks _ranks;
    private readonly ShardMap _map;
    private readonly int[] _lengths; // bytes of each rank
    private T[] _sent = [];
    private T[] _received = [];

    internal WholeTables(TableShards<T> shards, IRanks ranks) =>
        (_shards, _ranks, _map, _lengths) = (shards, ranks, shards.Map, new int[ranks.Count]);

    /// <summary>The whole tables.</summary>
    public IReadOnlyList<Table> Tables => _map.Whole.Tables;

    /// <summary>Which of them has a name, or −1.</summary>
    public int IndexOf(string name)
    {
        var index = Tables.Count - 1;
        while (index >= 0 && Tables[index].Name != name)
            index--;
        return index;
    }

    /// <summary>Draws this rank's rows: each gets what it would get in one process.</summary>
    /// <param name="seed">Any number.</param>
    /// <param name="isWanted">Which tables.</param>
    public void Initialize(ulong seed, Func<Table, bool> isWanted)
    {
        for (var table = 0; table < Tables.Count; table++)
            if (isWanted(Tables[table]))
                Initialize(table, new CounterRandom(seed, Tables[table].Name));
    }

    /// <summary>Gives all ranks numbers of a whole table; all ask for the same.</summary>
    /// <param name="table">Which.</param>
    /// <param name="own">Gives numbers of this rank's part.</param>
    /// <param name="width">Numbers of a row.</param>
    /// <param name="start">The first of the numbers.</param>
    /// <param name="target">Receives them.</param>
    public void Gather(int table, NumberReader<T> own, int width, long start, Span<T> target)
    {
        if (_received.Length < target.Length)
            (_sent, _received) = (new T[target.Length], new T[target.Length]);
        Array.Clear(_lengths);
        var sent = 0;
        foreach (var piece in Pieces(table, width, start, target.Length))
        {
            _lengths[piece.Rank] += piece.Length;
            if (piece.Rank != _ranks.Rank)
                continue;
            own(piece.Own, _sent.AsSpan(sent, piece.Length));
            sent += piece.Length;
        }

        var at = new int[_ranks.Count];
        for (var rank = 1; rank < at.Length; rank++)
            at[rank] = at[rank - 1] + _lengths[rank - 1];
        _ranks.GatherParts<T>(_sent.AsSpan(0, sent), _received.AsSpan(0, target.Length), _lengths);
        foreach (var piece in Pieces(table, width, start, target.Length))
        {
            _received.AsSpan(at[piece.Rank], piece.Length).CopyTo(target[(int)(piece.Whole - start)..]);
            at[piece.Rank] += piece.Length;
        }
    }

    /// <summary>Keeps of numbers of a whole table those that are this rank's.</summary>
    /// <param name="table">Which.</param>
    /// <param name="own">This rank's part.</param>
    /// <param name="width">Numbers of a row.</param>
    /// <param name="start">The first of the numbers.</param>
    /// <param name="numbers">The numbers.</param>
    public void Keep(int table, NativeBuffer<T> own, int width, long start, ReadOnlySpan<T> numbers)
    {
        foreach (var piece in Pieces(table, width, start, numbers.Length))
            if (piece.Rank == _ranks.Rank)
                numbers.Slice((int)(piece.Whole - start), piece.Length).CopyTo(own.Slice(piece.Own, piece.Length));
    }

    private void Initialize(int table, CounterRandom random)
    {
        var (whole, own) = (Tables[table], _shards.Own.Embeddings[table].Values);
        foreach (var piece in Pieces(table, whole.Dimension, 0, (long)whole.Rows * whole.Dimension))
            if (piece.Rank == _ranks.Rank)
                for (var i = 0; i < piece.Length; i++)
                    own[piece.Own + i] = T.CreateTruncating(whole.Initializer.Draw(random, piece.Whole + i));
        // A missing value says nothing until it has been learned.
        for (var vocabulary = 0; vocabulary < _map.Vocabularies; vocabulary++)
            if (_map.In(table, vocabulary) is not null)
                Row(_map.First(vocabulary)).Clear();
        foreach (var known in whole.Known)
            known.Read((id, numbers) =>
            {
                var row = Row(id);
                for (var i = 0; i < row.Length; i++)
                    row[i] = T.CreateTruncating(numbers[i]);
            });

        // Empty where the row is another rank's.
        Span<T> Row(int id) => _map.RankOf(id) != _ranks.Rank ? []
            : own.Slice((long)_map.OwnRow(table, _map.Of(id), id) * whole.Dimension, whole.Dimension);
    }

    // Stretches of rows, and of parts of rows at either end.
    private IEnumerable<Piece> Pieces(int table, int width, long start, long length)
    {
        var end = start + length;
        foreach (var (vocabulary, first) in _map.VocabulariesOf(table))
        {
            var firstRow = Math.Max(start / width, first.Whole);
            for (var row = firstRow; row < first.Whole + _map.Size(vocabulary) && row * width < end; row++)
            {
                var id = (int)(_map.First(vocabulary) + row - first.Whole);
                var (from, to) = (Math.Max(start, row * width), Math.Min(end, (row + 1) * width));
                yield return new Piece(
                    _map.RankOf(id), from, ((long)_map.OwnRow(table, vocabulary, id) * width) + from - (row * width), (int)(to - from));
            }
        }
    }

    /// <summary>Numbers that lie together in a whole table and in a rank's.</summary>
    private readonly record struct Piece(int Rank, long Whole, long Own, int Length);
}
