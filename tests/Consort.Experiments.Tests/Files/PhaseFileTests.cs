using Consort.Experiments.Files;
using Consort.Learning.Training;

namespace Consort.Experiments.Tests.Files;

/// <summary>What a phase says in a file, and what it may set otherwise than the experiment.</summary>
public sealed class PhaseFileTests : IDisposable
{
    private const string Text = """
        data: { schema: frappe, train: train.csv }
        embedding: { shared: false }
        members: [{ model: DNN, dropout: 0.2, count: 2 }]
        training: { batch_size: 100, embedding_l2: 1e-3 }
        phases:
          - { name: alone, epochs: 2 }
          - { name: together, epochs: 2, strategy: { name: mutual } }
        """;

    private readonly TempFolder _folder = new();

    public PhaseFileTests() => _folder.File("train.csv", "");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Parse_PhaseThatOverrides_ReadsItAndItDecides()
    {
        const string Keys = "dropout: 0, embedding_l2: 0, dense_l2: 1e-4, batch_size: 50, fresh_embeddings: true";
        var plain = Parse(Text);
        Assert.All(plain.Phases, p => Assert.Equal(PhaseOverrides.None, p.Overrides));
        var other = Parse(Together(Keys));
        Assert.Equal(PhaseOverrides.None, other.Phases[0].Overrides);
        Assert.Equal(new PhaseOverrides { Dropout = 0, EmbeddingL2 = 0, DenseL2 = 1e-4, BatchSize = 50 }, other.Phases[1].Overrides);
        Assert.Equal((false, true), (other.Phases[0].FreshEmbeddings, other.Phases[1].FreshEmbeddings));
        Assert.Equal(100, other.Training.BatchSize);
        Assert.Equal(100, PhaseOverrides.LargestBatch(other.Training, other.Phases));
        Assert.Equal(other.Digest, Parse(other.Text).Digest);
        // Each by itself is another experiment.
        foreach (var key in Keys.Split(", "))
            Assert.NotEqual(plain.Digest, Parse(Together(key)).Digest);
        string[] digests = [plain.Digest, other.Digest, .. Keys.Split(", ").Select(k => Parse(Together(k)).Digest)];
        Assert.Equal(7, digests.Distinct().Count());
    }

    [Theory]
    [InlineData("dropout: 1", "7, key dropout: found 1, expected 0 to 0.99")]
    [InlineData("embedding_l2: -1", "7, key embedding_l2: found -1, expected 0 to 1000000")]
    [InlineData("dense_l2: x", "7, key dense_l2: found \"x\", expected a number")]
    [InlineData("batch_size: 0", "7, key batch_size: found 0, expected 1 to 1048576")]
    [InlineData("max_gradient_norm: 1", "7: unknown key \"max_gradient_norm\"")]
    public void Parse_OverrideOutOfRange_SaysWhere(string key, string message) => Says("exp.yaml:" + message, Together(key));

    [Fact]
    public void Parse_AMomentumBesideStatisticsThatStay_SaysWhere() =>
        Says("exp.yaml:7, key batch_norm_momentum: found it beside `batch_norm: stay`", Together("batch_norm: stay, batch_norm_momentum: 0.5"));

    [Theory]
    [InlineData("patience")]
    [InlineData("learning_rate")]
    [InlineData("dropout")]
    public void Parse_AKeyOfPhasesInTraining_SaysThatItBelongsThere(string key) =>
        Says($"exp.yaml:4, key {key}: found it in training beside phases, expected it in each of these: `phases: [{{ name: NAME, {key}: … }}]`",
            Text.Replace("batch_size: 100", $"batch_size: 100, {key}: 0.1", StringComparison.Ordinal));

    [Theory]
    [InlineData("epochs: 2, batch_norm: stay", "epochs: 2", 6)]
    [InlineData("epochs: 0", "epochs: 2, batch_norm: stay", 7)]
    [InlineData("epochs: 0, batch_norm: stay", "epochs: 2", 0)]
    [InlineData("epochs: 2", "epochs: 2, batch_norm: stay", 0)]
    [InlineData("epochs: 0", "epochs: 2", 0)]
    public void Parse_StatisticsThatNothingHasMoved_SaysWhere(string first, string second, int line)
    {
        var text = Text.Replace("{ name: alone, epochs: 2 }", $"{{ name: alone, {first} }}", StringComparison.Ordinal)
            .Replace("epochs: 2, strategy: { name: mutual }", second, StringComparison.Ordinal);
        if (line > 0)
            Says($"exp.yaml:{line}, key batch_norm: found stay in a first phase", text);
        else
            Assert.Equal(2, Parse(text).Phases.Count);
    }

    [Fact]
    public void Parse_OverrideWhereThereIsOnePhase_IsNoKeyOfIt() => Says("unknown key \"dropout\"", """
        data: { schema: frappe, train: train.csv }
        members: [{ model: DNN }]
        training: { dropout: 0, batch_size: 50 }
        """);

    [Fact]
    public void Parse_MutualEpochsAllWarm_SaysWhatToName()
    {
        var one = Text.Replace("  - { name: alone, epochs: 2 }\n", "", StringComparison.Ordinal);
        Parse(one);
        Says("phase together, warm_epochs: found 1 (1 in a first phase unless told otherwise) with epochs: 1",
            one.Replace("epochs: 2", "epochs: 1", StringComparison.Ordinal));
        Parse(one.Replace("epochs: 2, strategy: { name: mutual }", "epochs: 1, strategy: { name: mutual, warm_epochs: 0 }",
            StringComparison.Ordinal));
        // After another phase its members have something to say from the start.
        Parse(Text.Replace("name: together, epochs: 2", "name: together, epochs: 1", StringComparison.Ordinal));
        Says("warm_epochs: found 2", Text.Replace("{ name: mutual }", "{ name: mutual, warm_epochs: 2 }", StringComparison.Ordinal));
    }

    [Fact]
    public void Digest_OfWhatMutualLearningWas_IsThatOfOlderRuns()
    {
        // Before it had these words, it did what they say now.
        var now = Parse(Text.Replace("{ name: mutual }",
            "{ name: mutual, weight: 1, divergence: mse, peers: training, warm_epochs: 0 }", StringComparison.Ordinal)).Options;
        var older = now.Without("phases[together].strategy.label_weight", "phases[together].strategy.peers",
            "phases[together].strategy.warm_epochs", "phases[*].fresh_embeddings", "phases[*].keep_optimizer");
        Assert.NotEqual(now, older);
        Assert.Equal(DecisiveOptions.Digest(older), DecisiveOptions.Digest(now));
        Assert.Empty(DecisiveOptions.Since(now, older, withEpochs: true));
        var differences = DecisiveOptions.Since(Parse(Text).Options, older, withEpochs: true);
        Assert.Contains("phase together, strategy, weight: 1, now 5", differences);
        Assert.Contains("phase together, strategy, peers: nothing, now evaluation", differences);
        var warm = now.Without("phases[together].strategy.warm_epochs");
        Assert.NotEqual(DecisiveOptions.Digest(older), DecisiveOptions.Digest(warm));
    }

    private static string Together(string keys) =>
        Text.Replace("name: together, epochs: 2", $"name: together, epochs: 2, {keys}", StringComparison.Ordinal);

    private void Says(string message, string text) =>
        Assert.Contains(message, Assert.Throws<ConsortException>(() => Parse(text)).Message, StringComparison.Ordinal);

    private Experiment Parse(string text) => Experiment.Parse(text, "exp.yaml", _folder.Path);
}
