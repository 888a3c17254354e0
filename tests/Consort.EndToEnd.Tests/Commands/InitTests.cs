using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Consort.Data.Profiles;
using Consort.Experiments.Drafts;
using Consort.Experiments.Files;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>From raw rows of which nothing is known to a report, without a line of YAML written by hand.</summary>
public sealed class InitTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Init_OfAMessyFile_WritesWhatTrains()
    {
        var data = _folder.File("messy.csv", Messy(2500));
        var run = ConsoleRun.Of("init", data, "--out", _folder.At("out"), "--yes", "--quiet", "--threads", "1", "--json", _folder.At("init.json"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("test AUC", run.Output, StringComparison.Ordinal);
        foreach (var file in new[] { "schema.yaml", "experiment.yaml", "report.html", "runs/first/metrics.json" })
            Assert.True(File.Exists(_folder.At($"out/{file}")), file);
        var json = JsonNode.Parse(File.ReadAllText(_folder.At("init.json")))!;
        var kinds = json["columns"]!.AsArray().ToDictionary(c => (string)c!["name"]!, c => (string)c!["kind"]!);
        Assert.Equal("label", kinds["Clicked"]);
        Assert.Equal("numeric", kinds["Price (EUR)"]);
        Assert.Equal(["Revenue", "unused"], kinds.Where(k => k.Value == "ignored").Select(k => k.Key).Where(k => k is "Revenue" or "unused").Order());
        Assert.All(json["columns"]!.AsArray(), c => Assert.NotEmpty((string)c!["why"]!));
        Assert.Equal(_folder.At("out/schema.yaml"), (string)json["schema"]!);
        Assert.NotEmpty(Experiment.Load((string)json["experiment"]!).Phases);
        Assert.InRange((double)JsonNode.Parse(File.ReadAllText(_folder.At("out/runs/first/metrics.json")))!["test"]!["auc"]!, 0.6, 0.95);
    }

    [Theory]
    [InlineData(19_999, "below 20,000")]
    [InlineData(20_000, "below 200,000")]
    [InlineData(1_999_999, "below 2 million")]
    [InlineData(2_000_000, "below 20 million")]
    [InlineData(20_000_000, "more")]
    public void Draft_OfSoManyRows_IsWhatThePageSays(long rows, string line)
    {
        var request = new ProfileRequest([_folder.File("messy.csv", Messy(300))]);
        var profile = DataProfile.Of(request, TestContext.Current.CancellationToken) with { Rows = rows };
        var yaml = ExperimentDraft.ToYaml(profile, SchemaDraft.Of(profile), "schema.yaml", _folder.At("out"), []);
        var page = File.ReadAllText(Repository.At("docs/commands/init.md"));
        var said = page.Split('\n').Single(l => l.StartsWith($"| {line} |", StringComparison.Ordinal)).Trim().Trim('|').Split(" | ");
        string Of(string key) => yaml.Split('\n').Single(l => l.Contains($" {key}: ", StringComparison.Ordinal)).Split($" {key}: ")[1].Split("  #")[0];

        var (dimension, tower) = (said[1].Trim().Split(", ", 2)[0], said[1].Trim().Split(", ", 2)[1]);
        Assert.Equal(dimension, Of("dimension"));
        Assert.Contains($"hidden_units: {tower[..tower.LastIndexOf(',')]}, dropout: {tower[(tower.LastIndexOf(',') + 2)..]} }}", yaml, StringComparison.Ordinal);
        Assert.Equal(said[2].Trim(), int.Parse(Of("batch_size"), CultureInfo.InvariantCulture).ToString("N0", CultureInfo.InvariantCulture));
        Assert.Equal(said[3].Trim(), Of("epochs"));
        var update = Of("embedding_update");
        Assert.Equal(said[4].Trim(), $"{Of("learning_rate")}, {Of("embedding_l2")}{(update == "dense" ? "" : $", {update}")}");
        var (cut, average) = (Of("schedule") == "{ name: plateau }" ? ".1" : ".3", Of("ema"));
        Assert.Equal(said[5].Trim(), $"{Of("patience")}, {cut}, {(average == "0" ? "–" : average[1..])}");
    }

    [Fact]
    public void Init_OfAQueryWithAFolderOfItsOwn_IsFoundAfterBothWereMoved()
    {
        _folder.File("here/rows/messy.csv", Messy(300));
        Assert.Equal(0, ConsoleRun.Of("init", $"sql:?folder={_folder.At("here/rows")}#select * from 'messy.csv'", "--out", _folder.At("here/out")).ExitCode);
        Assert.Equal(0, ConsoleRun.Of("init", $"sql:?folder={_folder.At("here/rows")}#select * from 'messy.csv'", "--out", _folder.At("here/rows")).ExitCode);
        Directory.Move(_folder.At("here"), _folder.At("there"));
        Assert.Contains("sql:?folder=../rows#select", File.ReadAllText(_folder.At("there/out/experiment.yaml")), StringComparison.Ordinal);
        Assert.Contains("sql:select", File.ReadAllText(_folder.At("there/rows/experiment.yaml")), StringComparison.Ordinal);
        foreach (var file in new[] { "there/out/experiment.yaml", "there/rows/experiment.yaml" })
        {
            var run = ConsoleRun.Of("train", _folder.At(file), "--out", _folder.At(file + ".run"), "-q");
            Assert.True(run.ExitCode == 0, run.Error);
        }
    }

    [Fact]
    public void Init_WhereFilesAre_WritesOverThemWithForceAlone()
    {
        var data = _folder.File("messy.csv", Messy(300));
        _folder.File("out/schema.yaml", "mine");
        var refused = ConsoleRun.Of("init", data, "--out", _folder.At("out"));
        Assert.Equal((2, "mine"), (refused.ExitCode, File.ReadAllText(_folder.At("out/schema.yaml"))));
        Assert.Contains("--force", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.At("out/experiment.yaml")));
        Assert.Equal(0, ConsoleRun.Of("init", data, "--out", _folder.At("out"), "--force").ExitCode);
        Assert.NotEqual("mine", File.ReadAllText(_folder.At("out/schema.yaml")));
    }

    [Fact]
    public void Init_AFileThatIsNotThere_IsToldBeforeASchemaThatIs()
    {
        _folder.File("out/schema.yaml", "mine");
        var refused = ConsoleRun.Of("init", _folder.At("nope.csv"), "--out", _folder.At("out"));
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("nope.csv: file not found", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("there already", refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "found an empty file")]
    [InlineData("click\n1\n0\n", "it is the only column")]
    [InlineData("click,a\n1,x\n", "nothing but clicks in 1 row ")]
    [InlineData("click,a\n", "found a header but no rows")]
    [InlineData("a,b\n1.5,x\n2.5,y\n3.5,z\n", "--label")]
    [InlineData("click,a\n1,x\n0,x\n", "the same in all 2 rows")]
    [InlineData("label,a\n0,x\n1,y\n2,z\n", "--click 2")]
    [InlineData("click,a\n1,x\n1,y\n", "nothing but clicks")]
    [InlineData("\u0001\u0002\u0003\0\u0004", "no text")]
    [InlineData("click,a\n1,x\n0,y\n0,y,z\n", "d.csv:4: found 3 columns, expected 2")]
    [InlineData("click,a\n1,\"x\n0,y\n", "never closed")]
    public void Init_OfRowsThatTeachNothing_SaysWhyAndWritesNothing(string text, string message)
    {
        var run = ConsoleRun.Of("init", _folder.File("d.csv", text), "--out", _folder.At("out"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("out")));
    }

    [Fact]
    public void Init_OfThreeFiles_TakesThemByTheirNames()
    {
        foreach (var (name, rows) in new[] { ("train.csv", 400), ("valid.csv", 100), ("test.csv", 100) })
            _folder.File(name, Messy(rows));
        var run = ConsoleRun.Of("init", _folder.At("train.csv"), _folder.At("valid.csv"), _folder.At("test.csv"), "--out", _folder.Path);
        Assert.True(run.ExitCode == 0, run.Error);
        var split = Experiment.Load(_folder.At("experiment.yaml")).Data!.Split!;
        Assert.Equal([0, 1, 2], split.FileSplits);
        Assert.Equal(0, ConsoleRun.Of("init", _folder.At("train.csv"), _folder.At("test.csv"), "--out", _folder.Path, "--force").ExitCode);
        split = Experiment.Load(_folder.At("experiment.yaml")).Data!.Split!;
        Assert.Equal((360, 40, 100), ((int)Math.Round(500 * split.TrainShare), (int)Math.Round(500 * split.ValidShare), (int)Math.Round(500 * split.TestShare)));
    }

    [Fact]
    public void Describe_WithoutASchema_ShowsAndWritesTheProfile()
    {
        var data = _folder.File("messy.csv", Messy(2000));
        var run = ConsoleRun.Of("data", "describe", data, "--html", _folder.At("p.html"), "--json", _folder.At("p.json"), "--threads", "1");
        Assert.True(run.ExitCode == 0, run.Error);
        foreach (var word in new[] { "2,000 rows", "Revenue", "2026-03-02", "click rate", "init " })
            Assert.Contains(word, run.Output, StringComparison.Ordinal);
        var page = System.Xml.Linq.XDocument.Parse(File.ReadAllText(_folder.At("p.html")).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        Assert.Contains(page.Descendants(), e => e.Name.LocalName == "svg");
        var json = JsonNode.Parse(File.ReadAllText(_folder.At("p.json")))!;
        Assert.Equal(2000, (int)json["rows"]!);
        Assert.Equal("Clicked", (string)json["label"]!["column"]!);
    }

    [Fact]
    public void Describe_WithoutALabel_StillShows()
    {
        var run = ConsoleRun.Of("data", "describe", _folder.File("d.csv", "a,b\n1.5,x\n2.5,y\n3.5,z\n"), "--html", _folder.At("p.html"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.Contains("no label: ", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, ConsoleRun.Of("data", "describe", _folder.At("d.csv"), "--schema", "criteo", "--html", _folder.At("q.html")).ExitCode);
    }

    // Quotes, yes and no, ISO times, whole numbers as floats, tags, missing texts, a column known only after the click.
    private static string Messy(int rows)
    {
        var random = new Random(7);
        var text = new StringBuilder("Row ID,Created At,City,is_member,Num Visits,Price (EUR),Tags,unused,Revenue,Clicked\r\n");
        string[] cities = ["\"Washington, D.C.\"", "Łódź", "\"São \"\"SP\"\"\"", "N/A"], tags = ["sport", "news", "food"];
        for (var row = 0; row < rows; row++)
        {
            var (city, member, visits) = (random.Next(4), random.Next(3) == 0, random.Next(40));
            string[] own = [.. tags.Where(_ => random.Next(2) == 0)];
            var click = random.NextDouble() < 1 / (1 + Math.Exp(2 - city - own.Length - (member ? 1 : 0)));
            var price = random.NextDouble() * 90;
            text.Append(CultureInfo.InvariantCulture,
                $"r{row:D6},{new DateTime(2026, 3, 1).AddMinutes(7 * row):yyyy-MM-ddTHH:mm:ssZ},{cities[city]},{(member ? "True" : "False")},{(visits == 0 ? "" : $"{visits}.0")},{price:F2},\"{string.Join(',', own)}\",x,{(click ? price : 0):F2},{(click ? "yes" : "no")}\r\n");
        }

        return text.ToString();
    }
}
