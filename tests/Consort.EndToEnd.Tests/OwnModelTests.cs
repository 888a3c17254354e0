using Consort.Experiments.Files;
using Consort.Serving;
using OwnModel;

namespace Consort.EndToEnd.Tests;

/// <summary>The sample with a model and a strategy of its own goes the whole way, and only by its own catalogues.</summary>
public sealed class OwnModelTests
{
    [Fact]
    public void Run_AModelAndAStrategyOfOnesOwn_TrainsPacksAndScores()
    {
        using var folder = new TempFolder();
        var result = Walk.Run(folder.Path, CancellationToken.None);
        Assert.InRange(result.Auc, 0.55, result.Ceiling); // better than chance: it has learned
        Assert.InRange(result.Probability, 1e-6, 1 - 1e-6);

        var experiment = Path.Combine(folder.Path, "own.yaml");
        Assert.Contains("found \"PooledTower\"", Assert.Throws<ConsortException>(() => Experiment.Load(experiment)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ConsortException>(() => Scorer.Load(Path.Combine(folder.Path, "own.consort")));
    }
}
