using System.Text.Json.Nodes;
using Consort.Learning.Runs;
using Consort.Studies.Diagnostics;
using Consort.Studies.Recipes;
using Consort.Studies.Reports.Reading;

namespace Consort.Experiments.Tests.Reports;

/// <summary>What a run folder holds as JSON, with fields missing, null and of other kinds.</summary>
public sealed class DamagedJsonTests : IDisposable
{
    private const string Experiment = "name: a\ndata: { encoded: x }\nmembers: [{ model: LR }]\n";

    private const string Split = """{"auc": 0.7, "logloss": 0.4, "calibration": 1, "rows": 10, "clicks": 3}""";

    private const string Metrics = $$"""
        {"valid": {{Split}}, "test": {{Split}}, "member_test_auc": [0.7], "parameters": 9, "rows_per_second": 10, "seconds": 1, "epochs": 2}
        """;

    private const string Output = """
        {"metrics": {"auc": 0.7, "log_loss": 0.4, "calibration": 1, "calibration_error": 0, "rows": 1, "clicks": 1},
         "calibration": {"bins": [], "expected_error": 0, "maximum_error": 0, "mean_predicted": 0, "mean_observed": 0, "ratio": 1}, "group_auc": null}
        """;

    private const string Diagnosis = $$"""
        {"version": 1, "run": "a", "experiment": "a", "seed": 1, "strategies": ["independent"], "fusion": "mean",
         "data": {"source": "test", "rows": 1, "clicks": 1, "sampled_rows": 1}, "ensemble": {{Output}},
         "members": [{"member": 0, "model": "LR", "output": {{Output}}, "discrepancy": {"mean": 0, "max": 0}, "layers": [], "last_layers": [],
                      "knowledge_abundance": null, "centred_abundance": null, "effective_rank": null}],
         "spread": {"auc_mean": 0, "auc_deviation": "NaN", "auc_min": 0, "auc_max": 0, "log_loss_mean": 0, "log_loss_deviation": 0,
                    "discrepancy_mean": 0, "discrepancy_max": 0, "knowledge_abundance_mean": null, "centred_abundance_mean": null, "effective_rank_mean": null},
         "agreements": [], "shared_layers": []}
        """;

    private static readonly string[] Values = ["null", "\"x\"", "[]", "[null]", "{}", "1e400", "-1", "true", "\"\\ud800\"", "[[[[]]]]"];

    private readonly TempFolder _folder = new();

    private string Run => _folder.At("run");

    public DamagedJsonTests()
    {
        Directory.CreateDirectory(Run);
        File.WriteAllText(Path.Combine(Run, "experiment.yaml"), Experiment);
    }

    [Fact]
    public void Read_WholeFiles_AreRead()
    {
        Put("metrics.json", Metrics);
        Put("diagnosis.json", Diagnosis);
        Assert.Equal(0.7, RunReader.Read(Run).Test!.Auc);
        Assert.Equal(0.7, RunSummary.Find(new RunFolder(Run))!.Auc);
        Assert.Equal("LR", DiagnosisFile.Read(Run)!.Members[0].Model);
    }

    [Theory]
    [InlineData("{\"valid\": null}", "valid is null, expected keys and values")]
    [InlineData("{}", "valid is missing, expected a value")]
    [InlineData("[1]", "the whole is a list, expected keys and values")]
    [InlineData("", "found no JSON in line 1")]
    [InlineData("{\"valid\": {\"auc\": \"high\"}}", "valid.auc is \"high\", expected a number")]
    [InlineData("{\"valid\": {\"auc\": 1e400}}", "valid.auc is 1e400, expected a number")]
    public void Read_DamagedResults_NamesTheField(string metrics, string expected)
    {
        Put("metrics.json", metrics);
        Assert.Equal(
            $"{Path.Combine(Run, "metrics.json")}: the file is damaged, expected results of a run: {expected}",
            Assert.Throws<ConsortException>(() => RunReader.Read(Run)).Message);
    }

    [Theory]
    [InlineData("metrics.json", Metrics)]
    [InlineData("diagnosis.json", Diagnosis)]
    [InlineData("environment.json", """{"data_key": "k", "threads": 2}""")]
    [InlineData("events.jsonl", """{"event": "evaluation", "time": "2026-01-01T00:00:00Z", "phase": "a", "epoch": 1, "steps": 2, "learning_rate": 1, "loss": {"a": 1}, "valid": {"auc": 1, "log_loss": 1, "calibration": 1, "rows": 1, "clicks": 1}, "members": [1], "best": true}""")]
    public void Read_AnyFieldChanged_IsReadOrAMistake(string file, string whole)
    {
        foreach (var path in Places(JsonNode.Parse(whole)!, []))
        {
            foreach (var value in Values)
                Try(file, Changed(whole, path, value));
            Try(file, Changed(whole, path, null));
        }

        for (var kept = 0; kept < whole.Length; kept += 5)
            Try(file, whole[..kept]);
        Try(file, string.Concat(Enumerable.Repeat("[", 100_000)));
    }

    public void Dispose() => _folder.Dispose();

    private void Put(string file, string text) => File.WriteAllText(Path.Combine(Run, file), text);

    // Anything but a mistake of the user's ends the test.
    private void Try(string file, string text)
    {
        Put(file, text.ReplaceLineEndings(" "));
        foreach (var read in new Func<object?>[] { () => RunReader.Read(Run), () => RunSummary.Find(new RunFolder(Run)),
            () => DiagnosisFile.Read(Run) })
        {
            try
            {
                read();
            }
            catch (ConsortException e)
            {
                Assert.Contains(file, e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static string Changed(string whole, List<object> path, string? value)
    {
        var root = JsonNode.Parse(whole)!;
        var at = path.SkipLast(1).Aggregate(root, (node, step) => step is int i ? node[i]! : node[(string)step]!);
        if (path[^1] is string key && value is null)
            at.AsObject().Remove(key);
        else if (path[^1] is string name)
            at[name] = "PUT-HERE";
        else
            at[(int)path[^1]] = "PUT-HERE";
        return root.ToJsonString().Replace("\"PUT-HERE\"", value, StringComparison.Ordinal);
    }

    private static IEnumerable<List<object>> Places(JsonNode? node, List<object> above)
    {
        var below = node switch
        {
            JsonObject map => map.Select(p => ((object)p.Key, p.Value)),
            JsonArray list => list.Select((item, i) => ((object)i, item)),
            _ => [],
        };
        foreach (var (step, value) in below.ToArray())
        {
            yield return [.. above, step];
            foreach (var place in Places(value, [.. above, step]))
                yield return place;
        }
    }
}
