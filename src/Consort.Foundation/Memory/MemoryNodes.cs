using System.Globalization;
using System.Runtime.InteropServices;

namespace Consort.Foundation.Memory;

/// <summary>
/// Where large memory lies on a machine with several memory nodes (sockets). Linux puts a page where the thread runs that touches it
/// first, and a table is cleared by one; its pages are dealt to all nodes in turn, so that every thread reads at the speed of all of
/// them. With one node nothing is done.
/// </summary>
internal static partial class MemoryNodes
{
    private const string WithMemory = "/sys/devices/system/node/has_memory";
    private const int Interleaved = 3; // MPOL_INTERLEAVE
    private const int MostNodes = 64; // bits of the mask

    // Of mbind, which the C library itself has no function for.
    private static readonly nint Bind = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 237,
        Architecture.Arm64 => 235,
        _ => -1,
    };

    /// <summary>A bit for each node with memory; 1 where the system does not say.</summary>
    public static ulong Mask { get; } = OperatingSystem.IsLinux() && File.Exists(WithMemory) ? MaskOf(File.ReadAllText(WithMemory)) : 1;

    /// <summary>Deals the pages of memory that nobody has touched yet to all nodes.</summary>
    public static void Interleave(nint data, nuint bytes)
    {
        if (ulong.PopCount(Mask) > 1)
            _ = Deal(data, bytes, Mask); // a refusal changes nothing
    }

    /// <summary>As above for given nodes, whole pages of <see cref="LargePages.PageBytes"/>; whether the system has done it.</summary>
    internal static bool Deal(nint data, nuint bytes, ulong mask)
    {
        try
        {
            var whole = (nint)(bytes / LargePages.PageBytes * LargePages.PageBytes);
            return Bind >= 0 && Call(Bind, data, whole, Interleaved, in mask, MostNodes + 1, 0) == 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false;
        }
    }

    /// <summary>The bits of a list as the system writes it, <c>0-1,3</c>.</summary>
    internal static ulong MaskOf(string list)
    {
        ulong mask = 0;
        foreach (var part in list.Trim().Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last))
                return 1;
            for (var node = first; node <= Math.Min(last, MostNodes - 1); node++)
                mask |= 1UL << node;
        }

        return mask == 0 ? 1 : mask;
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, nint data, nint bytes, nint mode, in ulong mask, nint most, nint flags);
}
