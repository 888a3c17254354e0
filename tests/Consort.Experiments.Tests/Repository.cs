namespace Consort.Experiments.Tests;

/// <summary>The repository that the tests run in.</summary>
internal static class Repository
{
    /// <summary>Its root.</summary>
    public static string Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Consort.slnx")))
                return folder.FullName;
        throw new InvalidOperationException("the tests run outside the repository");
    }
}
