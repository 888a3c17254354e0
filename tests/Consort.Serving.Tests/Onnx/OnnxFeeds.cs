using System.Text.Json.Nodes;
using Consort.Serving.Onnx;

namespace Consort.Serving.Tests.Onnx;

/// <summary>Tensors of the interpreter as the real ONNX Runtime is given them.</summary>
internal static class OnnxFeeds
{
    public static JsonObject Of(Dictionary<string, OnnxTensor> feeds) => new(feeds.Select(f => KeyValuePair.Create(f.Key, (JsonNode?)new JsonObject
    {
        ["type"] = f.Value.Type switch { ElementType.Float => "float32", ElementType.Double => "float64", ElementType.Int64 => "int64", _ => "string" },
        ["dims"] = new JsonArray([.. f.Value.Shape.Select(d => (JsonNode)d)]),
        ["data"] = f.Value.Type == ElementType.String
            ? new JsonArray([.. f.Value.Texts.Select(t => (JsonNode)System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(t)))])
            : new JsonArray([.. f.Value.Numbers.Select(n => double.IsNaN(n) ? null : JsonValue.Create(n))]), // null is NaN
    })));
}
