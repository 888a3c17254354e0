using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Shards;

/// <summary>The rows at which a vocabulary begins: in the whole table, in a rank's part of it, and in that of a batch.</summary>
internal readonly record struct FirstRows(int Whole, int Own, int Batch);

/// <summary>
/// How ids are dealt to ranks: id i is that of rank i mod N, so that the most frequent ones, with which vocabularies begin, are spread. Of
/// each vocabulary a rank has every N-th id, one behind the other, and a batch has those that stand in it.
/// </summary>
internal sealed class ShardMap
{
    private readonly int[] _columns; // vocabulary of each
    private readonly int[] _firsts; // id of each vocabulary, ascending
    private readonly int[] _sizes;
    private readonly FirstRows?[] _rows; // [tables, vocabularies]; null where a table has none of it

    /// <summary>Lines up a family's graph over all ids with those over a rank's ids and over a batch's.</summary>
    public ShardMap(Graph whole, Graph own, Graph batch, int ranks)
    {
        (Ranks, Whole) = (ranks, whole);
        var columns = whole.Columns;
        int[] named = [.. Enumerable.Range(0, columns.Count).OrderBy(c => columns[c].Offset).DistinctBy(c => columns[c].Offset)];
        (_firsts, _sizes) = ([.. named.Select(c => columns[c].Offset)], [.. named.Select(c => columns[c].Size)]);
        _columns = [.. columns.Select(c => Array.IndexOf(_firsts, c.Offset))];
        _rows = new FirstRows?[whole.Tables.Count * named.Length];
        for (var table = 0; table < whole.Tables.Count; table++)
            for (var v = 0; v < named.Length; v++)
            {
                int[] readers = [.. Enumerable.Range(0, columns.Count).Where(c => _columns[c] == v)];
                if (whole.Tables[table].Columns is { } some && (readers = [.. readers.Intersect(some)]).Length == 0)
                    continue;
                _rows[(table * named.Length) + v] = new FirstRows(
                    whole.FirstRow(whole.Tables[table], readers[0]), own.FirstRow(own.Tables[table], readers[0]),
                    batch.FirstRow(batch.Tables[table], readers[0]));
            }
    }

    public int Ranks { get; }

    /// <summary>The family over all ids.</summary>
    public Graph Whole { get; }

    public int Vocabularies => _firsts.Length;

    /// <summary>The vocabulary of a column.</summary>
    public int OfColumn(int column) => _columns[column];

    /// <summary>The vocabulary that an id belongs to.</summary>
    public int Of(int id)
    {
        var at = Array.BinarySearch(_firsts, id);
        return at < 0 ? ~at - 1 : at;
    }

    /// <summary>Its first id.</summary>
    public int First(int vocabulary) => _firsts[vocabulary];

    /// <summary>How many ids it has.</summary>
    public int Size(int vocabulary) => _sizes[vocabulary];

    /// <summary>Where a table has it, or null.</summary>
    public FirstRows? In(int table, int vocabulary) => _rows[(table * _firsts.Length) + vocabulary];

    /// <summary>What a table has, in the order of its rows.</summary>
    public IEnumerable<(int Vocabulary, FirstRows First)> VocabulariesOf(int table)
    {
        for (var v = 0; v < _firsts.Length; v++)
            if (In(table, v) is { } first)
                yield return (v, first);
    }

    /// <summary>The row of an id in the part of a table that its rank has.</summary>
    public int OwnRow(int table, int vocabulary, int id) => In(table, vocabulary)!.Value.Own + Within(vocabulary, id);

    /// <summary>Whose an id is.</summary>
    public int RankOf(int id) => id % Ranks;

    /// <summary>How far an id stands behind the first of its vocabulary among those of its rank.</summary>
    public int Within(int vocabulary, int id) => (id - _firsts[vocabulary]) / Ranks;
}
