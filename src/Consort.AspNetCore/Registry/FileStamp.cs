using System.IO.Hashing;

namespace Consort.AspNetCore.Registry;

/// <summary>By what a changed file is told from the one that was loaded.</summary>
/// <param name="Path">The file itself, where the name is a link.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Written">When it was last written to.</param>
/// <param name="Head">The hash of its first bytes, which of a package hold the checksums of all else: two packages of one length that were
/// written within one tick of the file system's clock differ here. 0 where they cannot be read.</param>
internal readonly record struct FileStamp(string Path, long Length, DateTime Written, UInt128 Head)
{
    private const int HeadBytes = 4096;

    /// <summary>The stamp of a file; null where there is none.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            var file = new FileInfo(path);
            // A link to the package of the day, as orchestrators mount files.
            var target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return target.Exists ? new FileStamp(target.FullName, target.Length, target.LastWriteTimeUtc, HeadOf(target)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static UInt128 HeadOf(FileInfo file)
    {
        // What has no length may be a pipe, and to open that would be to wait.
        if (file.Length == 0)
            return 0;
        try
        {
            using var handle = File.OpenHandle(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            Span<byte> head = stackalloc byte[HeadBytes];
            return XxHash128.HashToUInt128(head[..RandomAccess.Read(handle, head, 0)]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            return 0;
        }
    }
}
