using Consort.Onnx;
using Consort.Serving.Calibrations;
using Schema = Consort.Onnx.Schema;

namespace Consort.Serving.Tests.Onnx;

public sealed class OnnxFileTests(ClickRows rows) : IClassFixture<ClickRows>
{
    [Fact]
    public void Write_OneMember_LeavesTheOthersOut()
    {
        using var rig = OnnxZoo.Rig(OnnxZoo.Of("DeepFM", members: 2), rows);
        var expected = OnnxZoo.Logits(rig);
        var path = At("member.onnx");
        OnnxFile.Write(path, OnnxZoo.Content(rig, rows, OnnxInput.Ids)
            with
        { Members = [1], Options = new OnnxOptions { Input = OnnxInput.Ids } });
        var model = OnnxChecker.Load(path);
        Assert.DoesNotContain(model.Graph.Initializer, t => t.Name.StartsWith("member0/", StringComparison.Ordinal));
        Assert.Equal(["probability", "logit"], model.Graph.Output.Select(o => o.Name));
        var logits = OnnxInterpreter.Run(model, rows.IdFeeds())["logit"].Numbers;
        Assert.Equal(expected.Length, logits.Length);
        Assert.All(logits.Zip(expected), p => Assert.Equal(p.Second[1], p.First, 1e-5));
    }

    [Fact]
    public void Write_TablesOverTheLimit_LieInAFileNamedAfterTheirContent()
    {
        using var rig = OnnxZoo.Rig(OnnxZoo.Of("DeepFM"), rows);
        var expected = OnnxZoo.Logits(rig);
        var folder = Directory.CreateDirectory(At("external")).FullName;
        var path = Path.Combine(folder, "model.onnx");
        var content = OnnxZoo.Content(rig, rows, OnnxInput.Ids)
            with
        { Options = new OnnxOptions { Input = OnnxInput.Ids, ExternalOver = 0 } };
        var summary = OnnxFile.Write(path, content);
        var model = OnnxChecker.Load(path);
        var external = model.Graph.Initializer.Where(t => t.DataLocation == Schema.Tensor.Types.Location.External).ToArray();
        Assert.Equal(["member0/first_order", "shared/embedding"], external.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.All(external, t => Assert.Equal(0, long.Parse(t.ExternalData.Single(e => e.Key == "offset").Value) % 4096));
        Assert.Equal(summary.ExternalBytes, new FileInfo(Path.Combine(folder, summary.ExternalFile!)).Length);
        var logits = OnnxInterpreter.Run(model, rows.IdFeeds(), folder)["logit"].Numbers;
        Assert.Equal(expected.Length, logits.Length);
        Assert.All(logits.Zip(expected), p => Assert.Equal(p.Second[0], p.First, 1e-5));

        // Other numbers, another file; then all in one: nothing of before stays.
        File.WriteAllText(Path.Combine(folder, "model.onnx.mine.data"), "");
        rig.Randomise(6);
        var other = OnnxFile.Write(path, content);
        Assert.NotEqual(summary.ExternalFile, other.ExternalFile);
        Assert.Equal([other.ExternalFile!, "model.onnx.mine.data"], Directory.EnumerateFiles(folder, "*.data").Select(Path.GetFileName)
            .Order(StringComparer.Ordinal));
        OnnxFile.Write(path, content with { Options = new OnnxOptions() });
        Assert.Equal(["model.onnx", "model.onnx.mine.data"], Directory.EnumerateFiles(folder).Select(Path.GetFileName)
            .Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Write_RawValues_SaysWhatTheModelTakes()
    {
        using var rig = OnnxZoo.Rig(OnnxZoo.Of("LR"), rows);
        var path = At("notes.onnx");
        var summary = OnnxFile.Write(path, OnnxZoo.Content(rig, rows, OnnxInput.Raw));
        var model = OnnxChecker.Load(path);
        Assert.Equal(
            ["user string", "item string", "at string", "visits double", "clicks double", "age double", "url int64", "price double",
                "share double", "logit_2 double", "tags string", "seen string", "likes string", "likes_weights float", "pages int64", "paid string", "moment int64", "born int64", "best string", "depth double", "still double", "seen_times int64"],
            summary.Inputs.Select(i => $"{i.Name} {i.Type}"));
        Assert.Equal(summary.Inputs.Select(i => i.Name), model.Graph.Input.Select(i => i.Name));
        Assert.Contains(summary.Notes, n => n.StartsWith("field url is hashed", StringComparison.Ordinal));
        Assert.Contains("field logit is the input logit_2", summary.Notes);
        var properties = model.MetadataProps.ToDictionary(p => p.Key, p => p.Value);
        Assert.Equal("raw", properties["consort.input"]);
        Assert.Equal(summary.Notes, properties["consort.notes"].Split('\n'));
        Assert.Equal(rows.Encoder.Schema.ToYaml(), properties["consort.schema"]);
        Assert.Contains("missing: \"\", \"NA\", \"не указано\"", summary.Inputs[1].Meaning, StringComparison.Ordinal);
    }

    public static TheoryData<string> Calibrations => ["platt", "isotonic", "one knot"];

    [Theory]
    [MemberData(nameof(Calibrations))]
    public void Write_Calibration_GivesTheCalibratedProbability(string kind)
    {
        double[] knots = [.. Enumerable.Range(0, 9).Select(i => (i - 4) / 3.0)],
            levels = [.. Enumerable.Range(0, 9).Select(i => i < 3 ? 0.1 : i / 10.0)];
        var calibration = kind switch
        {
            "platt" => new Calibration { Kind = CalibrationKind.Platt, Slope = 0.7, Intercept = -0.4 },
            "isotonic" => new Calibration { Kind = CalibrationKind.Isotonic, Logits = knots, Probabilities = levels },
            _ => new Calibration { Kind = CalibrationKind.Isotonic, Logits = [0.5], Probabilities = [0.3] },
        };
        using var rig = OnnxZoo.Rig(OnnxZoo.Of("DNN"), rows);
        var expected = OnnxZoo.Logits(rig);
        var path = At("calibrated.onnx");
        OnnxFile.Write(path, OnnxZoo.Content(rig, rows, OnnxInput.Ids) with { Calibration = calibration });
        var outputs = OnnxInterpreter.Run(OnnxChecker.Load(path), rows.IdFeeds());
        for (var row = 0; row < ClickRows.Count; row++)
        {
            Assert.Equal(expected[row][0], outputs["logit"].Numbers[row], 1e-5);
            Assert.Equal(calibration.Probability(expected[row][0]), outputs["probability"].Numbers[row], 1e-5);
        }
    }

    [Fact]
    public void Write_BatchNormBehindLinear_IsFoldedIntoIt()
    {
        using var rig = OnnxZoo.Rig(OnnxZoo.Of("DeepFM, regularised"), rows);
        var path = At("folded.onnx");
        OnnxFile.Write(path, OnnxZoo.Content(rig, rows, OnnxInput.Ids));
        Assert.Contains(rig.Graph.Values, v => v.Operation is Consort.Compute.Operations.BatchNorm);
        Assert.DoesNotContain(OnnxChecker.Load(path).Graph.Node, n => n.OpType == "BatchNormalization");
    }

    private string At(string name) => Path.Combine(rows.Folder, name);
}
