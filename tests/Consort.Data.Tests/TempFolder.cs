using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Splits;

namespace Consort.Data.Tests;

/// <summary>A folder that is gone after the test, and the raw files of the test.</summary>
internal sealed class TempFolder : IDisposable
{
    public TempFolder() => Path = Directory.CreateTempSubdirectory("consort-test-").FullName;

    public string Path { get; }

    public string File(string name, string text) => File(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string File(string name, byte[] content)
    {
        string path = System.IO.Path.Combine(Path, name);
        System.IO.File.WriteAllBytes(path, content);
        return path;
    }

    public string At(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>Encodes one file, all of it as training rows.</summary>
    public EncodedDataset Encode(Schema schema, string path, string folder = "encoded", int threads = 2)
    {
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([path]), At(folder), threads));
        return EncodedDataset.Open(At(folder));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
