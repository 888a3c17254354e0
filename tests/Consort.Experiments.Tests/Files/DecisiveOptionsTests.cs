using Consort.Experiments.Files;
using Consort.Foundation.Options;

namespace Consort.Experiments.Tests.Files;

public sealed class DecisiveOptionsTests
{
    private const string Text = """
        name: a
        data: { source: x.tsv }
        members: [{ model: DNN, hidden_units: [8, 4] }, { model: FM }]
        training: { learning_rate: 1e-2, seed: 1, checkpoint_minutes: 10 }
        phases:
          - { name: first, epochs: 2, from: [/a/b/runs/x/checkpoints/best-train.ckpt] }
          - { name: second, epochs: 3, teachers: [/a/b/teacher], schedule: { name: exponential, epochs: 3 } }
        """;

    [Theory]
    [InlineData("name: a", "name: b")]
    [InlineData("x.tsv", "y.tsv")]
    [InlineData("1e-2", "0.010")]
    [InlineData("minutes: 10", "minutes: 5")]
    [InlineData("/a/b/runs", "/c/moved")]
    [InlineData("/a/b/teacher", "/c/teacher")]
    [InlineData("seed: 1", "seed: 1, ema: 0, swa: 0")] // of which older runs say nothing
    public void Since_WhatDecidesNothing_IsNoDifference(string old, string now)
    {
        Assert.Empty(DecisiveOptions.Since(Changed(old, now), Older, withEpochs: true));
        Assert.Equal(DecisiveOptions.Digest(Older), DecisiveOptions.Digest(Changed(old, now)));
    }

    [Theory]
    [InlineData("seed: 1", "seed: 2", "training, seed: 1, now 2")]
    [InlineData("[8, 4]", "[8]", "member 0, hidden_units: [8, 4], now [8]")]
    [InlineData("{ model: FM }", "{ model: LR }", "member 1, model: FM, now LR")]
    [InlineData("exponential, epochs: 3", "exponential, epochs: 4", "phase second, schedule, epochs: 3, now 4")]
    [InlineData("runs/x/", "runs/y/", "phase first, from: [x/checkpoints/best-train.ckpt], now [y/checkpoints/best-train.ckpt]")]
    [InlineData(", seed: 1", "", "training, seed: 1, now nothing")]
    [InlineData("seed: 1", "seed: 1, ema: 0.999", "training, ema: nothing, now 0.999")]
    public void Since_WhatDecidesTheResult_IsNamed(string old, string now, string difference)
    {
        Assert.Equal([difference], DecisiveOptions.Since(Changed(old, now), Older, withEpochs: false));
        Assert.NotEqual(DecisiveOptions.Digest(Older), DecisiveOptions.Digest(Changed(old, now)));
    }

    [Fact]
    public void Since_MostEpochs_CountOnlyWhereAsked()
    {
        var more = Changed("epochs: 2", "epochs: 5");
        Assert.Empty(DecisiveOptions.Since(more, Older, withEpochs: false));
        Assert.Equal(["phase first, epochs: 2, now 5"], DecisiveOptions.Since(more, Older, withEpochs: true));
        Assert.Equal(DecisiveOptions.Digest(Older), DecisiveOptions.Digest(more));
    }

    // What checkpoints of earlier versions remember.
    [Fact]
    public void Digest_OfAText_StaysAsItWas() => Assert.Equal("3d5d07dd0a8b9b9af3c1c5413ef83f8e", DecisiveOptions.Digest(Older));

    // The last two make the YAML library throw what is none of its own errors.
    [Theory]
    [InlineData("a: [")]
    [InlineData("members: [\n  { model: DCN, hidden_units: [32]\ntraining: { batch_size: 256, epochs: 1\n")]
    [InlineData("name: x\ndata:\n  *a : 1\n")]
    public void Kept_NoYaml_SaysThatItIsDamaged(string text)
    {
        using var folder = new TempFolder();
        var path = folder.File("x.yaml", text);
        Assert.StartsWith($"{path}: the file is damaged", Assert.Throws<ConsortException>(() => DecisiveOptions.Kept(path)).Message,
            StringComparison.Ordinal);
    }

    private static OptionTree Older { get; } = OptionTree.Parse(Text);

    private static OptionTree Changed(string old, string now) => OptionTree.Parse(Text.Replace(old, now, StringComparison.Ordinal));
}
