using System.Text.Json;
using DuckDB.NET.Data;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>The same rows by Parquet, by folders of it, by a table and by a query take the same way as text.</summary>
public sealed class SourceTests
{
    [Fact]
    public void Encode_TheSameRowsFromEverySource_HasOneHash()
    {
        using var clicks = new TinyClicks();
        Make(clicks);
        var text = Encode(clicks, clicks.Train);
        Assert.Equal("delimited", text.GetProperty("source_kind").GetString());
        Assert.True(text.GetProperty("rows_per_second").GetDouble() > 0);
        Assert.True(text.GetProperty("peak_memory_mb").GetDouble() > 0);
        foreach (var (place, kind) in new[]
        {
            (clicks.At("train.parquet"), "parquet"), (clicks.At("days"), "parquet"), ($"{clicks.At("days")}/*/*.parquet", "parquet"),
            ($"duckdb:{clicks.At("clicks.duckdb")}#train", "duckdb"), ($"sql:select * from '{clicks.At("train.parquet")}'", "duckdb"),
        })
        {
            var other = Encode(clicks, place);
            Assert.Equal(kind, other.GetProperty("source_kind").GetString());
            Assert.Equal(text.GetProperty("sha256").GetString(), other.GetProperty("sha256").GetString());
        }
    }

    [Fact]
    public void Train_OnEverySourceAtOnce_IsAsOnText()
    {
        using var clicks = new TinyClicks();
        Make(clicks);
        var experiment = clicks.File("sources.yaml", File.ReadAllText(clicks.Experiment)
            .Replace("train: train.csv", "train: days", StringComparison.Ordinal)
            .Replace("valid: valid.csv", "valid: { duckdb: clicks.duckdb, table: valid, threads: 1 }", StringComparison.Ordinal)
            .Replace("test: test.csv", "test: { sql: \"select * from 'test.csv'\", memory_mb: 500 }", StringComparison.Ordinal)
            .Replace("/cache", "/cache2", StringComparison.Ordinal));
        var text = ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("text"), "--json", clicks.At("text.json"), "-q");
        var other = ConsoleRun.Of("train", experiment, "--out", clicks.At("other"), "--json", clicks.At("other.json"), "-q");
        Assert.Equal((0, 0), (text.ExitCode, other.ExitCode));
        Assert.Equal(Auc(clicks.At("text.json")), Auc(clicks.At("other.json")));

        // Also where the encoded rows are gone, and on rows by a query.
        Directory.Delete(clicks.At("cache2"), recursive: true);
        Assert.Equal(0, ConsoleRun.Of("diagnose", clicks.At("other"), "-q").ExitCode);
        var place = $"sql:select * from '{clicks.Test}'";
        Assert.Equal(0, ConsoleRun.Of("evaluate", clicks.At("text"), "--data", place, "-q").ExitCode);
        Assert.Equal(0, ConsoleRun.Of("predict", clicks.At("text"), "--data", clicks.Valid, place, "--out", clicks.At("p.txt"), "-q").ExitCode);
        Assert.Equal(400, File.ReadLines(clicks.At("p.txt")).Count());
    }

    private static void Make(TinyClicks clicks)
    {
        using var connection = new DuckDBConnection($"Data Source={clicks.At("clicks.duckdb")}");
        connection.Open();
        Run($"create table train as select * from '{clicks.Train}'");
        Run($"create table valid as select * from '{clicks.Valid}'");
        Run($"copy train to '{clicks.At("train.parquet")}'");
        for (var day = 0; day < 3; day++)
        {
            Directory.CreateDirectory(clicks.At($"days/day={day}"));
            Run($"copy (select * from train limit 200 offset {200 * day}) to '{clicks.At($"days/day={day}/part-0.parquet")}'");
        }

        void Run(string sql)
        {
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }

    private static JsonElement Encode(TinyClicks clicks, string place)
    {
        var run = ConsoleRun.Of("encode", "--schema", clicks.At("schema.yaml"), "--source", place, "--seed", "1", "--out", clicks.At("encoded"), "--json",
            clicks.At("encode.json"), "-q");
        Assert.Equal(("", 0), (run.Error, run.ExitCode));
        return JsonDocument.Parse(File.ReadAllText(clicks.At("encode.json"))).RootElement;
    }

    private static double Auc(string json) =>
        JsonDocument.Parse(File.ReadAllText(json)).RootElement.GetProperty("test").GetProperty("auc").GetDouble();
}
