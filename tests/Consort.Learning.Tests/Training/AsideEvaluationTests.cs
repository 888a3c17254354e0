using Consort.Compute.Cpu.Threads;
using Consort.Learning.Evaluation;
using Consort.Learning.Training;
using Consort.Models;

namespace Consort.Learning.Tests.Training;

/// <summary>Metrics are those of the rows in their order, whoever adds them and when.</summary>
[Collection(SmallDataCollection.Name)]
public sealed class AsideEvaluationTests(SmallData data)
{
    [Fact]
    public void Evaluate_MoreThreads_GivesTheSameMetrics()
    {
        var (one, three) = (Measured(1), Measured(3));
        Assert.True(one.Metrics.Ensemble.Rows > 2 * SmallData.BatchSize);
        Assert.Equal(one.Metrics.Ensemble, three.Metrics.Ensemble);
        Assert.Equal(one.Metrics.Members, three.Metrics.Members);
    }

    [Fact]
    public void Finish_AfterAMistake_ThrowsIt()
    {
        using var workers = new Workers(2);
        using var step = NewStep(workers);
        using var evaluator = new ConsortEvaluator(step.Program.Members + 1, Fusion.Mean);
        using var aside = new AsideEvaluation(step.Pass, evaluator, threads: 2);
        aside.Add([]);
        Assert.Throws<ArgumentException>(aside.Finish);
    }

    private SplitResult Measured(int threads)
    {
        using var workers = new Workers(threads);
        using var step = NewStep(workers);
        return step.Pass.Evaluate(data.Dataset.Valid!, data.Dataset.Encoder, CancellationToken.None);
    }

    private TrainingStep NewStep(Workers workers)
    {
        var step = new TrainingStep(
            TrainerRig.Own(TrainerRig.Noisy(), TrainerRig.Noisy()), data.Dataset.Space,
            new TrainingOptions { BatchSize = SmallData.BatchSize }, workers);
        step.Store.Initialize(1, workers);
        return step;
    }
}
