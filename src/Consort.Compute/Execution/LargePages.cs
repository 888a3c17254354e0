using System.Runtime.InteropServices;

namespace Consort.Compute.Execution;

/// <summary>
/// Memory for tables that are read at random: with pages of 2 MiB, where the system has them, a row costs a cache miss but no
/// walk through the page tables. Where it has none, memory is as ever.
/// </summary>
internal static unsafe partial class LargePages
{
    private const nuint PageBytes = 2 << 20;
    private const int AdviseLargePages = 14; // MADV_HUGEPAGE of Linux

    /// <summary>Memory with rubbish in it, aligned to at least 64 bytes; free it with <see cref="NativeMemory.AlignedFree"/>.</summary>
    public static void* Allocate(nuint bytes)
    {
        // Smaller memory would lose too much to rounding.
        if (bytes < 2 * PageBytes || !OperatingSystem.IsLinux())
            return NativeMemory.AlignedAlloc(bytes, 64);
        var data = NativeMemory.AlignedAlloc(bytes, PageBytes);
        try
        {
            _ = Advise(data, bytes / PageBytes * PageBytes, AdviseLargePages); // a refusal changes nothing
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system without the call has pages of one size.
        }

        return data;
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* data, nuint bytes, int advice);
}
