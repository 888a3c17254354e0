using System.IO.Hashing;
using Consort.Data.Schemas;

namespace Consort.Data.Datasets;

/// <summary>The rows of one split, memory-mapped. Made and disposed of by <see cref="EncodedDataset"/>.</summary>
public sealed class EncodedSplit : IDisposable
{
    private readonly HeldBytes _bytes;

    internal EncodedSplit(string folder, StoredSplit stored, FeatureSpace space, bool hasTruth)
    {
        Name = stored.Name;
        Rows = stored.Rows;
        Clicks = stored.Clicks;
        HasTruth = hasTruth;
        Space = space;
        RowBytes = StoreRows.RowBytes(space, hasTruth);
        var path = Path.Combine(folder, stored.File.Name);
        EncodedDataset.CheckSize(path, stored.File);
        if (stored.File.Bytes != stored.Rows * RowBytes)
            throw new ConsortException($"{path}: found {stored.Rows} rows in {stored.File.Bytes} bytes, expected {RowBytes} bytes a row");
        _bytes = HeldBytes.Map(path, stored.File.Bytes);
        try
        {
            EncodedDataset.CheckHash(path, stored.File, Hash(stored.File.Bytes));
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
    public long Bytes => Rows * RowBytes;

    /// <summary>Bytes of a row: its ids, N floats, the label and, where known, the true probability, 4 bytes each.</summary>
    internal int RowBytes { get; }

    /// <summary>The first row.</summary>
    internal NativeSpan<byte> Data => _bytes.All;

    /// <inheritdoc/>
    public void Dispose() => _bytes.Dispose();

    private string Hash(long bytes)
    {
        var hash = new XxHash128();
        const int Piece = 16 << 20;
        for (long at = 0; at < bytes; at += Piece) hash.Append(Data.Slice(at, (int)Math.Min(Piece, bytes - at)));
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
