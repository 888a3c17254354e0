using System.Globalization;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Predictions as people join them: with what each row is called, as CSV or Parquet, of a run or a package.</summary>
public sealed class PredictTests : IDisposable
{
    private readonly TinyClicks _clicks = new();
    private readonly string _run;
    private readonly string _rows;
    private readonly string[] _plain;

    public PredictTests()
    {
        _run = _clicks.At("run");
        Succeed("train", _clicks.Experiment, "--out", _run, "--quiet", "--threads", "1");
        // A column that the run does not know, with what CSV has to quote.
        var lines = File.ReadAllLines(_clicks.Test);
        _rows = _clicks.File("named.csv", string.Join('\n', lines.Select((l, i) => i == 0 ? "name," + l : $"n {i},{l}")) + "\n");
        Succeed("predict", _run, "--data", _rows, "--out", _clicks.At("plain.txt"), "--quiet");
        _plain = File.ReadAllLines(_clicks.At("plain.txt"));
        Assert.Equal(lines.Length - 1, _plain.Length);
    }

    public void Dispose() => _clicks.Dispose();

    [Fact]
    public void Predict_ToCsv_HasWhatIsKeptBesideTheSameProbabilities()
    {
        Succeed("predict", _run, "--data", _rows, "--keep", "name", "user", "--out", _clicks.At("p.csv"), "--quiet");
        var lines = File.ReadAllLines(_clicks.At("p.csv"));
        Assert.Equal("name,user,probability", lines[0]);
        var raw = File.ReadAllLines(_rows);
        for (var row = 1; row < lines.Length; row++)
        {
            var cells = raw[row].Split(',');
            Assert.Equal($"{cells[0]},{cells[2]},{_plain[row - 1]}", lines[row]);
        }

        Assert.Equal(_plain.Length + 1, lines.Length);
        Succeed("predict", _run, "--data", _rows, "--members", "--format", "csv", "--out", _clicks.At("m.txt"), "--quiet");
        Assert.Equal("probability,member_0_DeepFM,member_1_DCN", File.ReadLines(_clicks.At("m.txt")).First());
        // Lines as ever, where nothing else is asked for.
        Assert.DoesNotContain(',', File.ReadAllText(_clicks.At("plain.txt")));
    }

    [Fact]
    public void Predict_ToCsv_QuotesWhatNeedsIt()
    {
        _clicks.File("quoted.yaml", "quoted: true\n" + File.ReadAllText(_clicks.At("schema.yaml")) + "\n  - {name: name, kind: ignored}\n");
        var experiment = _clicks.File("quoted-experiment.yaml", File.ReadAllText(_clicks.Experiment).Replace("schema.yaml", "quoted.yaml", StringComparison.Ordinal)
            .Replace("epochs: 4", "epochs: 1", StringComparison.Ordinal));
        foreach (var name in new[] { "train.csv", "valid.csv", "test.csv" })
            _clicks.File(name, string.Join('\n', File.ReadAllLines(_clicks.At(name)).Select((l, i) => i == 0 ? l + ",name" : l + ",\"a, \"\"b\"\" " + i + "\"")) + "\n");
        Succeed("train", experiment, "--out", _clicks.At("quoted-run"), "--quiet", "--threads", "1");
        var run = ConsoleRun.Of("predict", _clicks.At("quoted-run"), "--data", _clicks.Test, "--keep", "name", "--out", "-", "--quiet");
        Assert.Equal(0, run.ExitCode);
        Assert.StartsWith("name,probability\n\"a, \"\"b\"\" 1\",0.", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Predict_ToParquet_ReadsBackAsTheSame()
    {
        var table = _clicks.At("p.parquet");
        Succeed("predict", _run, "--data", _rows, "--keep", "name", "--out", table, "--quiet");
        Assert.Equal(["name", "probability"], Consort.Cli.Commands.Shared.Sources.ColumnsOf(table)!.Select(c => c.Name));
        // Read by the same program: probabilities are numbers of which a label can be made.
        var described = ConsoleRun.Of("data", "describe", table, "--json", _clicks.At("p.json"));
        Assert.True(described.ExitCode == 0, described.Error);
        var json = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(_clicks.At("p.json")))!;
        Assert.Equal(_plain.Length, (int)json["rows"]!);
        var numbers = json["columns"]![1]!["numbers"]!;
        var plain = _plain.Select(p => double.Parse(p, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(plain.Min(), (double)numbers["min"]!, 1e-8);
        Assert.Equal(plain.Max(), (double)numbers["max"]!, 1e-8);
        Assert.Equal(plain.Average(), (double)numbers["mean"]!, 1e-8);
    }

    [Fact]
    public void Predict_OfAPackage_IsCalibratedAsItIs()
    {
        Succeed("pack", _run, "-o", _clicks.At("m.consort"), "--calibration", "none");
        Succeed("predict", "--package", _clicks.At("m.consort"), "--data", _rows, "--out", _clicks.At("packed.txt"), "--quiet");
        var packed = File.ReadAllLines(_clicks.At("packed.txt")).Select(l => double.Parse(l, CultureInfo.InvariantCulture)).ToArray();
        var plain = _plain.Select(l => double.Parse(l, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(plain.Length, packed.Length);
        for (var row = 0; row < plain.Length; row++)
            Assert.Equal(plain[row], packed[row], 1e-4);
        Succeed("pack", _run, "-o", _clicks.At("c.consort"), "--calibration", "platt");
        Succeed("predict", "--package", _clicks.At("c.consort"), "--data", _rows, "--keep", "name", "--out", _clicks.At("c.csv"), "--quiet");
        var calibrated = File.ReadAllLines(_clicks.At("c.csv")).Skip(1).Select(l => double.Parse(l.Split(',')[1], CultureInfo.InvariantCulture)).ToArray();
        Assert.Contains(calibrated.Zip(packed), p => Math.Abs(p.First - p.Second) > 1e-6);
        // One order: Platt's scaling changes no rank.
        Assert.Equal(Enumerable.Range(0, packed.Length).OrderBy(i => packed[i]).First(), Enumerable.Range(0, packed.Length).OrderBy(i => calibrated[i]).First());
    }

    [Theory]
    [InlineData("column nobody is missing", "RUN", "--keep", "nobody", "--out", "p.csv")]
    [InlineData("--format: found \"excel\"", "RUN", "--format", "excel", "--out", "p.csv")]
    [InlineData("expected csv or parquet", "RUN", "--format", "text", "--keep", "name", "--out", "p.txt")]
    [InlineData("--format parquet: expected --out FILE", "RUN", "--format", "parquet", "--out", "-")]
    [InlineData("expected either the folder of a run, or --package", "--out", "p.csv")]
    [InlineData("belongs to a run", "--package", "m.consort", "--members", "--out", "p.csv")]
    public void Predict_WhatCannotBe_IsSaid(string message, params string[] words)
    {
        var run = ConsoleRun.Of(["predict", .. words.Select(w => w == "RUN" ? _run : w.StartsWith("p.", StringComparison.Ordinal) ? _clicks.At(w) : w), "--data", _rows]);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(_clicks.At("p.csv")));
    }

    private static void Succeed(params string[] words)
    {
        var run = ConsoleRun.Of(words);
        Assert.True(run.ExitCode == 0, run.Error);
    }
}
