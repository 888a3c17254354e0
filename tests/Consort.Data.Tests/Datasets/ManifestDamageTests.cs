using System.Text.Json.Nodes;
using Consort.Data.Datasets;
using Consort.Data.Schemas;

namespace Consort.Data.Tests.Datasets;

public sealed class ManifestDamageTests : IDisposable
{
    private static readonly Schema Clicks = new()
    {
        Delimiter = (byte)',',
        Fields = [new("click", FieldKind.Label), new("user", FieldKind.Categorical), new("price", FieldKind.Numeric)],
    };

    private readonly TempFolder _folder = new();

    public ManifestDamageTests() => _folder.Encode(Clicks, _folder.File("rows.csv", "1,a,2\n0,b,3\n1,a,4\n"), "e").Dispose();

    private string Manifest => Path.Combine(_folder.At("e"), "manifest.json");

    private string Fails() => Assert.Throws<ConsortException>(() => EncodedDataset.Open(_folder.At("e"))).Message;

    private string What(string message)
    {
        Assert.StartsWith($"{Manifest}: found a damaged manifest: ", message, StringComparison.Ordinal);
        return message[$"{Manifest}: found a damaged manifest: ".Length..];
    }

    [Theory]
    [InlineData("kind", "null", "kind is null, expected a value")]
    [InlineData("schema", "null", "schema is null, expected a value")]
    [InlineData("format", "\"x\"", "format is of another kind")]
    [InlineData("sources", "null", "sources is null, expected a value")]
    [InlineData("sources", "{}", "sources is of another kind, expected a list")]
    [InlineData("numeric", "[null]", "numeric[0] is null, expected a value")]
    [InlineData("categorical", "[{\"name\": \"user\", \"offset\": 0}]", "categorical[0]: size missing, expected a value")]
    [InlineData("encoder", "{\"name\": null, \"bytes\": 1, \"checksum\": \"\"}", "encoder.name is null, expected a value")]
    [InlineData("row_bytes", "0", "row_bytes is 0, expected at least 4")]
    [InlineData("row_bytes", "1e400", "row_bytes is of another kind")]
    [InlineData("splits", "[null]", "splits[0] is null, expected a value")]
    [InlineData("key", "\"\\ud800\"", "key")]
    public void Open_AFieldThatIsNotWhatItShouldBe_NamesIt(string key, string value, string expected)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(Manifest))!;
        manifest[key] = "PUT-HERE";
        File.WriteAllText(Manifest, manifest.ToJsonString().Replace("\"PUT-HERE\"", value, StringComparison.Ordinal));
        Assert.StartsWith(expected, What(Fails()), StringComparison.Ordinal);
    }

    // Rows and bytes a row that agree only because their product wraps around.
    [Theory]
    [InlineData("rows", "4611686018427387907", "splits[0].rows is 4611686018427387907, expected 36 / 12")]
    [InlineData("rows", "-3", "splits[0].rows is -3")]
    [InlineData("rows", "null", "splits[0].rows is of another kind")]
    [InlineData("clicks", "4", "splits[0].clicks is 4, expected 0 to 3")]
    [InlineData("name", "\"other\"", "splits[0].name is \"other\", expected train, valid, test or transfer, each once")]
    [InlineData("file", "null", "splits[0].file is null")]
    public void Open_ASplitThatIsNotWhatItShouldBe_NamesIt(string key, string value, string expected)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(Manifest))!;
        manifest["splits"]![0]![key] = JsonNode.Parse(value);
        File.WriteAllText(Manifest, manifest.ToJsonString());
        Assert.StartsWith(expected, What(Fails()), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ANumberThatCouldBeTrueButIsNot_IsRefused()
    {
        var manifest = JsonNode.Parse(File.ReadAllText(Manifest))!;
        var split = manifest["splits"]![0]!;
        split["clicks"] = split["clicks"]!.GetValue<long>() == 0 ? 1 : 0;
        File.WriteAllText(Manifest, manifest.ToJsonString());
        Assert.StartsWith("its checksum does not agree with what it says", What(Fails()), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_AKeyThatIsGone_NamesIt()
    {
        foreach ((var key, _) in JsonNode.Parse(File.ReadAllText(Manifest))!.AsObject().ToArray())
        {
            if (key == "checksum") continue; // manifests of earlier versions have none
            var whole = File.ReadAllText(Manifest);
            var manifest = JsonNode.Parse(whole)!.AsObject();
            manifest.Remove(key);
            File.WriteAllText(Manifest, manifest.ToJsonString());
            Assert.StartsWith($"{Manifest}: found a damaged manifest: {key} missing, expected a value", Fails(), StringComparison.Ordinal);
            File.WriteAllText(Manifest, whole);
        }
    }

    [Fact]
    public void Open_AManifestCutAnywhere_IsAnError()
    {
        var whole = File.ReadAllText(Manifest);
        for (var kept = 0; kept < whole.Length - 2; kept += 7)
        {
            File.WriteAllText(Manifest, whole[..kept]);
            Assert.StartsWith($"{Manifest}: found a damaged manifest: ", Fails(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{\"a\":")]
    public void Open_AManifestNestedDeep_IsAnError(string opening)
    {
        File.WriteAllText(Manifest, string.Concat(Enumerable.Repeat(opening, 100_000)));
        Assert.StartsWith($"{Manifest}: found a damaged manifest: found no JSON in line 1", Fails(), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();
}
