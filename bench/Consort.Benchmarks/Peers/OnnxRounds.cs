using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Consort.Benchmarks.Peers;

/// <summary>A model in a process of ONNX Runtime that measures a round of single calls whenever it is told to, on one thread.</summary>
internal sealed class OnnxRounds : IDisposable
{
    private readonly Process _node;
    private readonly List<double> _medians = [];

    /// <summary>Starts the process, which loads the model and calls it until its code is warm.</summary>
    /// <exception cref="ConsortException">The runtime refuses the model.</exception>
    public OnnxRounds(string name, string modules, string model, string feeds, int calls)
    {
        Name = name;
        _node = OnnxRuntime.Start(modules, "latency.mjs", model, feeds, calls.ToString(CultureInfo.InvariantCulture), "--rounds");
        Version = (string?)Line()["version"];
    }

    public string Name { get; }

    public string? Version { get; }

    public double P50 { get; private set; } = double.MaxValue;

    public double P99 { get; private set; }

    public double Typical => Machine.Median(_medians.ToArray());

    public void Measure()
    {
        _node.StandardInput.WriteLine();
        _node.StandardInput.Flush();
        var round = Line();
        _medians.Add((double)round["p50_us"]!);
        if (_medians[^1] < P50) (P50, P99) = (_medians[^1], (double)round["p99_us"]!);
    }

    public void Dispose()
    {
        _node.StandardInput.Close(); // it ends when its input does
        if (!_node.WaitForExit(10_000)) _node.Kill();
        _node.Dispose();
    }

    private JsonNode Line() => _node.StandardOutput.ReadLine() is { } line
        ? JsonNode.Parse(line)!
        : throw new ConsortException($"ONNX Runtime, {Name}: {_node.StandardError.ReadToEnd()}");
}
