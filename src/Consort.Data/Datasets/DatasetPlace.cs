using Consort.Foundation.Files;

namespace Consort.Data.Datasets;

/// <summary>
/// Where a dataset stands. Its manifest names its other files, so replacing that one file replaces the dataset: at every instant the folder
/// holds the old one or the new one, whole. Files of a new one that comes over another carry its key in their names.
/// </summary>
internal sealed class DatasetPlace
{
    private const int KeyDigits = 12;
    private static readonly string[] Parts = [.. Manifest.SplitNames, "encoder"];

    /// <summary>Looks at a folder, whose claim the caller holds, and clears what killed processes have left beside it and in it.</summary>
    /// <exception cref="ConsortException">There is something else than a dataset.</exception>
    public DatasetPlace(string folder)
    {
        Folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        Leftovers.ClearAll(Folder);
        if (File.Exists(Folder)) throw new ConsortException($"{folder}: found a file, expected a folder or nothing");
        IsTaken = Manifest.IsAt(Folder);
        if (!IsTaken && Directory.Exists(Folder) && Directory.EnumerateFileSystemEntries(Folder).Any())
            throw new ConsortException($"{folder}: found a folder with other files, expected an encoded dataset or an empty folder");
        if (IsTaken) ClearStrangers();
    }

    /// <summary>The claim on a dataset's folder stands beside it, for the folder comes into being whole.</summary>
    public static string ClaimName(string folder) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));

    /// <summary>The folder, a full path.</summary>
    public string Folder { get; }

    /// <summary>Whether a dataset stands there already.</summary>
    public bool IsTaken { get; }

    /// <summary>What the files of a new dataset are called, without their endings.</summary>
    public string NameOf(string part, string key) => IsTaken ? $"{part}-{key[..KeyDigits]}" : part;

    /// <summary>Puts a finished dataset there. Who has opened the older one goes on reading it.</summary>
    /// <param name="temp">The folder of its files, beside this one.</param>
    /// <param name="manifest">Names them.</param>
    public void Put(string temp, Manifest manifest)
    {
        if (!IsTaken)
        {
            SafeFile.Write(Path.Combine(temp, Manifest.FileName), manifest.Write);
            if (Directory.Exists(Folder)) Directory.Delete(Folder); // empty, as the constructor saw
            Directory.Move(temp, Folder);
            return;
        }
        foreach (var file in manifest.Files)
            File.Move(Path.Combine(temp, file.Name), Path.Combine(Folder, file.Name), overwrite: true);
        SafeFile.Write(Path.Combine(Folder, Manifest.FileName), manifest.Write);
        Directory.Delete(temp, recursive: true);
        ClearStrangers();
    }

    /// <summary>Whether a killed process has left anything beside a dataset or in it. Needs no claim.</summary>
    public static bool HasLeftovers(string folder)
    {
        try
        {
            return Leftovers.Any(folder) || File.Exists(ClaimName(folder) + ".lock")
                || Leftovers.Any(Path.Combine(folder, Manifest.FileName)) || Strangers(folder).Length > 0;
        }
        catch (Exception e) when (e is ConsortException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private void ClearStrangers()
    {
        try
        {
            Leftovers.ClearFiles(Path.Combine(Folder, Manifest.FileName));
            foreach (var file in Strangers(Folder)) File.Delete(file);
        }
        catch (Exception e) when (e is ConsortException or IOException or UnauthorizedAccessException)
        {
            // A damaged manifest names no files, and on Windows a file in use stays: the next encoding clears them.
        }
    }

    // Files of a dataset that was replaced, or that was to come and never did.
    private static string[] Strangers(string folder)
    {
        HashSet<string> own = [.. Manifest.Read(folder).Files.Select(f => f.Name)];
        return [.. Directory.EnumerateFiles(folder, "*.bin").Where(f => IsPart(Path.GetFileNameWithoutExtension(f))
            && !own.Contains(Path.GetFileName(f)))];
    }

    private static bool IsPart(string name) => Array.Exists(Parts, part => name == part
        || name.Length == part.Length + 1 + KeyDigits && name.StartsWith(part + "-", StringComparison.Ordinal)
        && Leftovers.IsHex(name.AsSpan(part.Length + 1)));
}
