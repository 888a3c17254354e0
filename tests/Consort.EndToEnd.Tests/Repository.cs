using System.Diagnostics;

namespace Consort.EndToEnd.Tests;

/// <summary>The repository that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string At(string path) => Path.Combine(Root, path);

    /// <summary>The files that git tracks or would track; all files below the sources where there is no git.</summary>
    public static IReadOnlyList<string> Files()
    {
        try
        {
            using var git = Process.Start(
                new ProcessStartInfo("git", ["-C", Root, "ls-files", "--cached", "--others", "--exclude-standard"])
                { RedirectStandardOutput = true })!;
            var files = git.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            git.WaitForExit();
            if (git.ExitCode == 0)
                return [.. files.Where(f => File.Exists(At(f)))];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // No git here.
        }

        string[] folders = ["src", "tests", "bench", "docs", "configs"];
        return [.. folders.Select(At).Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories))
            .Select(f => Path.GetRelativePath(Root, f).Replace('\\', '/'))];
    }

    public static IReadOnlyList<string> Sources()
    {
        string[] sources = [.. Files()
            .Where(f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".cs", StringComparison.Ordinal))];
        return sources.Length > 0 ? sources : throw new InvalidOperationException(
            "found no source files, so no rule about them can be checked");
    }

    private static string Find()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Consort.slnx")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("found no Consort.slnx above the tests");
    }
}
