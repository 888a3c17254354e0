using Consort.Onnx;

namespace Consort.Serving.Tests.Onnx;

/// <summary>
/// A tensor of the interpreter: numbers, whole numbers and truth values as doubles, or texts. Whole numbers below 2^53 and powers of two
/// are exact.
/// </summary>
internal sealed record OnnxTensor(ElementType Type, int[] Shape, double[] Numbers, string[] Texts)
{
    public int Size => Shape.Aggregate(1, (product, size) => product * size);

    public static OnnxTensor Of(ElementType type, int[] shape, IEnumerable<double> numbers) => new(type, shape, [.. numbers], []);

    public static OnnxTensor Of(int[] shape, IEnumerable<string> texts) => new(ElementType.String, shape, [], [.. texts]);

    /// <summary>Bytes that need not be UTF-8, one character each.</summary>
    public static string Text(Google.Protobuf.ByteString bytes) => System.Text.Encoding.Latin1.GetString(bytes.Span);

    public static string Text(string text) => System.Text.Encoding.Latin1.GetString(System.Text.Encoding.UTF8.GetBytes(text));
}
