using System.Text.Json;
using Consort.Foundation.Files;

namespace Consort.Studies.Tracking;

/// <summary>
/// What a server knows of a run: kept as <c>mlflow.json</c> in its folder, so that one that goes on is the same one there.
/// </summary>
internal sealed record MlflowState(string Server, string Run, string Artifacts, bool HasParameters, int Evaluations, bool IsDone = false)
{
    private static string FileOf(string folder) => Path.Combine(folder, "mlflow.json");

    /// <summary>What is kept in a folder of a server; null for nothing.</summary>
    public static MlflowState? Find(string folder, Uri server) =>
        File.Exists(FileOf(folder)) && JsonSerializer.Deserialize<MlflowState>(File.ReadAllBytes(FileOf(folder))) is { } sent
            && sent.Server == server.ToString() ? sent : null;

    /// <summary>Keeps it there.</summary>
    public MlflowState Keep(string folder)
    {
        SafeFile.Write(FileOf(folder), stream => stream.Write(JsonSerializer.SerializeToUtf8Bytes(this)));
        return this;
    }
}
