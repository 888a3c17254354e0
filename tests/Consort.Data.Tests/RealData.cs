namespace Consort.Data.Tests;

/// <summary>Real data beside the repository. A test of what is absent is skipped.</summary>
internal static class RealData
{
    public static string Find(string relative)
    {
        var root = Environment.GetEnvironmentVariable("CONSORT_TEST_DATA");
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); root is null && folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Consort.slnx"))) root = Path.Combine(folder.FullName, "..", "shared", "data");
        }
        var path = root is null ? null : Path.Combine(root, relative);
        Assert.SkipUnless(File.Exists(path), $"{relative} is absent; CONSORT_TEST_DATA may name the folder that holds it");
        return path!;
    }
}
