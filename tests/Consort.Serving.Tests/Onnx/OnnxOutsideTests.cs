using Consort.Onnx;

namespace Consort.Serving.Tests.Onnx;

/// <summary>Numbers far outside the training rows: the model takes them for the nearest bound, as the encoder does.</summary>
public sealed class OnnxOutsideTests
{
    [Theory]
    [InlineData("LR")]
    [InlineData("DeepFM")]
    [InlineData("DCN")]
    public void Write_NumbersFarOutside_GiveTheProgramsLogits(string name)
    {
        using var rows = ClickRows.FarOutside();
        using var rig = OnnxZoo.Rig(OnnxZoo.Of(name), rows);
        var expected = OnnxZoo.Logits(rig);
        var path = Path.Combine(rows.Folder, "far.onnx");
        OnnxFile.Write(path, OnnxZoo.Content(rig, rows, OnnxInput.Raw));
        var outputs = OnnxInterpreter.Run(OnnxChecker.Load(path), rows.RawFeeds());
        for (var row = 0; row < ClickRows.Count; row++)
        {
            Assert.True(float.IsFinite(expected[row][0]));
            Assert.InRange(Math.Abs(outputs["logit"].Numbers[row] - expected[row][0]), 0, 4e-5 * Math.Max(1, Math.Abs(expected[row][0])));
        }
    }
}
