using System.Globalization;
using System.Text.Json;
using Consort.Experiments.Files;
using Consort.Learning.Diagnostics;
using Consort.Learning.Evaluation;
using Consort.Learning.Runs;
using Consort.Studies.Diagnostics;

namespace Consort.Experiments.Tests.Reports;

/// <summary>Run folders written by hand, with results that are known.</summary>
internal sealed class SampleRuns : IDisposable
{
    private readonly TempFolder _folder = new();

    public SampleRuns() => _folder.File("clicks.tsv", "");

    public string Path => _folder.Path;

    public string At(string name) => _folder.At(name);

    /// <summary>AUC of the sample's test split.</summary>
    public static double Auc(int members, ulong seed) => 0.75 + (0.001 * members) + (0.0001 * seed);

    /// <summary>AUC of a member by itself.</summary>
    public static double MemberAuc(int members, ulong seed, int member) => Auc(members, seed) - 0.002 - (0.0003 * member);

    public string Add(
        string folder, string name = "mean", int members = 1, ulong seed = 1, bool isFinished = true, bool isDiagnosed = false,
        bool hasTest = true, string key = "key1")
    {
        var run = new RunFolder(At(folder));
        Directory.CreateDirectory(run.Path);
        var strategy = members == 1 ? "{ name: supervised }" : "{ name: kdef }";
        var text = $$"""
            name: {{JsonSerializer.Serialize(name)}}
            data: { schema: criteo, source: clicks.tsv }
            members: [{ model: DNN, hidden_units: [8, 4], count: {{members}} }]
            strategy: {{strategy}}
            training: { epochs: 3, seed: {{seed}} }
            """;
        File.WriteAllText(run.Experiment, Experiment.Parse(text, folder, Path).Text);
        File.WriteAllText(run.Environment,
            $$"""{"consort": "0.1.0", "time": "2026-01-02T03:04:05Z", "seed": {{seed}}, "data_key": "{{key}}"}""");
        run.Log("start", ("resume", false));
        for (var epoch = 1; epoch <= 3; epoch++)
            Evaluate(run, members, seed, epoch);
        if (isFinished)
            File.WriteAllText(run.Metrics, Metrics(members, seed, hasTest));
        if (isDiagnosed)
            File.WriteAllText(System.IO.Path.Combine(run.Path, DiagnosisFile.Name), DiagnosisFile.ToJson(Diagnosis(name, members, seed)));
        return run.Path;
    }

    public static void Evaluate(RunFolder run, int members, ulong seed, int epoch) => run.Log(
        "evaluation", ("phase", "train"), ("epoch", epoch), ("steps", 10 * epoch), ("learning_rate", 1e-3 / epoch),
        ("loss", new Dictionary<string, double> { ["label"] = 0.5 / epoch, ["teach"] = 0.01 * epoch }),
        ("valid", new Metrics(Auc(members, seed) - (0.01 * (3 - epoch)), 0.4, 1.01, 0.02, 500, 100)),
        ("members", Enumerable.Range(0, members).Select(m => MemberAuc(members, seed, m))), ("best", epoch == 3), ("seconds", 1.5 * epoch));

    public void Dispose() => _folder.Dispose();

    private static string Metrics(int members, ulong seed, bool hasTest)
    {
        var auc = Auc(members, seed).ToString("R", CultureInfo.InvariantCulture);
        var split = $$"""{"auc": {{auc}}, "logloss": 0.4123456789012345, "calibration": 0.98, "rows": 1000, "clicks": 200, "ceiling": {"auc": 0.8, "logloss": 0.3} }""";
        var own = string.Join(", ", Enumerable.Range(0, members)
            .Select(m => MemberAuc(members, seed, m).ToString("R", CultureInfo.InvariantCulture)));
        return $$"""{"valid": {{split}}, "test": {{(hasTest ? split : "null")}}, "member_test_auc": [{{own}}], "rows_per_second": 1234.5, "parameters": 4321, "peak_memory_mb": 12.5, "seconds": 7.25, "epochs": 3}""";
    }

    private static Diagnosis Diagnosis(string name, int members, ulong seed)
    {
        var curve = new CalibrationCurve([new(500, 0.1, 0.12), new(500, 0.3, 0.28)], 0.02, 0.02, 0.2, 0.2);
        var output = new OutputDiagnosis(new Metrics(0.75, 0.4, 1, 0.02, 1000, 200), curve, null);
        var spectrum = Spectrum.Of([4, 2, 1, 0]);
        LayerSpectrum[] layers = [new("mlp/0", LayerKind.Representation, null, 1000, 8, 0, spectrum, spectrum, CollapseVerdict.Narrow,
            "narrow: a <reason>")];
        return new Diagnosis
        {
            Run = name,
            Experiment = name,
            Seed = seed,
            Strategies = ["kdef"],
            Fusion = "mean",
            Data = new DiagnosedRows("test", 1000, 200, 500),
            Ensemble = output,
            Members = [.. Enumerable.Range(0, members)
                .Select(m => new MemberDiagnosis(m, "DNN", output, new Discrepancy(0.01, 0.1), layers, ["mlp/0"], 1.75, 2.2, 2.5))],
            Spread = new MemberSpread(0.75, 0.001, 0.74, 0.76, 0.4, 0.001, 0.0123, 0.1, 1.75, 2.2, 2.5),
            Agreements = [.. Enumerable.Range(0, members)
                .SelectMany(i => Enumerable.Range(i + 1, members - i - 1).Select(j => new Agreement(i, j, 0.97, 0.01, 0.9, 0.8)))],
            SharedLayers = [],
        };
    }
}
