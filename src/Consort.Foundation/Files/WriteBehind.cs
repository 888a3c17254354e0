using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Consort.Foundation.Files;

/// <summary>
/// Has the system begin to put on disk what was written to a file, so that whoever flushes it at the end waits for the last part alone.
/// Where there is no such call, a flush takes as long as ever.
/// </summary>
internal static partial class WriteBehind
{
    private const uint Begin = 2; // SYNC_FILE_RANGE_WRITE of Linux

    /// <summary>Begins with some bytes of a file, and does not wait for them. Whether it has; a refusal changes nothing.</summary>
    public static bool Start(SafeFileHandle file, long from, long bytes)
    {
        try
        {
            return OperatingSystem.IsLinux() && SyncRange(file, from, bytes, Begin) == 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return false; // a C library without the call
        }
    }

    [LibraryImport("libc", EntryPoint = "sync_file_range")]
    private static partial int SyncRange(SafeFileHandle file, long from, long bytes, uint flags);
}
