using System.Text.Json;
using DuckDB.NET.Data;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>What several processes have encoded is what one has, and trains alike.</summary>
public sealed class ShardTests
{
    [Theory]
    [InlineData("csv")]
    [InlineData("parquet")]
    public void Encode_ByShards_HasTheHashOfOneProcessAndTrainsAlike(string kind)
    {
        using var clicks = new TinyClicks();
        string[] files = [.. Enumerable.Range(0, 3).Select(i => clicks.File($"rows{i}.csv", TinyClicks.Rows(200, i)))];
        if (kind == "parquet") files = [.. files.Select(f => ToParquet(f))];
        string[] rows = ["--schema", clicks.At("schema.yaml"), "--source", .. files, "--seed", "3", "--negatives", "0.9"];
        Run(["encode", .. rows, "--out", clicks.At("one"), "--json", clicks.At("one.json"), "-q"]);
        for (var i = 0; i < 2; i++)
            Run(["encode", .. rows, "--count-only", "--shard", $"{i}/2", "--out", clicks.At($"counters_{i}.bin"), "--json", clicks.At("count.json"), "-q"]);
        Assert.Equal((1, 2), (Json(clicks, "count.json").GetProperty("shard").GetInt32(), Json(clicks, "count.json").GetProperty("shards").GetInt32()));
        var merged = Run(["encode", "--merge", clicks.At("counters_0.bin"), clicks.At("counters_1.bin"), "--out", clicks.At("encoder.bin"), "-q"]);
        Assert.Contains("merged 2 shards of 600 rows", merged.Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(clicks.At("one/encoder.bin")), File.ReadAllBytes(clicks.At("encoder.bin")));
        for (var i = 0; i < 2; i++)
            Run(["encode", .. rows, "--store", "--shard", $"{i}/2", "--encoder", clicks.At("encoder.bin"), "--out", clicks.At($"part_{i}"), "-q"]);
        Run(["encode", "--merge-parts", clicks.At("part_1"), clicks.At("part_0"), "--out", clicks.At("parts"), "--json", clicks.At("parts.json"), "-q"]);
        foreach (var key in new[] { "sha256", "key", "rows" })
            Assert.Equal(Json(clicks, "one.json").GetProperty(key).ToString(), Json(clicks, "parts.json").GetProperty(key).ToString());

        var (one, parts) = (Train(clicks, "one"), Train(clicks, "parts"));
        Assert.Equal(one.GetProperty("test").ToString(), parts.GetProperty("test").ToString());
        Run(["evaluate", clicks.At("run-parts"), "--data", clicks.Test, "-q"]);
        Assert.Equal(0, ConsoleRun.Of("data", "describe", clicks.At("parts")).ExitCode);
    }

    [Theory]
    [InlineData("found --count-only without --shard", "--schema", "s", "--train", "t", "--count-only")]
    [InlineData("found --shard, expected it beside", "--schema", "s", "--train", "t", "--shard", "0/2")]
    [InlineData("found --store without --encoder", "--schema", "s", "--train", "t", "--store", "--shard", "0/2")]
    [InlineData("found --count-only and --store", "--schema", "s", "--train", "t", "--store", "--count-only", "--shard", "0/2")]
    [InlineData("found --encoder, expected it beside", "--merge-parts", "p", "--encoder", "e")]
    [InlineData("found --schema or --like beside what is merged", "--schema", "s", "--merge", "c")]
    public void Encode_OptionsThatDoNotFit_SaysSo(string message, params string[] options)
    {
        using var folder = new TempFolder();
        var run = ConsoleRun.Of(["encode", .. options, "--out", folder.At("out")]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Encode_FewerParquetFilesThanShards_SaysWhatToDo()
    {
        using var clicks = new TinyClicks();
        var file = ToParquet(clicks.Train);
        var run = ConsoleRun.Of("encode", "--schema", clicks.At("schema.yaml"), "--train", file, "--count-only", "--shard", "1/2", "--out", clicks.At("c"));
        Assert.Equal(2, run.ExitCode);
        Assert.Contains($"{file}: found 1 sources to train on for 2 shards, and this one is no text that could be cut", run.Error, StringComparison.Ordinal);
    }

    private static JsonElement Train(TinyClicks clicks, string data)
    {
        var text = File.ReadAllText(clicks.Experiment);
        var (from, to) = (text.IndexOf("data:", StringComparison.Ordinal), text.IndexOf("embedding:", StringComparison.Ordinal));
        var experiment = clicks.File($"{data}.yaml", $"{text[..from]}data: {{ encoded: {clicks.At(data).Replace('\\', '/')} }}\n{text[to..]}");
        Run(["train", experiment, "--out", clicks.At($"run-{data}"), "--json", clicks.At($"train-{data}.json"), "-q"]);
        return Json(clicks, $"train-{data}.json");
    }

    private static ConsoleRun Run(string[] arguments)
    {
        var run = ConsoleRun.Of(arguments);
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        return run;
    }

    private static JsonElement Json(TinyClicks clicks, string name) => JsonDocument.Parse(File.ReadAllText(clicks.At(name))).RootElement;

    private static string ToParquet(string csv)
    {
        using var connection = new DuckDBConnection("Data Source=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = $"copy (select * from '{csv}') to '{Path.ChangeExtension(csv, "parquet")}'";
        command.ExecuteNonQuery();
        return Path.ChangeExtension(csv, "parquet");
    }
}
