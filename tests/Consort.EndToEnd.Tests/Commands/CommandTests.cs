using System.Text.Json;
using Consort.Cli.Commands;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>What every command has in common, and the small ones.</summary>
public sealed class CommandTests
{
    public static TheoryData<string> Paths => [.. CommandCatalogue.Default.Entries.Select(e => e.Path)];

    [Theory]
    [MemberData(nameof(Paths))]
    public void Help_OfACommand_ShowsAnExample(string path)
    {
        var help = ConsoleRun.Of([.. path.Split(' '), "--help"]);
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("Usage:", help.Output, StringComparison.Ordinal);
        Assert.Matches($@"Examples?:\r?\n  consort {path}", help.Output);
        Assert.DoesNotMatch(@"unless\s+given\.\s+\[default", help.Output); // one default
    }

    [Theory]
    [InlineData]
    [InlineData("data")]
    public void Run_GroupAlone_ShowsItsHelp(params string[] arguments)
    {
        var help = ConsoleRun.Of(arguments);
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("Commands:", help.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_OfTheProgram_IsTheRepositorys() =>
        Assert.StartsWith("0.", ConsoleRun.Of("--version").Output, StringComparison.Ordinal);

    [Theory]
    [InlineData("models", "DeepFM")]
    [InlineData("strategies", "kdef")]
    public void List_OfACatalogue_NamesItsEntries(string command, string name)
    {
        using var folder = new TempFolder();
        var list = ConsoleRun.Of(command, "--json", folder.At("list.json"));
        Assert.Equal(0, list.ExitCode);
        Assert.Contains(name, list.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(folder.At("list.json")));
        Assert.Contains(json.RootElement.EnumerateArray(), e => e.GetProperty("name").GetString() == name);
    }

    [Fact]
    public void Synth_ThenEncodeAndDescribe_CountTheSameRows()
    {
        using var folder = new TempFolder();
        var synth = ConsoleRun.Of("data", "synth", "--rows", "2000", "--seed", "5", "--out", folder.At("clicks.tsv"), "--json",
            folder.At("synth.json"));
        Assert.True(synth.ExitCode == 0, synth.Error);
        Assert.Equal(2000, File.ReadLines(folder.At("clicks.tsv")).Count());
        Assert.Equal(8000, new FileInfo(folder.At("clicks.tsv.truth")).Length);

        string[] encode = ["encode", "--schema", "criteo", "--source", folder.At("clicks.tsv"), "--by", "order", "--shares",
            "0.5,0.25,0.25", "--out", folder.At("encoded"), "--json", folder.At("encode.json")];
        Assert.Equal(0, ConsoleRun.Of(encode).ExitCode);
        using var json = JsonDocument.Parse(File.ReadAllText(folder.At("encode.json")));
        Assert.Equal(2000, json.RootElement.GetProperty("rows").GetInt64());
        Assert.False(json.RootElement.GetProperty("reused").GetBoolean());
        Assert.Equal([1000L, 500L, 500L], json.RootElement.GetProperty("splits").EnumerateArray()
            .Select(s => s.GetProperty("rows").GetInt64()));
        foreach (var key in new[] { "rows_per_second", "peak_memory_mb", "features", "key" })
            Assert.True(json.RootElement.TryGetProperty(key, out _), key);

        var raw = ConsoleRun.Of("data", "describe", folder.At("clicks.tsv"), "--schema", "criteo");
        Assert.Contains("2,000 rows", raw.Output, StringComparison.Ordinal);
        var encoded = ConsoleRun.Of("data", "describe", folder.At("encoded"), "--json", folder.At("describe.json"));
        Assert.True(encoded.ExitCode == 0, encoded.Error);
        using var description = JsonDocument.Parse(File.ReadAllText(folder.At("describe.json")));
        Assert.Equal(39, description.RootElement.GetProperty("columns").GetArrayLength());
    }

    [Fact]
    public void Evaluate_SyntheticClicks_ShowsTheBestReachable()
    {
        using var folder = new TempFolder();
        Assert.Equal(0, ConsoleRun.Of("data", "synth", "--rows", "3000", "--out", folder.At("clicks.tsv")).ExitCode);
        var experiment = folder.File("lr.yaml", $$"""
            data: { schema: criteo, source: clicks.tsv, cache: {{folder.At("cache").Replace('\\', '/')}} }
            embedding: { dimension: 2 }
            members: [{ model: LR }]
            training: { batch_size: 256, epochs: 1 }
            """);
        var train = ConsoleRun.Of("train", experiment, "--out", folder.At("run"));
        Assert.True(train.ExitCode == 0, train.Error);
        Assert.Contains("best reachable", train.Output, StringComparison.Ordinal);
        var evaluate = ConsoleRun.Of("evaluate", folder.At("run"), "--data", folder.At("clicks.tsv"), "--json", folder.At("e.json"));
        Assert.Contains("best reachable", evaluate.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(folder.At("e.json")));
        Assert.InRange(json.RootElement.GetProperty("ceiling").GetProperty("auc").GetDouble(), 0.7, 0.9);
    }

    [Fact]
    public void Demo_OnFewRows_FillsItsTable()
    {
        using var folder = new TempFolder();
        var demo = ConsoleRun.Of("demo", "--rows", "2000", "--out", folder.At("demo"), "--json", folder.At("demo.json"));
        Assert.True(demo.ExitCode == 0, demo.Error);
        Assert.Contains("planted truth", demo.Output, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(File.ReadAllText(folder.At("demo.json")));
        Assert.InRange(json.RootElement.GetProperty("ceiling").GetProperty("auc").GetDouble(), 0.6, 0.9);
        var results = json.RootElement.GetProperty("results").EnumerateArray().ToArray();
        Assert.Contains(results, r => r.GetProperty("strategy").GetString() == "kdef" && r.GetProperty("member_auc").GetArrayLength() == 4);
    }
}
