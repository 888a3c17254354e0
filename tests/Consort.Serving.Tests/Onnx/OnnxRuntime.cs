using System.Diagnostics;
using System.Text.Json.Nodes;
using Consort.Serving.Onnx;

namespace Consort.Serving.Tests.Onnx;

/// <summary>
/// The real ONNX Runtime, where it is: Node.js with <c>onnxruntime-node</c>, installed below <c>tests/peers/onnx</c> by the script
/// there or named by the environment variable <c>CONSORT_ONNXRUNTIME</c> (the folder that holds its node_modules).
/// </summary>
internal static class OnnxRuntime
{
    private const string Variable = "CONSORT_ONNXRUNTIME";

    /// <summary>What to run and why not, one of the two.</summary>
    public static (string? Modules, string? Absent) Find()
    {
        var named = Environment.GetEnvironmentVariable(Variable);
        var folder = named ?? Scripts;
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "onnxruntime-node")))
            return (null, $"ONNX Runtime is not there: {folder}/node_modules/onnxruntime-node; install it with tests/peers/onnx/install or name its folder in {Variable}");
        return (folder, null);
    }

    /// <summary>Runs models, each on its feeds, in one process.</summary>
    public static JsonArray Run(string modules, string folder, IEnumerable<(string Model, Dictionary<string, OnnxTensor> Feeds)> jobs)
    {
        var (input, output) = (Path.Combine(folder, "jobs.json"), Path.Combine(folder, "results.json"));
        var text = new JsonArray([.. jobs.Select(j => (JsonNode)new JsonObject { ["model"] = j.Model, ["feeds"] = Feeds(j.Feeds) })]);
        File.WriteAllText(input, text.ToJsonString());
        var start = new ProcessStartInfo("node", [Path.Combine(Scripts, "run.mjs"), input, output]) { RedirectStandardError = true };
        start.Environment[Variable] = modules;
        using var node = Process.Start(start)!;
        var error = node.StandardError.ReadToEnd();
        node.WaitForExit();
        Assert.True(node.ExitCode == 0, error);
        return JsonNode.Parse(File.ReadAllText(output))!.AsArray();
    }

    private static JsonObject Feeds(Dictionary<string, OnnxTensor> feeds) => new(feeds.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)new JsonObject
    {
        ["type"] = f.Value.Type switch { ElementType.Float => "float32", ElementType.Double => "float64", ElementType.Int64 => "int64", _ => "string" },
        ["dims"] = new JsonArray([.. f.Value.Shape.Select(d => (JsonNode)d)]),
        ["data"] = f.Value.Type == ElementType.String
            ? new JsonArray([.. f.Value.Texts.Select(t => (JsonNode)System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(t)))])
            : new JsonArray([.. f.Value.Numbers.Select(n => double.IsNaN(n) ? null : JsonValue.Create(n))]), // null is NaN
    })));

    private static string Scripts
    {
        get
        {
            for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
                if (File.Exists(Path.Combine(at.FullName, "Consort.slnx")))
                    return Path.Combine(at.FullName, "tests", "peers", "onnx");
            throw new InvalidOperationException("the tests run outside the repository");
        }
    }
}
