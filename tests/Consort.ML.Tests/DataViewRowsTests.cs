using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Options;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Consort.ML.Tests;

/// <summary>A view is encoded as a file with the same values is.</summary>
public sealed class DataViewRowsTests
{
    private static readonly DateTime Noon = new(2026, 11, 1, 12, 0, 0, DateTimeKind.Utc);
    private readonly MLContext _context = new(seed: 1);

    private IDataView View()
    {
        var rows = Enumerable.Range(0, 40).Select(i => new Impression(i % 3 == 0, $"s{i % 4}", i % 7 == 0 ? float.NaN : i / 2f, i % 5,
            Noon.AddHours(i), [$"t{i % 3}", $"t{i % 6}"], [i, -i]));
        var view = _context.Data.LoadFromEnumerable(rows);
        return _context.Transforms.Conversion.MapValueToKey("Key", nameof(Impression.Site)).Fit(view).Transform(view);
    }

    [Fact]
    public void ColumnsOf_AView_AreItsTypes()
    {
        var catalogue = SourceCatalogue.BuiltIn.With(DataViewRows.Of("clicks", View()));
        Assert.Equal(
            [
                ("Click", "yes or no", false), ("Site", "text", false), ("Price", "numbers", false), ("Count", "numbers", false),
                ("Time", "timestamps", false), ("Tags", "lists of text", true), ("Pair[0]", "numbers", false),
                ("Pair[1]", "numbers", false), ("Key", "text", false),
            ],
            catalogue.ColumnsOf("rows:clicks")!.Select(c => (c.Name, c.Type, c.IsList)));
    }

    [Fact]
    public void Encode_AView_GivesWhatATextWithItsValuesGives()
    {
        const string Fields = """
            fields:
              - { name: Click, kind: label }
              - { name: Site, kind: categorical }
              - { name: Price, kind: numeric, transform: standardise }
              - { name: Count, kind: categorical }
              - { name: Time, kind: time, derive: [hour, weekday] }
              - { name: Tags, kind: list, splitter: "|" }
              - { name: "Pair[0]", kind: numeric, transform: min_max }
              - { name: "Pair[1]", kind: numeric, transform: min_max }
              - { name: Key, kind: categorical }
            """;
        using var folder = new TempFolder();
        var text = folder.At("clicks.csv");
        File.WriteAllLines(text, Enumerable.Range(0, 40).Select(i => FormattableString.Invariant(
            $"{(i % 3 == 0 ? 1 : 0)},s{i % 4},{(i % 7 == 0 ? "" : i / 2f)},{i % 5},{Noon.AddHours(i):yyyy-MM-ddTHH:mm:ssZ},t{i % 3}|t{i % 6},{i},{-i},s{i % 4}"))
            .Prepend("Click,Site,Price,Count,Time,Tags,Pair[0],Pair[1],Key"));

        var fromText = Schema.Load(OptionMap.Parse($"header: true\ndelimiter: comma\n{Fields}", "schema"));
        DatasetEncoder.Encode(new EncodeRequest(fromText, SplitPlan.Given([text]), folder.At("text"), 1));
        var sources = SourceCatalogue.BuiltIn.With(DataViewRows.Of("clicks", View()));
        DatasetEncoder.Encode(new EncodeRequest(fromText, SplitPlan.Given(["rows:clicks"]), folder.At("view"), 1) { Sources = sources });
        string[] files = [.. Directory.GetFiles(folder.At("text")).Select(f => Path.GetFileName(f)).Where(f => f != "manifest.json")];
        Assert.True(files.Length >= 3, string.Join(' ', files)); // rows, lists, encoder
        Assert.All(files, f => Assert.Equal(File.ReadAllBytes(folder.At($"text/{f}")), File.ReadAllBytes(folder.At($"view/{f}"))));
    }

    private sealed record Impression(bool Click, string Site, float Price, int Count, DateTime Time, string[] Tags,
        [property: VectorType(2)] float[] Pair);
}
