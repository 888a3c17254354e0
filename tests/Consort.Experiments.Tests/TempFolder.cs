using Consort.Data.Synthetic;

namespace Consort.Experiments.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("consort-test-").FullName;

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public string File(string name, string text)
    {
        System.IO.File.WriteAllText(At(name), text);
        return At(name);
    }

    /// <summary>Raw synthetic clicks beside their true probabilities.</summary>
    public string Clicks(string name, long rows, SyntheticOptions? options = null)
    {
        SyntheticClicks.Write(At(name), rows, options ?? new SyntheticOptions(), 2);
        return At(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
