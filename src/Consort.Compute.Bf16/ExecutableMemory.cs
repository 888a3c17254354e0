using System.Runtime.InteropServices;

namespace Consort.Compute.Bf16;

/// <summary>
/// Memory that holds machine code. It is written first and made executable afterwards, never both at a time, so that systems which forbid
/// memory that is both let it pass. It is never freed: the code serves as long as the process.
/// </summary>
/// <remarks>The Windows half is written after its documentation and has not been tested.</remarks>
internal static unsafe partial class ExecutableMemory
{
    private const int ReadWrite = 1 | 2, ReadExecute = 1 | 4; // PROT_READ, PROT_WRITE, PROT_EXEC
    private const int MapPrivate = 2, MapAnonymousLinux = 0x20, MapAnonymousMac = 0x1000;
    private const uint Commit = 0x1000, Reserve = 0x2000, PageReadWrite = 4, PageExecuteRead = 0x20;

    /// <summary>Copies code to where it can be run.</summary>
    /// <param name="code">Machine code that may lie anywhere.</param>
    /// <returns>Its address, on a page boundary, or null where the system refuses.</returns>
    public static void* Place(ReadOnlySpan<byte> code)
    {
        var length = ((nuint)code.Length + 0xFFFF) & ~(nuint)0xFFFF; // whole pages of any system
        if (OperatingSystem.IsWindows())
        {
            var data = VirtualAlloc(null, length, Commit | Reserve, PageReadWrite);
            if (data == null) return null;
            code.CopyTo(new Span<byte>(data, code.Length));
            return VirtualProtect(data, length, PageExecuteRead, out _) != 0 ? data : null;
        }
        var flags = MapPrivate | (OperatingSystem.IsMacOS() ? MapAnonymousMac : MapAnonymousLinux);
        var memory = Map(null, length, ReadWrite, flags, -1, 0);
        if ((nint)memory == -1) return null;
        code.CopyTo(new Span<byte>(memory, code.Length));
        if (Protect(memory, length, ReadExecute) == 0) return memory;
        _ = Unmap(memory, length);
        return null;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial void* Map(void* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    private static partial int Protect(void* address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(void* address, nuint length);

    [LibraryImport("kernel32")]
    private static partial void* VirtualAlloc(void* address, nuint length, uint type, uint protection);

    [LibraryImport("kernel32")]
    private static partial int VirtualProtect(void* address, nuint length, uint protection, out uint before);
}
