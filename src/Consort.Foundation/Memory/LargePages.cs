using System.Runtime.InteropServices;

namespace Consort.Foundation.Memory;

/// <summary>
/// Memory for tables that are read at random: with pages of 2 MiB, where the system has them, a row costs a cache miss but no walk through
/// the page tables. Where it has none, memory is as ever.
/// </summary>
internal static partial class LargePages
{
    public const nuint PageBytes = 2 << 20;
    private const int AdviseLargePages = 14; // MADV_HUGEPAGE of Linux

    /// <summary>The alignment of memory of a size: smaller memory would lose too much to rounding.</summary>
    public static nuint AlignmentOf(nuint bytes) => bytes < 2 * PageBytes || !OperatingSystem.IsLinux() ? 64 : PageBytes;

    /// <summary>Asks for large pages, where the alignment allows it, on all memory nodes.</summary>
    public static void Ask(nint data, nuint bytes)
    {
        if (AlignmentOf(bytes) != PageBytes)
            return;
        MemoryNodes.Interleave(data, bytes);
        try
        {
            _ = Advise(data, bytes / PageBytes * PageBytes, AdviseLargePages); // a refusal changes nothing
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system without the call has pages of one size.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint data, nuint bytes, int advice);
}
