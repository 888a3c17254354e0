using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;
using Consort.Learning.Strategies;
using Consort.Learning.Training;
using Consort.Models;
using Monitor = Consort.Learning.Training.Monitor;

namespace Consort.Learning.Tests.Training;

/// <summary>What members read of each other: as a peer scores, before the step.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class PeerTests(SmallData data)
{
    private static readonly MutualLearningOptions Eager = new() { WarmEpochs = 0 };

    [Fact]
    public void Run_PeersInEvaluation_AreWhatTheMembersScoreBeforeTheStep()
    {
        var strategy = new Reading(new MutualLearning(Eager));
        using var workers = new Workers(1);
        using var step = new TrainingStep(
            TrainerRig.Own(TrainerRig.Noisy(), TrainerRig.Noisy()), data.Dataset.Space,
            new TrainingOptions { BatchSize = SmallData.BatchSize }, workers);
        step.Store.Initialize(1, workers);
        step.Open(strategy);
        using var scoring = new BatchLoader(data.Dataset.Train, new LoaderOptions(SmallData.BatchSize));
        using var training = new BatchLoader(data.Dataset.Train, new LoaderOptions(SmallData.BatchSize));
        scoring.Start(0);
        training.Start(0);
        for (var i = 0; i < 3; i++)
        {
            // The same rows, as the present weights score them.
            step.Pass.Run(scoring.Next()!, isTraining: false, seed: 0);
            var expected = Enumerable.Range(0, 2).Select(m => step.Pass.Logits.Logits(m).ToArray()).ToArray();
            step.Run(training.Next()!, seed: (ulong)i, rate: 0.05);
            for (var m = 0; m < 2; m++)
            {
                Assert.Equal(expected[m], strategy.Peers[m]);
                Assert.NotEqual(expected[m], strategy.Own[m]);
            }
        }
    }

    [Fact]
    public void Run_NothingDropsAndNoBatchNorm_NeedsNoSecondPass()
    {
        var plain = TrainerRig.Shared(TrainerRig.Plain(), TrainerRig.Plain());
        var noisy = TrainerRig.Own(TrainerRig.Noisy(), TrainerRig.Noisy());
        Assert.False(HasPeers(plain, PeerReading.Evaluation));
        Assert.True(HasPeers(noisy, PeerReading.Evaluation));
        Assert.False(HasPeers(noisy, PeerReading.Training));
        Outcome.AssertSame(Trained(plain, PeerReading.Training), Trained(plain, PeerReading.Evaluation));
        Assert.NotEqual(Trained(noisy, PeerReading.Training).Text, Trained(noisy, PeerReading.Evaluation).Text);

        bool HasPeers(Family family, PeerReading peers)
        {
            using var trial = new StepTrial(family, data.Dataset.Space, data.Dataset.Train,
                new TrainingOptions { BatchSize = SmallData.BatchSize }, new MutualLearning(Eager with { Peers = peers }), threads: 1);
            trial.Next(0.01);
            return trial.Step.Pass.Logits.HasPeers;
        }

        Outcome Trained(Family family, PeerReading peers) => (new TrainerRig(data.Dataset)
        {
            Family = family,
            Phases = [new Phase { Strategy = new MutualLearning(Eager with { Peers = peers }), Epochs = 2, LearningRate = 0.02 }],
        }).Run(data.NewFolder());
    }

    [Theory]
    [InlineData(EmbeddingUpdate.Deferred)]
    [InlineData(EmbeddingUpdate.Touched)]
    public void Run_PeersOverDeferredRows_ReadWhatIsUpToDate(EmbeddingUpdate update)
    {
        // Own tables and a shared one; with a regulariser a deferred row ends with the bits of the dense update.
        foreach (var family in new[] { TrainerRig.Own(TrainerRig.Noisy(), TrainerRig.Noisy()),
            TrainerRig.Shared(TrainerRig.Noisy(), TrainerRig.Noisy()) })
        {
            var dense = Trained(family, EmbeddingUpdate.Dense);
            var other = Trained(family, update);
            if (update == EmbeddingUpdate.Deferred)
                Outcome.AssertSame(dense, other);
            else
                Assert.NotEqual(dense.Text, other.Text);
        }

        Outcome Trained(Family family, EmbeddingUpdate how) => (new TrainerRig(data.Dataset)
        {
            Family = family,
            Phases = [new Phase { Strategy = new MutualLearning(Eager), Epochs = 3, LearningRate = 0.02, Patience = 0 }],
            Options = new TrainingOptions
            {
                BatchSize = SmallData.BatchSize,
                Optimizer = new OptimizerOptions { EmbeddingL2 = 1e-3, EmbeddingUpdate = how },
            },
        }).Run(data.NewFolder());
    }

    [Fact]
    public void Run_FirstEpochOfFreshWeights_IsThatOfLabelsAlone()
    {
        var result = Mutual(new MutualLearning(), 2).Run(data.NewFolder()).Result;
        var alone = Mutual(new Supervised(), 2).Run(data.NewFolder()).Result;
        Assert.Equal(alone.Epochs[0].Valid.Members, result.Epochs[0].Valid.Members);
        Assert.Equal(0, result.Epochs[0].Loss["peer"]);
        Assert.True(result.Epochs[1].Loss["peer"] > 0);
        Assert.NotEqual(alone.Epochs[1].Valid.Members, result.Epochs[1].Valid.Members);

        // After another phase members have something to say from the first step on.
        var later = (Mutual(new Supervised(), 1) with
        {
            Phases = [Mutual(new Supervised(), 1).Phases[0] with { Name = "first" }, .. Mutual(new MutualLearning(), 1).Phases]
        })
            .Run(data.NewFolder()).Result;
        Assert.True(later.Epochs[^1].Loss["peer"] > 0);
        var e = Assert.Throws<ConsortException>(() => Mutual(new MutualLearning(), 1).Run(data.NewFolder()));
        Assert.StartsWith("phase train, warm_epochs: found 1", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Mutual_ShipsTheMemberThatIsBestOnValidation()
    {
        var result = Mutual(new MutualLearning(), 3).Run(data.NewFolder()).Result;
        var members = result.Valid.Metrics.Members;
        Assert.Equal(members.Max(m => m.Auc), members[result.Ship!.Value].Auc);
        Assert.Null(Mutual(new Supervised(), 2).Run(data.NewFolder()).Result.Ship);
        var options = new TrainingOptions();
        Assert.Equal(1, options.BestMember([(0.7, 0.5), (0.8, 0.6), (0.8, 0.4), (double.NaN, 0.1)]));
        Assert.Equal(3, (options with { Monitor = Monitor.LogLoss }).BestMember([(0.7, 0.5), (0.8, 0.6), (0.8, 0.4), (double.NaN, 0.1)]));
    }

    private TrainerRig Mutual(Strategy strategy, int epochs) => new(data.Dataset)
    {
        Phases = [new Phase { Strategy = strategy, Epochs = epochs, LearningRate = 0.02, Patience = 0 }],
    };

    // Sees what the strategy in it sees.
    private sealed class Reading(Strategy inner) : Strategy
    {
        public double[][] Peers { get; private set; } = [];

        public double[][] Own { get; private set; } = [];

        public override string Name => inner.Name;

        public override IReadOnlyList<string> TermNames => inner.TermNames;

        public override bool ReadsPeersAsScored => inner.ReadsPeersAsScored;

        public override void Apply(BatchLogits batch, Span<double> terms)
        {
            Peers = [.. Enumerable.Range(0, batch.Members).Select(m => batch.PeerLogits(m).ToArray())];
            Own = [.. Enumerable.Range(0, batch.Members).Select(m => batch.Logits(m).ToArray())];
            inner.Apply(batch, terms);
        }
    }
}
