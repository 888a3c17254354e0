using Consort.Models;
using Consort.Onnx;

namespace Consort.Serving.Tests.Onnx;

/// <summary>Every model of the zoo, exported in both forms, against the program that trained it.</summary>
public sealed class OnnxZooTests(ClickRows rows) : IClassFixture<ClickRows>
{
    public static TheoryData<string> Names => [.. OnnxZoo.Names];

    [Theory]
    [MemberData(nameof(Names))]
    public void Write_Model_GivesTheProgramsLogits(string name)
    {
        using var rig = OnnxZoo.Rig(OnnxZoo.Of(name), rows);
        var expected = OnnxZoo.Logits(rig);
        foreach (var input in Enum.GetValues<OnnxInput>())
        {
            var path = Path.Combine(rows.Folder, $"{input}.onnx");
            OnnxFile.Write(path, OnnxZoo.Content(rig, rows, input));
            var outputs = OnnxInterpreter.Run(OnnxChecker.Load(path), input == OnnxInput.Ids ? rows.IdFeeds() : rows.RawFeeds());
            for (var row = 0; row < ClickRows.Count; row++)
            {
                double logit = expected[row][0];
                Assert.InRange(Math.Abs(outputs["probability"].Numbers[row] - OnnxZoo.Sigmoid(logit)), 0, 1e-5);
                Assert.InRange(Math.Abs(outputs["logit"].Numbers[row] - logit), 0, 1e-5 * Math.Max(1, Math.Abs(logit)));
            }
        }
    }

    private static void Near(double expected, double found) => Assert.Equal(expected, found, 1e-5 * Math.Max(1, Math.Abs(expected)));

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public void Write_FamilyOfSeveral_FusesTheMembers(bool isMean, bool shared)
    {
        var family = OnnxZoo.Of("DeepFM", members: 3) with { Embeddings = new() { Dimension = 4, Shared = shared } };
        using var rig = OnnxZoo.Rig(family, rows);
        var expected = OnnxZoo.Logits(rig);
        var path = Path.Combine(rows.Folder, "family.onnx");
        OnnxFile.Write(path, OnnxZoo.Content(rig, rows, OnnxInput.Raw) with { Fusion = isMean ? Fusion.Mean : Fusion.Sum });
        var outputs = OnnxInterpreter.Run(OnnxChecker.Load(path), rows.RawFeeds());
        Assert.Equal([ClickRows.Count, 3], outputs["member_logits"].Shape);
        for (var row = 0; row < ClickRows.Count; row++)
        {
            Near(isMean ? expected[row].Average() : expected[row].Sum(), outputs["logit"].Numbers[row]);
            for (var member = 0; member < 3; member++)
                Near(expected[row][member], outputs["member_logits"].Numbers[(row * 3) + member]);
        }
    }
}
