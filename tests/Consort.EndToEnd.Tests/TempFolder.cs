namespace Consort.EndToEnd.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("consort-test-").FullName;

    public string At(string name) => System.IO.Path.Combine(Path, name);

    public string File(string name, string text)
    {
        var path = At(name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
