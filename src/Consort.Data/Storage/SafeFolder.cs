namespace Consort.Data.Storage;

/// <summary>Puts a finished folder in the place of another.</summary>
internal static class SafeFolder
{
    /// <summary>Moves <paramref name="temp"/> to <paramref name="target"/>; what was there is removed only after the new one stands.</summary>
    public static void Replace(string temp, string target)
    {
        target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(target));
        string? old = null;
        if (Directory.Exists(target))
        {
            old = SafeFile.TempName(target);
            Directory.Move(target, old);
        }
        try
        {
            Directory.Move(temp, target);
        }
        catch when (old is not null)
        {
            Directory.Move(old, target);
            throw;
        }
        if (old is not null) Directory.Delete(old, recursive: true);
    }
}
