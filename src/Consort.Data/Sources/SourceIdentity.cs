using System.IO.Hashing;

namespace Consort.Data.Sources;

/// <summary>
/// What a source file was when it was encoded. A file is the same when its size and content hash are. A large file whose size and time of
/// change are as recorded is checked by a sample of its content instead of all of it.
/// </summary>
/// <param name="Path">Where it lay; not part of its identity.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Changed">Time of the last change, UTC ticks.</param>
/// <param name="Hash">XxHash128 of all bytes.</param>
/// <param name="Sample">XxHash128 of 64 pieces spread over the file.</param>
/// <param name="Rows">Data rows.</param>
public sealed record SourceIdentity(string Path, long Size, long Changed, string Hash, string Sample, long Rows)
{
    /// <summary>Up to this size the whole content is always compared.</summary>
    private const long AlwaysWhole = 64 << 20;
    private const int Pieces = 64;
    private const int PieceBytes = 16 << 10;

    /// <summary>The identity of a file just read, with its hash.</summary>
    internal static SourceIdentity Of(string path, string hash, long rows)
    {
        // Of the file that was opened: what a link to it says of itself, as /dev/stdin does, is of the link.
        using var file = SourceStream.Open(path);
        return new SourceIdentity(path, file.Length, File.GetLastWriteTimeUtc(file.SafeFileHandle).Ticks, hash, SampleOf(file), rows);
    }

    /// <summary>Whether the file at a path has the recorded content; null when it has, otherwise what differs.</summary>
    /// <exception cref="ConsortException">It cannot be opened.</exception>
    public string? Difference(string path)
    {
        using var file = SourceStream.Open(path);
        if (file.Length != Size) return $"{path}: found {file.Length} bytes, expected {Size}";
        if (Size > AlwaysWhole && File.GetLastWriteTimeUtc(file.SafeFileHandle).Ticks == Changed)
            return SampleOf(file) == Sample ? null : $"{path}: its content has changed";
        var hash = new XxHash128();
        hash.Append(file);
        return Convert.ToHexStringLower(hash.GetCurrentHash()) == Hash ? null : $"{path}: its content has changed";
    }

    private static string SampleOf(FileStream file)
    {
        var hash = new XxHash128();
        var piece = new byte[PieceBytes];
        var step = Math.Max(PieceBytes, (file.Length - PieceBytes) / (Pieces - 1));
        for (long at = 0; at < file.Length; at += step)
        {
            file.Position = at;
            hash.Append(piece.AsSpan(0, file.ReadAtLeast(piece, PieceBytes, throwOnEndOfStream: false)));
        }
        return Convert.ToHexStringLower(hash.GetCurrentHash());
    }
}
