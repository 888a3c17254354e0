using Consort.Onnx;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Consort.Serving.Tests.Onnx;

/// <summary>The real ONNX Runtime, of its package, in this process: one thread, as a service has for one request.</summary>
internal static class RuntimePeer
{
    /// <summary>Why it cannot be used here, or null. The package brings native libraries for some processors and systems only.</summary>
    public static string? Missing { get; } = Load();

    /// <summary>Runs a model on feeds as the interpreter takes them; outputs are [B, 1] floats.</summary>
    public static Dictionary<string, double[]> Run(string model, Dictionary<string, OnnxTensor> feeds)
    {
        using var options = new SessionOptions
        {
            IntraOpNumThreads = 1,
            InterOpNumThreads = 1,
            GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL,
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR,
        };
        using var session = new InferenceSession(model, options);
        using var outputs = session.Run([.. feeds.Select(f => Input(f.Key, f.Value))]);
        return outputs.ToDictionary(o => o.Name, o => o.AsEnumerable<float>().Select(v => (double)v).ToArray());
    }

    private static NamedOnnxValue Input(string name, OnnxTensor tensor) => tensor.Type switch
    {
        ElementType.String => NamedOnnxValue.CreateFromTensor(
            name, new DenseTensor<string>(tensor.Texts.Select(Utf8).ToArray(), tensor.Shape)),
        ElementType.Int64 => NamedOnnxValue.CreateFromTensor(
            name, new DenseTensor<long>(tensor.Numbers.Select(n => (long)n).ToArray(), tensor.Shape)),
        ElementType.Double => NamedOnnxValue.CreateFromTensor(name, new DenseTensor<double>(tensor.Numbers, tensor.Shape)),
        _ => NamedOnnxValue.CreateFromTensor(name, new DenseTensor<float>(tensor.Numbers.Select(n => (float)n).ToArray(), tensor.Shape)),
    };

    // Texts of the interpreter hold a byte a character.
    private static string Utf8(string text) => System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(text));

    private static string? Load()
    {
        try
        {
            _ = OrtEnv.Instance();
            return null;
        }
        catch (Exception e) when (e is TypeInitializationException or DllNotFoundException or BadImageFormatException)
        {
            return $"ONNX Runtime does not load here: {(e.InnerException ?? e).Message}";
        }
    }
}
