using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Experiments.Files;
using Consort.Models;
using Consort.Models.Zoo;

namespace Consort.Experiments.Tests.Files;

public sealed class ExperimentTests : IDisposable
{
    private const string Small =
        """
        name: small
        data:
          schema: frappe
          train: train.csv
        members:
          - model: DeepFM
            hidden_units: [8]
          - model: LR
            count: 2
        training:
          epochs: 3
          learning_rate: 0.01
        strategy:
          name: kdef
          peer: 0.5
        """;

    private const string Phased =
        """
        data: { encoded: somewhere }
        embedding: { shared: false, dimension: 4 }
        members: [{ model: DNN, count: 2 }]
        training: { batch_size: 100, seed: 3, monitor: logloss, optimizer: { name: adagrad } }
        phases:
          - { name: pretrain, epochs: 2, schedule: { name: exponential } }
          - { name: mutual, strategy: { name: mutual }, evaluate_first: true, freeze: [1], from: [a.ckpt, b.ckpt] }
        """;

    private readonly TempFolder _folder = new();

    public ExperimentTests()
    {
        _folder.File("train.csv", "");
        _folder.File("other.csv", "");
        _folder.File("a.ckpt", "");
        _folder.File("b.ckpt", "");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Parse_Small_ReadsAll()
    {
        var experiment = Parse(Small);
        Assert.Equal("small", experiment.Name);
        Assert.Equal(["DeepFM", "LR", "LR"], experiment.Family.Members.Select(m => m.Name));
        Assert.Equal([8], Assert.IsType<DeepFm>(experiment.Family.Members[0]).Mlp.HiddenUnits);
        var phase = Assert.Single(experiment.Phases);
        Assert.Equal(("train", "kdef", 3, 0.01), (phase.Name, phase.Strategy.Name, phase.Epochs, phase.LearningRate));
        Assert.Equal("plateau", phase.Schedule.Create(phase.LearningRate, 10).Name);
        Assert.Equal([_folder.At("train.csv")], experiment.Data!.Split!.Files);
    }

    [Fact]
    public void Parse_Phased_ReadsAll()
    {
        var experiment = Parse(Phased);
        Assert.Equal(["pretrain", "mutual"], experiment.Phases.Select(p => p.Name));
        Assert.Equal(["supervised", "mutual"], experiment.Phases.Select(p => p.Strategy.Name));
        Assert.Equal("exponential", experiment.Phases[0].Schedule.Create(1, 1).Name);
        Assert.Equal([1], experiment.Phases[1].Frozen);
        Assert.True(experiment.Phases[1].EvaluateFirst);
        Assert.Equal([_folder.At("a.ckpt"), _folder.At("b.ckpt")], experiment.Phases[1].From);
        Assert.Equal(3UL, experiment.Training.Seed);
    }

    [Fact]
    public void Load_Precision_ReplacesTheFiles()
    {
        var single = Experiment.Load(_folder.File("exp.yaml", Small));
        var half = Experiment.Load(_folder.File("exp.yaml", Small), precision: Precision.Bf16);
        Assert.Equal((Precision.Fp32, Precision.Bf16), (single.Training.Precision, half.Training.Precision));
        Assert.NotEqual(single.Digest, half.Digest);
        Assert.Contains("precision: bf16", half.Text, StringComparison.Ordinal);
        Assert.Equal(Precision.Bf16, Parse(half.Text).Training.Precision);
        Assert.Throws<ConsortException>(() => Parse(half.Text.Replace("bf16", "fp16", StringComparison.Ordinal)));
    }

    [Fact]
    public void Parse_NativeMatmulWithBf16_IsAMistake()
    {
        Assert.Equal(MatrixLibrary.Native,
            Parse(Small.Replace("epochs: 3", "matmul: native", StringComparison.Ordinal)).Training.MatrixLibrary);
        var mistake = Assert.Throws<ConsortException>(() =>
            Parse(Small.Replace("epochs: 3", "matmul: native\n  precision: bf16", StringComparison.Ordinal)));
        Assert.Contains("found native with precision bf16, expected fp32", mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Small)]
    [InlineData(Phased)]
    public void Text_ReadBack_IsTheSameText(string text)
    {
        var first = Parse(text);
        var second = Parse(first.Text);
        Assert.Equal(first.Text, second.Text);
        Assert.Equal(first.Digest, second.Digest);
        Assert.Equal(first.Family.Members, second.Family.Members);
    }

    [Fact]
    public void Text_HoldsTheDefaults()
    {
        var text = Parse(Small).Text;
        foreach (var line in new[]
        {
            "  dimension: 16", "  shared: true", "  initial_deviation: 0.0001", "  batch_size: 4096", "  seed: 1", "  monitor: auc",
            "  embedding_update: dense", "  max_gradient_norm: 10", "    name: adam", "    beta1: 0.9", "    name: plateau",
            "    factor: 0.1", "  patience: 2", "  activation: relu", "  dropout: 0", "  teach: 1", "  detach_exam: false", "  peer: 0.5",
        })
            Assert.Contains(line + "\n", text, StringComparison.Ordinal);
        var seeded = Experiment.Load(_folder.File("exp.yaml", Small), seed: 2);
        Assert.NotEqual(Parse(Small).Digest, seeded.Digest);
        Assert.Equal(2UL, seeded.Training.Seed);
        Assert.Contains("  seed: 2\n", seeded.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("- a\n", ":1: found a list, expected keys and values")]
    [InlineData("data: { encoded: x }\nmembers: [{ model: FM }]\ntraining: 3\n",
        ":3, key training: found a single value, expected keys and values")]
    public void Load_ASeedForWhatHasNoSections_SaysWhatIsThere(string text, string message)
    {
        var path = _folder.File("exp.yaml", text);
        Assert.Equal(path + message, Assert.Throws<ConsortException>(() => Experiment.Load(path, seed: 2)).Message);
    }

    [Theory]
    [InlineData("  epochs: 3", "  epocs: 3", "11: unknown key \"epocs\"; did you mean \"epochs\"?")]
    [InlineData("  epochs: 3", "  epochs: -1", "11, key epochs: found -1, expected 0 to 100000")]
    [InlineData("  epochs: 3", "  epochs: three", "11, key epochs: found \"three\", expected a whole number")]
    [InlineData("  learning_rate: 0.01", "  learning_rate: 0", "12, key learning_rate: found 0, expected 1E-12 to 1000")]
    [InlineData("  learning_rate: 0.01", "  patience: -1", "12, key patience: found -1, expected 0 to 100000")]
    [InlineData("  learning_rate: 0.01", "  bacth_size: 10", "12: unknown key \"bacth_size\"; did you mean \"batch_size\"?")]
    [InlineData("  learning_rate: 0.01", "  monitor: acu",
        "12, key monitor: found \"acu\", expected one of auc, logloss, member_auc, gauc; did you mean auc?")]
    [InlineData("  learning_rate: 0.01", "  optimizer: { name: adma }",
        "12, key name: found \"adma\", expected one of adam, sgd, adagrad; did you mean adam?")]
    [InlineData("  learning_rate: 0.01", "  optimizer: { momentum: 1 }", "12: unknown key \"momentum\"")]
    [InlineData("  learning_rate: 0.01", "  schedule: { name: exponential, factor: 0.1 }", "12: unknown key \"factor\"")]
    [InlineData("  learning_rate: 0.01", "  schedule: exponential",
        "12, key schedule: found a single value, expected keys and values, such as { name: exponential }")]
    [InlineData("  learning_rate: 0.01", "  optimizer: adam",
        "12, key optimizer: found a single value, expected keys and values, such as { name: adam }")]
    [InlineData("  learning_rate: 0.01", "  name: a/b", "12, key name: found \"a/b\", expected letters, digits, - and _ (it names a file)")]
    [InlineData("  learning_rate: 0.01", "  freeze: [3]", "10, key training: phase train freezes member 3, expected one of 0 to 2")]
    [InlineData("  - model: DeepFM", "  - model: DeepMF", "6, key model: found \"DeepMF\", expected one of MODELS; did you mean DeepFM?")]
    [InlineData("  - model: DeepFM", "  - modle: DeepFM", "6, key model: found nothing, expected one of MODELS")]
    [InlineData("    hidden_units: [8]", "    hiden_units: [8]", "7: unknown key \"hiden_units\"; did you mean \"hidden_units\"?")]
    [InlineData("    count: 2", "    cross_layers: 2", "9: unknown key \"cross_layers\"")]
    [InlineData("    count: 2", "    count: 65", "9, key count: found 65, expected 1 to 64")]
    [InlineData("    count: 2", "    count: 64", "5, key members: found 65 members, expected at most 64")]
    [InlineData("  name: kdef", "  name: kdf",
        "14, key name: found \"kdf\", expected one of supervised, mutual, kdef, tri_bce, distillation; did you mean kdef?")]
    [InlineData("  peer: 0.5", "  peer: -1", "15, key peer: found -1, expected 0 to 1000")]
    [InlineData("  schema: frappe", "  schema: frape",
        "exp.yaml:3, key schema: found neither a file nor a preset \"frape\", expected a schema file or one of", true)]
    [InlineData("  train: train.csv", "  train: trian.csv", "4, key train: found no trian.csv in ")]
    [InlineData("  train: train.csv", "  source: train.csv\n  train: train.csv", "4, key source: expected either source or train files")]
    [InlineData("name: small", "nmae: small", "1: unknown key \"nmae\"; did you mean \"name\"?")]
    [InlineData("strategy:", "strategie:", "13: unknown key \"strategie\"; did you mean \"strategy\"?")]
    [InlineData("strategy:", "phases: []\nstrategy:", "13, key phases: found no phases, expected one at least")]
    [InlineData("strategy:", "phases:\nstrategy:", "13, key phases: found no phases, expected one at least")]
    [InlineData("training:", "training: {", "malformed YAML", true)]
    public void Parse_Mistake_SaysWhere(string line, string mistake, string message, bool anywhere = false)
    {
        Assert.Contains(line, Small, StringComparison.Ordinal);
        message = message.Replace("MODELS", string.Join(", ", ModelCatalogue.Entries.Select(m => m.Name)), StringComparison.Ordinal);
        var e = Assert.Throws<ConsortException>(() => Parse(Small.Replace(line, mistake, StringComparison.Ordinal)));
        if (anywhere)
            Assert.Contains(message, e.Message, StringComparison.Ordinal);
        else
            Assert.StartsWith("exp.yaml:" + message, e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("phases:", "strategy: { name: mutual }\nphases:",
        "exp.yaml:5, key strategy: found beside phases, expected each phase to name its own strategy")]
    [InlineData("name: mutual, s", "name: pretrain, s",
        "exp.yaml:7, key name: found a second phase named pretrain, expected a name of its own for each")]
    [InlineData("name: mutual, s", "name: 'm t', s",
        "exp.yaml:7, key name: found \"m t\", expected letters, digits, - and _ (it names a file)")]
    [InlineData("shared: false", "shared: true",
        "exp.yaml:5, key phases: phase mutual starts members from runs of their own, expected `embedding: { shared: false }`")]
    [InlineData("freeze: [1]", "freeze: [2]", "exp.yaml:5, key phases: phase mutual freezes member 2, expected one of 0 to 1")]
    [InlineData("count: 2", "count: 1", "exp.yaml:3, key members: found one member, expected at least two that learn from each other")]
    [InlineData("batch_size: 100", "epochs: 3", "exp.yaml:4, key epochs: found it in training beside phases")]
    [InlineData("members: [{ model: DNN, count: 2 }]", "members: []",
        "exp.yaml:3, key members: found none, expected at least one, such as `members: [{ model: DeepFM }]`")]
    [InlineData("data: { encoded: somewhere }", "data: ~", "exp.yaml:1, key data: found nothing, expected where the rows come from")]
    public void Parse_MistakeInPhases_SaysWhere(string part, string mistake, string message)
    {
        Assert.Contains(part, Phased, StringComparison.Ordinal);
        var e = Assert.Throws<ConsortException>(() => Parse(Phased.Replace(part, mistake, StringComparison.Ordinal)));
        Assert.StartsWith(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_MissingFile_NamesIt()
    {
        var e = Assert.Throws<ConsortException>(() => Experiment.Load(_folder.At("none.yaml")));
        Assert.Equal($"{_folder.At("none.yaml")}: file not found", e.Message);
    }

    [Fact]
    public void Load_RelativeNames_StartFromTheFileOrTheFolderGiven()
    {
        var path = _folder.File("exp.yaml", Small.Replace("name: small", "", StringComparison.Ordinal));
        var experiment = Experiment.Load(path);
        Assert.Equal("exp", experiment.Name);
        Assert.Equal([_folder.At("train.csv")], experiment.Data!.Split!.Files);
        Directory.CreateDirectory(_folder.At("elsewhere"));
        _folder.File("elsewhere/train.csv", "");
        Assert.Equal([_folder.At("elsewhere/train.csv")], Experiment.Load(path, _folder.At("elsewhere")).Data!.Split!.Files);
    }

    [Fact]
    public void OfRun_RawFilesGone_StillReads()
    {
        var path = _folder.File("experiment.yaml", Parse(Small).Text);
        File.Delete(_folder.At("train.csv"));
        Assert.Throws<ConsortException>(() => Experiment.Load(path));
        var experiment = Experiment.OfRun(path);
        Assert.Null(experiment.Data);
        Assert.Equal(3, experiment.Family.Members.Count);
        Assert.Equal(File.ReadAllText(path), experiment.Text);
    }

    [Fact]
    public void DataSource_Alternatives_TakesTheFirstThatExists()
    {
        Assert.Equal([_folder.At("other.csv")], Files("missing.csv | other.csv"));
        Assert.Equal([_folder.At("train.csv")], Files("train.csv | other.csv"));
        Assert.Equal([_folder.At("train.csv"), _folder.At("other.csv")], Files("[missing.csv | train.csv, other.csv]"));
        var e = Assert.Throws<ConsortException>(() => Files("a.csv | b.csv"));
        Assert.Equal($"exp.yaml:4, key train: found no a.csv or b.csv in {_folder.Path}, expected one of them", e.Message);

        IReadOnlyList<string> Files(string train) =>
            Parse(Small.Replace("train: train.csv", $"train: {train}", StringComparison.Ordinal)).Data!.Split!.Files;
    }

    [Fact]
    public void Parse_Fusion_IsTheFamilys()
    {
        const string Text = """
            data: { schema: frappe, train: train.csv }
            embedding: { shared: false }
            members: [{ model: DNN, count: 2 }]
            """;
        Assert.Equal(Fusion.Concat, Parse(Text + "\nfusion: concat\nstrategy: { loss: ensemble }").Family.Fusion);
        Assert.Equal(Fusion.Mean, Parse(Text).Family.Fusion);
        Says("expected it with `loss: ensemble`", "fusion: concat");
        Says("expected it with `loss: ensemble`", "fusion: concat\nstrategy: { loss: ensemble, self_distillation: 1 }");
        Says("found concat, expected mean or sum for strategy mutual", "fusion: concat\nstrategy: { name: mutual }");
        Says("expected mean: kdef teaches by the mean", "fusion: sum\nstrategy: { name: kdef }");
        Says("exp.yaml:4, key fusion: found concat", "fusion: concat\nphases: [{ name: a, strategy: { loss: ensemble } }, { name: b }]");
        Says("found \"mode\", expected one of mean, sum, concat", "fusion: mode");

        void Says(string message, string rest) =>
            Assert.Contains(message, Assert.Throws<ConsortException>(() => Parse($"{Text}\n{rest}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_FusionInTheStrategy_IsTheFamilys()
    {
        const string Text = """
            data: { schema: frappe, train: train.csv }
            embedding: { shared: false }
            members: [{ model: DNN, count: 2 }]
            """;
        var old = Parse(Text + "\nstrategy: { loss: ensemble, fusion: sum }");
        var now = Parse(Text + "\nfusion: sum\nstrategy: { loss: ensemble }");
        Assert.Equal(Fusion.Sum, old.Family.Fusion);
        Assert.Equal(now.Text, old.Text);
        Assert.Equal(now.Digest, old.Digest);
        Assert.Equal(Fusion.Concat, Parse(Text
            + "\nphases: [{ name: a, strategy: { loss: ensemble, fusion: concat } }, { name: b, strategy: { loss: ensemble } }]").Family.Fusion);
        Says("where the family's is sum", "fusion: sum\nstrategy: { fusion: mean }");
        Says("where the family's is mean", "phases: [{ name: a, strategy: { fusion: mean } }, { name: b, strategy: { fusion: sum } }]");

        // What a run of an older version keeps was fused as its last phase says.
        var path = Path.Combine(_folder.Path, "run.yaml");
        File.WriteAllText(path, Text + "\nphases: [{ name: a, strategy: { loss: ensemble, fusion: sum } }, { name: b, strategy: { name: kdef } }]");
        Assert.Equal(Fusion.Mean, Experiment.OfRun(path).Family.Fusion);
        File.WriteAllText(path, Text + "\nphases: [{ name: a, strategy: { name: kdef } }, { name: b, strategy: { name: mutual, fusion: sum } }]");
        Assert.Equal(Fusion.Sum, Experiment.OfRun(path).Family.Fusion);

        void Says(string message, string rest) =>
            Assert.Contains(message, Assert.Throws<ConsortException>(() => Parse($"{Text}\n{rest}")).Message, StringComparison.Ordinal);
    }

    private Experiment Parse(string text) => Experiment.Parse(text, "exp.yaml", _folder.Path);
}
