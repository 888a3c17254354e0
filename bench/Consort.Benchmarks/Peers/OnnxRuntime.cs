using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Consort.Benchmarks.Peers;

/// <summary>
/// The real ONNX Runtime, where it is: Node.js with <c>onnxruntime-node</c>, installed below <c>tests/peers/onnx</c> by the script there or
/// named by the environment variable <c>CONSORT_ONNXRUNTIME</c> (the folder that holds its node_modules). Tests use it as the benchmarks
/// do.
/// </summary>
internal static class OnnxRuntime
{
    private const string Variable = "CONSORT_ONNXRUNTIME";

    /// <summary>The folder that holds it, or why it cannot be used.</summary>
    /// <param name="folder">Where to look; the variable, then the folder of the scripts, unless given.</param>
    public static (string? Modules, string? Absent) Find(string? folder = null)
    {
        if (Scripts is not { } scripts) return (null, "ONNX Runtime is asked by scripts of the repository, and this runs outside of it");
        folder ??= Environment.GetEnvironmentVariable(Variable) ?? scripts;
        if (!Directory.Exists(Path.Combine(folder, "node_modules", "onnxruntime-node")))
            return (null, $"ONNX Runtime is not there: {folder}/node_modules/onnxruntime-node; install it with tests/peers/onnx/install or name its folder in {Variable}");
        try
        {
            using var version = Process.Start(new ProcessStartInfo("node", ["--version"]) { RedirectStandardOutput = true })!;
            version.WaitForExit();
            return (folder, null);
        }
        catch (Win32Exception)
        {
            return (null, "ONNX Runtime is not there: Node.js (node) is not on the path");
        }
    }

    /// <summary>
    /// Runs models, each on its feeds, in one process: an object { name: { type, dims, data } }, or the path of a file that holds one.
    /// </summary>
    /// <exception cref="InvalidOperationException">The process failed; the message is what it said.</exception>
    public static JsonArray Run(string modules, string folder, IEnumerable<(string Model, JsonNode Feeds)> jobs)
    {
        string input = Path.Combine(folder, "jobs.json"), output = Path.Combine(folder, "results.json");
        var text = new JsonArray([.. jobs.Select(j => (JsonNode)new JsonObject { ["model"] = j.Model, ["feeds"] = j.Feeds })]);
        File.WriteAllText(input, text.ToJsonString());
        using var node = Start(modules, "run.mjs", input, output);
        node.StandardInput.Close();
        var said = node.StandardOutput.ReadToEndAsync();
        var error = node.StandardError.ReadToEnd();
        node.WaitForExit();
        return node.ExitCode == 0
            ? JsonNode.Parse(File.ReadAllText(output))!.AsArray()
            : throw new InvalidOperationException($"node run.mjs ended with {node.ExitCode}: {error}{said.Result}");
    }

    /// <summary>Starts a script of <c>tests/peers/onnx</c>, all of whose streams are the caller's.</summary>
    public static Process Start(string modules, string script, params string[] words)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Scripts!, script), .. words])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment[Variable] = modules;
        return Process.Start(start)!;
    }

    private static string? Scripts
    {
        get
        {
            for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
                if (File.Exists(Path.Combine(at.FullName, "Consort.slnx")))
                    return Path.Combine(at.FullName, "tests", "peers", "onnx");
            return null;
        }
    }
}
