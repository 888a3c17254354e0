using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Consort.Data.Sources;

/// <summary>
/// What rows were that are in no file: a hash of the texts of each column and of their lengths, so it does not matter how rows were cut
/// into blocks.
/// </summary>
/// <param name="columns">How many columns are read.</param>
internal sealed class TextHash(int columns)
{
    private readonly (XxHash128 Bytes, XxHash128 Lengths)[] _columns =
        [.. Enumerable.Range(0, columns).Select(_ => (new XxHash128(), new XxHash128()))];
    private int[] _lengths = [];
    private long _bytes;

    /// <summary>Takes the next rows of a column.</summary>
    /// <param name="column">The column.</param>
    /// <param name="text">Its bytes.</param>
    /// <param name="cells">Its cells.</param>
    public void Append(int column, ReadOnlySpan<byte> text, ReadOnlySpan<Cell> cells)
    {
        if (_lengths.Length < cells.Length) _lengths = new int[cells.Length];
        for (var r = 0; r < cells.Length; r++) _lengths[r] = cells[r].Length;
        _columns[column].Bytes.Append(text);
        _columns[column].Lengths.Append(MemoryMarshal.AsBytes(_lengths.AsSpan(0, cells.Length)));
        _bytes += text.Length;
    }

    /// <summary>The identity of what was taken.</summary>
    public SourceIdentity Identify(string place, long rows)
    {
        var all = new XxHash128();
        foreach (var (bytes, lengths) in _columns)
        {
            all.Append(bytes.GetCurrentHash());
            all.Append(lengths.GetCurrentHash());
        }
        return new SourceIdentity(place, _bytes, 0, Convert.ToHexStringLower(all.GetCurrentHash()), "", rows);
    }
}
