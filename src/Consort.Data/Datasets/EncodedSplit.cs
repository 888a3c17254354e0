using System.IO.Hashing;
using Consort.Data.Schemas;

namespace Consort.Data.Datasets;

/// <summary>The rows of one split, memory-mapped. Made and disposed of by <see cref="EncodedDataset"/>.</summary>
public sealed class EncodedSplit : IDisposable
{
    private readonly HeldBytes? _bytes; // null where pieces have them
    private readonly HeldBytes? _lists;
    private readonly EncodedSplit[] _pieces;

    /// <param name="stored">What is said of all rows.</param>
    /// <param name="pieces">Some of the rows each, one behind another.</param>
    /// <param name="space">The columns.</param>
    /// <param name="hasTruth">Whether true probabilities are known.</param>
    internal EncodedSplit(StoredSplit stored, EncodedSplit[] pieces, FeatureSpace space, bool hasTruth)
    {
        Name = stored.Name;
        Rows = stored.Rows;
        Clicks = stored.Clicks;
        HasTruth = hasTruth;
        Space = space;
        Layout = new RowLayout(space, hasTruth);
        _pieces = pieces;
    }

    internal EncodedSplit(string folder, StoredSplit stored, FeatureSpace space, bool hasTruth) : this(stored, [], space, hasTruth)
    {
        _pieces = [this];
        var path = Path.Combine(folder, stored.File.Name);
        EncodedDataset.CheckSize(path, stored.File);
        if (stored.File.Bytes != stored.Rows * RowBytes)
            throw new ConsortException($"{path}: found {stored.Rows} rows in {stored.File.Bytes} bytes, expected {RowBytes} bytes a row");
        _bytes = HeldBytes.Map(path, stored.File.Bytes);
        try
        {
            EncodedDataset.CheckHash(path, stored.File, Hash(Data));
            if (stored.Lists is not { } lists) return;
            path = Path.Combine(folder, lists.Name);
            EncodedDataset.CheckSize(path, lists);
            _lists = HeldBytes.Map(path, lists.Bytes);
            EncodedDataset.CheckHash(path, lists, Hash(_lists.All));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary><c>train</c>, <c>valid</c>, <c>test</c> or <c>transfer</c>.</summary>
    public string Name { get; }

    /// <summary>Rows, at least 1.</summary>
    public long Rows { get; }

    /// <summary>Rows with label 1.</summary>
    public long Clicks { get; }

    /// <summary>Whether the true click probability of each row is known (synthetic data).</summary>
    public bool HasTruth { get; }

    /// <summary>Whether the rows have labels; those of <c>transfer</c> have none.</summary>
    public bool HasLabels => Name != "transfer";

    /// <summary>The columns.</summary>
    public FeatureSpace Space { get; }

    /// <summary>Bytes of its rows, which are mapped: the system drops them from memory where it needs the room.</summary>
    public long Bytes => Rows * RowBytes + _pieces.Sum(p => p._lists?.Length ?? 0);

    /// <summary>What has its rows, one behind another: itself, or those of the parts of its dataset.</summary>
    internal ReadOnlySpan<EncodedSplit> Pieces => _pieces;

    /// <summary>Where things stand in a row.</summary>
    internal RowLayout Layout { get; }

    /// <summary>Bytes of a row.</summary>
    internal int RowBytes => Layout.Bytes;

    /// <summary>The first row.</summary>
    internal NativeSpan<byte> Data => _bytes!.All;

    /// <summary>The lists of all rows, in bytes; empty where no column is a list.</summary>
    internal NativeSpan<byte> Lists => _lists is null ? default : _lists.All;

    /// <inheritdoc/>
    public void Dispose()
    {
        _bytes?.Dispose();
        _lists?.Dispose();
        foreach (var piece in _pieces)
        {
            if (piece != this) piece.Dispose();
        }
    }

    private static string Hash(NativeSpan<byte> data)
    {
        var hash = new XxHash128();
        const int Piece = 16 << 20;
        for (long at = 0; at < data.Length; at += Piece) hash.Append(data.Slice(at, (int)Math.Min(Piece, data.Length - at)));
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
