using System.Text.Json;
using Consort.Foundation.Files;
using Consort.Foundation.Numbers;

namespace Consort.Foundation.Tests.Numbers;

public sealed class JsonNumbersTests
{
    private static readonly JsonSerializerOptions Options = JsonNumbers.In(new JsonSerializerOptions());

    private sealed record Sample(double A, float B, double? C, double[] D);

    [Fact]
    public void Serialize_NotFinite_IsNull()
    {
        var sample = new Sample(double.NaN, float.PositiveInfinity, double.NegativeInfinity, [1.5, double.NaN]);
        Assert.Equal("""{"A":null,"B":null,"C":null,"D":[1.5,null]}""", JsonSerializer.Serialize(sample, Options));
        Assert.Equal("""{"x":null}""", JsonSerializer.Serialize(new Dictionary<string, object?> { ["x"] = double.NaN }, Options));
    }

    [Fact]
    public void Deserialize_NullAndWords_AreReadBack()
    {
        var nulls = JsonSerializer.Deserialize<Sample>("""{"A":null,"B":null,"C":null,"D":[null,2]}""", Options)!;
        Assert.Equal((double.NaN, float.NaN, null), (nulls.A, nulls.B, nulls.C));
        Assert.Equal([double.NaN, 2], nulls.D);
        // As files of earlier versions have them.
        var words = JsonSerializer.Deserialize<Sample>("""{"A":"NaN","B":"Infinity","C":"-Infinity","D":[0.1]}""", Options)!;
        Assert.Equal((double.NaN, float.PositiveInfinity, double.NegativeInfinity), (words.A, words.B, words.C));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Sample>("""{"A":"many"}""", Options));
    }

    [Fact]
    public void Read_Element_TakesNullForNaN()
    {
        var numbers = JsonText.Parse(
            """[null, "NaN", "Infinity", 2.5]"""u8.ToArray(), what => new ConsortException(what), root => root.Items()
            .Select(item => item.Number()).ToArray());
        Assert.Equal([double.NaN, double.NaN, double.PositiveInfinity, 2.5], numbers);
    }

    [Fact]
    public void Clean_WordsOfNumbers_AreNull() => Assert.Equal(
        """{"auc":null,"name":"NaN-like","deep":[1,null,{"x":null}],"none":null}""",
        JsonNumbers.Clean("""{"auc":"NaN","name":"NaN-like","deep":[1,"-Infinity",{"x":"Infinity"}],"none":null}"""u8)!.Value.GetRawText());

    [Fact]
    public void Culture_NotFinite_IsADash() => Assert.Equal(
        "– – – 0.5000", string.Create(
            ShownNumbers.Culture, $"{double.NaN:F4} {double.PositiveInfinity:F2} {float.NegativeInfinity:+0.0;-0.0;0.0} {0.5:F4}"));
}
