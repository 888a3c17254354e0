using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Learning.Training;
using Consort.Synthetic;

namespace Consort.Experiments.Tests.Running;

/// <summary>
/// Models learn what was planted and no more: on 30,000 synthetic clicks with pairwise interactions, FM and DeepFM find what LR cannot,
/// nobody beats the true probabilities beyond chance, and members that teach each other get better.
/// </summary>
public sealed class QualityTests(QualityTests.Clicks clicks) : IClassFixture<QualityTests.Clicks>
{
    // The standard error of an AUC of 0.8 on 6000 rows is about 0.006.
    private const double Noise = 0.012;

    [Fact]
    public void Train_PlantedInteractions_AreFoundByModelsThatCan()
    {
        var (lr, fm, deep) = (Train("{ model: LR }", 0.02), Train("{ model: FM }", 0.01),
            Train("{ model: DeepFM, hidden_units: [32] }", 0.01));
        var ceiling = lr.Test!.Ceiling!.Auc;
        foreach (var result in new[] { lr, fm, deep })
        {
            Assert.InRange(result.Test!.Metrics.Ensemble.Auc, 0.6, ceiling + Noise);
            Assert.InRange(result.Test.Metrics.Ensemble.LogLoss, result.Test.Ceiling!.LogLoss - Noise, 0.7);
            Assert.InRange(result.Test.Metrics.Ensemble.Calibration, 0.9, 1.1);
        }

        Assert.True(fm.Test!.Metrics.Ensemble.Auc > lr.Test.Metrics.Ensemble.Auc + 0.05,
            $"FM {fm.Test.Metrics.Ensemble.Auc}, LR {lr.Test.Metrics.Ensemble.Auc}, ceiling {ceiling}");
        Assert.True(deep.Test!.Metrics.Ensemble.Auc > lr.Test.Metrics.Ensemble.Auc + 0.05,
            $"DeepFM {deep.Test.Metrics.Ensemble.Auc}, LR {lr.Test.Metrics.Ensemble.Auc}, ceiling {ceiling}");
    }

    [Theory]
    [InlineData("mutual", 2, false)]
    [InlineData("kdef", 3, true)]
    [InlineData("supervised", 2, true)]
    public void Train_AnyStrategy_ImprovesOnItsBeginning(string strategy, int members, bool shared)
    {
        var result = Train($"{{ model: DNN, hidden_units: [16], count: {members} }}", 0.01, $"strategy: {{ name: {strategy} }}",
            shared, epochs: 5);
        var start = result.Epochs[0];
        Assert.Equal(0, start.Epoch);
        Assert.InRange(start.Valid.Ensemble.Auc, 0.35, 0.65);
        Assert.True(result.Test!.Metrics.Ensemble.Auc > start.Valid.Ensemble.Auc + 0.1,
            $"from {start.Valid.Ensemble.Auc} to {result.Test.Metrics.Ensemble.Auc}");
        Assert.All(result.Test.Metrics.Members, m => Assert.InRange(m.Auc, 0.6, result.Test.Ceiling!.Auc + Noise));
        Assert.Equal(members, result.Test.Metrics.Members.Count);
        var terms = result.Epochs[^1].Loss;
        Assert.All(terms.Values, value => Assert.InRange(value, 0, 0.7 * members));
        Assert.Equal(strategy switch { "mutual" => ["label", "peer"], "kdef" => ["label", "teach", "peer"], _ => ["label"] }, terms.Keys);
    }

    private TrainingResult Train(string member, double rate, string more = "", bool shared = true, int epochs = 15)
    {
        var text = FormattableString.Invariant(
            $$"""
            data: { schema: { preset: criteo, min_count: 5 }, source: clicks.tsv, shares: [0.7, 0.1, 0.2], cache: {{clicks.Folder.At("cache")}} }
            embedding: { dimension: 8, shared: {{(shared ? "true" : "false")}}, initial_deviation: 0.01 }
            members: [{{member}}]
            training: { epochs: {{epochs}}, batch_size: 512, learning_rate: {{rate}}, patience: 2, evaluate_first: true, embedding_l2: 1e-2 }
            {{more}}
            """);
        var run = clicks.Folder.At($"run{Guid.NewGuid():N}");
        return ExperimentRunner.Run(new RunRequest(Experiment.Parse(text, "quality", clicks.Folder.Path), run, 2), default).Training;
    }

    public sealed class Clicks : IDisposable
    {
        public Clicks() => Folder.Clicks("clicks.tsv", 30_000, new SyntheticOptions
        {
            Seed = 3,
            FirstOrder = 0.3,
            Pairwise = 0.7,
            ThirdOrder = 0,
            Signal = 2.5,
            Noise = 0,
            Pairs = 3,
            Latent = 2,
            CardinalityScale = 0.0001,
            Zipf = 1.3,
            Head = 100,
        });

        internal TempFolder Folder { get; } = new();

        public void Dispose() => Folder.Dispose();
    }
}
