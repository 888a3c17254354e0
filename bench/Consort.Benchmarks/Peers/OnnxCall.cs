using System.Text.Json;
using Microsoft.ML.OnnxRuntime;

namespace Consort.Benchmarks.Peers;

/// <summary>
/// A model in ONNX Runtime, of its NuGet package, in this process and on the caller's thread alone. Its inputs are tensors before the clock
/// starts.
/// </summary>
internal sealed class OnnxCall : IDisposable
{
    private readonly SessionOptions _options = new()
    {
        IntraOpNumThreads = 1,
        InterOpNumThreads = 1,
        GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
        LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
    };

    private readonly RunOptions _run = new();
    private readonly InferenceSession _session;
    private readonly string[] _inputs;
    private readonly string[] _outputs;
    private readonly OrtValue[][] _feeds; // [calls, inputs]

    /// <summary>Loads a model.</summary>
    /// <param name="model">The file.</param>
    /// <param name="feeds">What each call is fed, as <see cref="OnnxFeeds"/> writes it.</param>
    public OnnxCall(string model, JsonElement feeds)
    {
        _session = new InferenceSession(model, _options);
        _inputs = [.. _session.InputMetadata.Keys];
        _outputs = [.. _session.OutputMetadata.Keys];
        _feeds = [.. feeds.EnumerateArray().Select(f => _inputs.Select(name => Tensor(f.GetProperty(name))).ToArray())];
    }

    /// <summary>The version of the runtime.</summary>
    public static string Version => OrtEnv.Instance().GetVersionString();

    /// <summary>Computes the outputs of one feed.</summary>
    public void Run(int call)
    {
        using var outputs = _session.Run(_run, _inputs, _feeds[call % _feeds.Length], _outputs);
    }

    public void Dispose()
    {
        foreach (var value in _feeds.SelectMany(f => f))
            value.Dispose();
        _session.Dispose();
        _run.Dispose();
        _options.Dispose();
    }

    private static OrtValue Tensor(JsonElement port)
    {
        long[] shape = [.. port.GetProperty("dims").EnumerateArray().Select(d => d.GetInt64())];
        var data = port.GetProperty("data").EnumerateArray();
        return port.GetProperty("type").GetString() switch
        {
            "string" => Texts([.. data.Select(d => d.GetString()!)], shape),
            "int64" => OrtValue.CreateTensorValueFromMemory(data.Select(d => d.GetInt64()).ToArray(), shape),
            "float64" => OrtValue.CreateTensorValueFromMemory(data.Select(Number).ToArray(), shape),
            _ => OrtValue.CreateTensorValueFromMemory(data.Select(d => (float)Number(d)).ToArray(), shape),
        };
    }

    private static double Number(JsonElement number) => number.ValueKind == JsonValueKind.Null ? double.NaN : number.GetDouble();

    private static OrtValue Texts(string[] texts, long[] shape)
    {
        var value = OrtValue.CreateTensorWithEmptyStrings(OrtAllocator.DefaultInstance, shape);
        for (var i = 0; i < texts.Length; i++)
            value.StringTensorSetElementAt(texts[i].AsSpan(), i);
        return value;
    }
}
