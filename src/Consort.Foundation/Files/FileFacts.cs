using System.Runtime.InteropServices;

namespace Consort.Foundation.Files;

/// <summary>What stands under a name.</summary>
public enum FileKind
{
    /// <summary>Nothing, or nothing that may be looked at.</summary>
    None,

    /// <summary>A file with a beginning and an end.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A pipe, with a name (<c>mkfifo</c>) or without: its bytes come once.</summary>
    Pipe,

    /// <summary>A device, such as <c>/dev/null</c> or a terminal.</summary>
    Device,

    /// <summary>A socket.</summary>
    Socket,
}

/// <summary>
/// What a name stands for, links followed, and which file it is: told without opening it, for opening a pipe may wait for ever.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Identity">Names the file whatever path leads to it, where the system tells; else its full path.</param>
public readonly partial record struct FileFacts(FileKind Kind, string Identity)
{
    private const int BytesOfStatx = 256, HereAndNow = -100, TypeModeAndInode = 0x103;

    /// <summary>Looks at a path. Throws nothing: what cannot be looked at is <see cref="FileKind.None"/>.</summary>
    public static FileFacts Of(string path)
    {
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) return new FileFacts(FileKind.None, "");
        return (OperatingSystem.IsLinux() ? OnLinux(path) : null)
            ?? new FileFacts(Directory.Exists(path) ? FileKind.Folder : File.Exists(path) ? FileKind.File : FileKind.None,
                Path.GetFullPath(path));
    }

    /// <summary>Whether two paths lead to one file that is there, by links or other spellings too.</summary>
    public static bool AreSame(string first, string second)
    {
        FileFacts a = Of(first), b = Of(second);
        return a.Kind == FileKind.File && b.Kind == FileKind.File && a.Identity == b.Identity;
    }

    // statx, unlike stat, has the same layout on every processor.
    private static FileFacts? OnLinux(string path)
    {
        var facts = new byte[BytesOfStatx];
        try
        {
            if (Statx(HereAndNow, path, 0, TypeModeAndInode, facts) != 0) return new FileFacts(FileKind.None, "");
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            return null; // an old C library
        }
        int mode = BitConverter.ToUInt16(facts, 28);
        var identity = $"{BitConverter.ToUInt32(facts, 136):x}:{BitConverter.ToUInt32(facts, 140):x}:{BitConverter.ToUInt64(facts, 32):x}";
        var kind = (mode & 0xF000) switch
        {
            0x1000 => FileKind.Pipe,
            0x4000 => FileKind.Folder,
            0x8000 => FileKind.File,
            0xC000 => FileKind.Socket,
            _ => FileKind.Device,
        };
        return new FileFacts(kind, identity);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, byte[] facts);
}
