using Xunit.Abstractions;

namespace Consort.Data.Tests;

/// <summary>Real data beside the repository, used where present.</summary>
internal static class RealData
{
    public static string? Find(string relative, ITestOutputHelper output)
    {
        string? root = Environment.GetEnvironmentVariable("CONSORT_TEST_DATA");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); root is null && folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Consort.slnx"))) root = Path.Combine(folder.FullName, "..", "shared", "data");
        }
        string? path = root is null ? null : Path.Combine(root, relative);
        if (path is not null && File.Exists(path)) return path;
        output.WriteLine($"not tested: {relative} is absent; set CONSORT_TEST_DATA to the folder that holds it");
        return null;
    }
}
