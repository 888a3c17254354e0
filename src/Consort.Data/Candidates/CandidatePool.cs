using System.IO.Hashing;
using System.Runtime.InteropServices;
using Consort.Data.Datasets;
using Consort.Data.Sources;

namespace Consort.Data.Candidates;

/// <summary>
/// What candidates are drawn from: the items of a log with their counts, which of them occur in which context, and some rows to take
/// groups of fields from. Memory is bounded by the vocabulary of items, some bytes for each different pair of context and item, and the
/// donors.
/// </summary>
internal sealed class CandidatePool(CandidateRequest request) : IRowConsumer
{
    private static readonly byte[] Between = [0]; // which no cell has
    private readonly int[] _items = request.Places(request.Items);
    private readonly int[] _context = request.ContextPlaces;
    private readonly int[] _groups = request.Places(request.Groups.SelectMany(g => g));
    private readonly Dictionary<UInt128, int> _byHash = [];
    private readonly List<byte[][]> _itemCells = [];
    private readonly List<UInt128> _itemHashes = [];
    private readonly List<long> _counts = [];
    private readonly HashSet<ulong> _pairs = [];
    private readonly List<byte[][]> _donors = [];
    private readonly XxHash128 _hash = new();
    private long[] _upTo = []; // of counts, summed
    private long _rows;

    /// <summary>Different items.</summary>
    public int Items => _itemCells.Count;

    /// <summary>Rows to take groups from.</summary>
    public int Donors => _donors.Count;

    public void Take(RowCursor rows)
    {
        for (var r = 0; r < rows.Group.Rows; r++, _rows++)
        {
            if (request.Unused > 0) TakeItem(rows, r);
            if (request.Swaps > 0) TakeDonor(rows, r);
        }
    }

    public IEnumerable<(int Field, Action<int> Look)> Looks(RowCursor rows) => [];

    /// <summary>The cells of an item, in the order of its fields, drawn by 64 bits.</summary>
    public int Draw(ulong bits)
    {
        if (request.Draw == ItemDraw.Uniform) return (int)Below(bits, Items);
        if (_upTo.Length == 0)
        {
            long sum = 0;
            _upTo = [.. _counts.Select(c => sum += c)];
        }
        var at = Array.BinarySearch(_upTo, Below(bits, _upTo[^1]) + 1);
        return at < 0 ? ~at : at;
    }

    /// <summary>The cells of an item.</summary>
    public byte[][] ItemCells(int item) => _itemCells[item];

    /// <summary>Whether an item occurs in the context of a row.</summary>
    public bool Occurs(int item, RowCursor rows, int row) => _pairs.Contains(Pair(HashOf(rows, row, _context), _itemHashes[item]));

    /// <summary>The cells of all groups of a donor, one after another, drawn by 64 bits.</summary>
    public byte[][] Donor(ulong bits) => _donors[(int)Below(bits, Donors)];

    /// <summary>A number below a bound, of 64 bits.</summary>
    private static long Below(ulong bits, long below) => (long)Math.BigMul(bits, (ulong)below, out _);

    private void TakeItem(RowCursor rows, int row)
    {
        var hash = HashOf(rows, row, _items);
        ref var item = ref CollectionsMarshal.GetValueRefOrAddDefault(_byHash, hash, out var isKnown);
        if (!isKnown)
        {
            item = _itemCells.Count;
            _itemCells.Add(CellsOf(rows, row, _items));
            _itemHashes.Add(hash);
            _counts.Add(0);
        }
        _counts[item]++;
        _pairs.Add(Pair(HashOf(rows, row, _context), hash));
    }

    // Each row is as likely as any other to be among the donors (Vitter 1985, algorithm R).
    private void TakeDonor(RowCursor rows, int row)
    {
        if (_donors.Count < request.Donors)
        {
            _donors.Add(CellsOf(rows, row, _groups));
            return;
        }
        var place = Below(KeyedHash.Mix(~request.Seed, (ulong)_rows), _rows + 1);
        if (place < _donors.Count) _donors[(int)place] = CellsOf(rows, row, _groups);
    }

    private static byte[][] CellsOf(RowCursor rows, int row, int[] fields) =>
        [.. fields.Select(f => rows.Group.Held(f)[row].Of(rows.Data).ToArray())];

    private UInt128 HashOf(RowCursor rows, int row, int[] fields)
    {
        foreach (var field in fields)
        {
            _hash.Append(rows.Group.Held(field)[row].Of(rows.Data));
            _hash.Append(Between);
        }
        var hash = _hash.GetCurrentHashAsUInt128();
        _hash.Reset();
        return hash;
    }

    private static ulong Pair(UInt128 context, UInt128 item) => KeyedHash.Mix((ulong)context, (ulong)item);
}
