using System.Text.Json.Nodes;
using Consort.Benchmarks.Parity;
using Consort.Benchmarks.Peers;
using Consort.Foundation.Options;
using Consort.Models;
using Consort.Synthetic;

namespace Consort.Benchmarks.Tests;

public sealed class ParityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-test-").FullName;

    public static TheoryData<string> Names => [.. ParityModels.Names];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Sections_OfEveryModel_AreAFamily(string name)
    {
        var family = Family.From(OptionMap.Parse(ParityModels.Sections(name), "test"));
        Assert.Equal(ModelCatalogue.Entries.Any(e => e.Name == name) ? 1 : 3, family.Members.Count);
    }

    [Fact]
    public void Run_WithoutTheRuntime_ComparesTheOtherPathsAndSaysWhy()
    {
        var json = Compare("LR,concat", Path.Combine(_folder, "nowhere"));
        Assert.Contains("ONNX Runtime is not there", (string)json["notes"]![0]!, StringComparison.Ordinal);
        foreach (var result in json["results"]!.AsArray())
        {
            Assert.All(["one", "batch", "candidates", "server"], path => Assert.InRange((double)result![path]!, 0, 1e-5));
            Assert.Null(result!["onnx_raw"]);
            Assert.True((double)result["most"]! > (double)result["least"]!);
        }
        Assert.Equal(["LR", "concat"], json["results"]!.AsArray().Select(r => (string)r!["model"]!));
        Assert.Contains("| concat |", File.ReadAllText(Path.Combine(_folder, "parity.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_WithTheRuntime_ComparesItToo()
    {
        (var modules, var absent) = OnnxRuntime.Find();
        Assert.SkipWhen(modules is null, absent ?? "");
        var result = Compare("DeepFM", modules)["results"]![0]!;
        Assert.All(["onnx_raw", "onnx_ids"], path => Assert.InRange((double)result[path]!, 0, 1e-5));
    }

    [Theory]
    [InlineData(double.NaN, 1e-7, false)]
    [InlineData(0.5 + 2e-5, 1e-7, false)]
    [InlineData(0.5 + 2e-5, 6e-6, true)]
    [InlineData(0.6, 0.5, false)]
    [InlineData(0.5 + 1e-6, 1e-7, true)]
    public void IsWithin_ADifference_IsHeldToLimitOrRounding(double found, double rounding, bool expected) =>
        Assert.Equal(expected, new ParityResult("m", 0, 1, rounding, [null, ParityResult.Largest([0.5, 0.25], [found, 0.25])]).IsWithin);

    [Fact]
    public void Largest_WithRowsMissing_IsNeverWithin() => Assert.Equal(double.PositiveInfinity, ParityResult.Largest([0.5, 0.25], [0.5]));

    [Theory]
    [InlineData("fp32")]
    [InlineData("int8")]
    public void Score_OfASmallModel_StandsBesideTheRuntime(string weights)
    {
        var json = Path.Combine(_folder, "score.json");
        string[] line = ["score", "--vocab", "1000", "--rounds", "1", "--weights", weights, "--json", json];
        Assert.Equal(0, BenchCommands.Run(line, TextWriter.Null));
        var read = JsonNode.Parse(File.ReadAllText(json))!;
        Assert.All(["onnxruntime_p50_us", "onnxruntime_raw_p50_us", "onnxruntime_call_p50_us"], key => Assert.True((double)read[key]! > 0));
    }

    [Fact]
    public void Loaded_WithoutTheNativeLibrary_IsAMistakeThatSaysWhatToDo()
    {
        var mistake = Assert.Throws<ConsortException>(() => OnnxLatency.Loaded<int>(
            () => throw new TypeInitializationException("NativeMethods", new DllNotFoundException("no libonnxruntime.so"))));
        Assert.Equal("score: ONNX Runtime does not load here: no libonnxruntime.so; --no-onnxruntime measures without it", mistake.Message);
    }

    [Fact]
    public void Score_NotAskedForTheRuntime_SaysSo()
    {
        var json = Path.Combine(_folder, "score.json");
        Assert.Equal(0, BenchCommands.Run(["score", "--vocab", "1000", "--rounds", "1", "--no-onnxruntime", "--json", json], TextWriter.Null));
        var read = JsonNode.Parse(File.ReadAllText(json))!;
        Assert.Null(read["onnxruntime_p50_us"]);
        Assert.Equal("not measured: --no-onnxruntime", (string)read["onnxruntime_absent"]!);
        Assert.True((double)read["p50_us"]! > 0);
    }

    private JsonNode Compare(string models, string runtime)
    {
        string clicks = Path.Combine(_folder, "clicks.tsv"), json = Path.Combine(_folder, "parity.json");
        SyntheticClicks.Write(clicks, 600, new SyntheticOptions(), threads: 1);
        using var error = new StringWriter();
        string[] line = ["parity", "--data", clicks, "--rows", "150", "--models", models, "--threads", "1", "--runtime", runtime, "--json",
            json, "--out", Path.Combine(_folder, "parity.md")];
        Assert.Equal(0, BenchCommands.Run(line, error));
        Assert.Equal("", error.ToString());
        return JsonNode.Parse(File.ReadAllText(json))!;
    }
}
