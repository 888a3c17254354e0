using System.Globalization;
using Consort.Models.Tests;
using Consort.Onnx;
using Consort.Serving.Calibrations;

namespace Consort.Serving.Tests.Onnx;

/// <summary>Every model of the zoo in the real ONNX Runtime, from its package.</summary>
public sealed class OnnxRuntimeTests(ClickRows rows, ITestOutputHelper output) : IClassFixture<ClickRows>
{
    [Fact]
    public void Run_EveryModelOfTheZoo_GivesTheProgramsLogits()
    {
        Assert.SkipWhen(RuntimePeer.Missing is not null, RuntimePeer.Missing ?? "");
        var folder = Directory.CreateDirectory(Path.Combine(rows.Folder, "runtime")).FullName;
        var jobs = new List<(string Name, OnnxInput Input, string Path, float[][] Logits, Calibration Calibration)>();
        foreach (var name in OnnxZoo.Names)
        {
            using var rig = OnnxZoo.Rig(OnnxZoo.Of(name), rows);
            AddJobs(rig, name);
        }

        using (var family = OnnxZoo.Rig(OnnxZoo.Of("DCN, regularised", members: 3), rows))
        {
            AddJobs(family, "three DCN, tables beside the model", c => c with { Options = c.Options with { ExternalOver = 0 } });
            AddJobs(family, "three DCN, Platt", c => c
                with
            { Calibration = new Calibration { Kind = CalibrationKind.Platt, Slope = 0.7, Intercept = -0.4 } });
            AddJobs(family, "three DCN, isotonic", c => c with
            {
                Calibration = new Calibration
                {
                    Kind = CalibrationKind.Isotonic,
                    Logits = [-1, 0, 0.5, 2],
                    Probabilities = [0.1, 0.2, 0.7, 0.9]
                },
            });
        }

        var far = new List<string>();
        for (var i = 0; i < jobs.Count; i++)
        {
            var (name, input, path, expected, calibration) = jobs[i];
            var results = RuntimePeer.Run(path, input == OnnxInput.Ids ? rows.IdFeeds() : rows.RawFeeds());
            var (probability, logit) = (results["probability"], results["logit"]);
            double atProbability = 0, atLogit = 0;
            for (var row = 0; row < ClickRows.Count; row++)
            {
                double fused = expected[row].Average();
                atProbability = Math.Max(atProbability, Math.Abs(probability[row] - calibration.Probability(fused)));
                atLogit = Math.Max(atLogit, Math.Abs(logit[row] - fused) / Math.Max(1, Math.Abs(fused)));
            }

            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{atProbability:E1} {atLogit:E1} {name}, {input}"));
            if (!(atProbability <= 1e-5 && atLogit <= 1e-5))
                far.Add(string.Create(CultureInfo.InvariantCulture,
                    $"{name}, {input}: probability {atProbability:E2}, logit {atLogit:E2}"));
        }

        Assert.Empty(far);

        void AddJobs(Rig<float> rig, string name, Func<OnnxContent, OnnxContent>? change = null)
        {
            var logits = OnnxZoo.Logits(rig);
            foreach (var input in Enum.GetValues<OnnxInput>())
            {
                var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{jobs.Count}.onnx"));
                var content = OnnxZoo.Content(rig, rows, input);
                content = change is null ? content : change(content);
                OnnxFile.Write(path, content);
                jobs.Add((name, input, path, logits, content.Calibration));
            }
        }
    }
}
