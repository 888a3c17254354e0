using System.Globalization;
using System.Text.Json.Nodes;
using Consort.Models.Tests;
using Consort.Serving.Onnx;
using Xunit.Abstractions;

namespace Consort.Serving.Tests.Onnx;

/// <summary>Every model of the zoo in the real ONNX Runtime, where that is installed.</summary>
public sealed class OnnxRuntimeTests(ClickRows rows, ITestOutputHelper output) : IClassFixture<ClickRows>
{
    [Fact]
    public void Run_EveryModelOfTheZoo_GivesTheProgramsLogits()
    {
        if (OnnxRuntime.Find() is not { Modules: { } modules })
        {
            output.WriteLine(OnnxRuntime.Find().Absent);
            return;
        }

        var folder = Directory.CreateDirectory(Path.Combine(rows.Folder, "runtime")).FullName;
        var jobs = new List<(string Name, OnnxInput Input, string Path, float[][] Logits)>();
        foreach (var name in OnnxZoo.Names)
        {
            using var rig = OnnxZoo.Rig(OnnxZoo.Of(name), rows);
            AddJobs(rig, name);
        }

        using (var family = OnnxZoo.Rig(OnnxZoo.Of("DCN, regularised", members: 3), rows))
            AddJobs(family, "three DCN, tables beside the model", externalOver: 0);

        var results = OnnxRuntime.Run(modules, folder, jobs.Select(j => (j.Path, j.Input == OnnxInput.Ids ? rows.IdFeeds() : rows.RawFeeds())));
        var far = new List<string>();
        for (var i = 0; i < jobs.Count; i++)
        {
            var (name, input, _, expected) = jobs[i];
            Assert.True(results[i]!["error"] is null, $"{name}, {input}: {results[i]!["error"]}");
            var (probability, logit) = (Numbers(results[i]!, "probability"), Numbers(results[i]!, "logit"));
            double atProbability = 0, atLogit = 0;
            for (var row = 0; row < ClickRows.Count; row++)
            {
                double fused = expected[row].Average();
                atProbability = Math.Max(atProbability, Math.Abs(probability[row] - OnnxZoo.Sigmoid(fused)));
                atLogit = Math.Max(atLogit, Math.Abs(logit[row] - fused) / Math.Max(1, Math.Abs(fused)));
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{atProbability:E1} {atLogit:E1} {name}, {input}"));
            if (!(atProbability <= 1e-5 && atLogit <= 1e-5))
                far.Add(string.Create(CultureInfo.InvariantCulture, $"{name}, {input}: probability {atProbability:E2}, logit {atLogit:E2}"));
        }

        Assert.Empty(far);

        void AddJobs(Rig<float> rig, string name, long externalOver = OnnxContent.DefaultExternalOver)
        {
            var logits = OnnxZoo.Logits(rig);
            foreach (var input in Enum.GetValues<OnnxInput>())
            {
                var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{jobs.Count}.onnx"));
                OnnxFile.Write(path, OnnxZoo.Content(rig, rows, input) with { ExternalOver = externalOver });
                jobs.Add((name, input, path, logits));
            }
        }
    }

    private static double[] Numbers(JsonNode result, string name) => [.. result[name]!.AsArray().Select(n => n!.GetValue<double>())];
}
