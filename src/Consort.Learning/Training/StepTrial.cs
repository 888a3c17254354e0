using System.Diagnostics;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Learning.Training;

/// <summary>Training steps over a split without an end, as a run makes them but for teachers: for who estimates or measures them.</summary>
public sealed class StepTrial : IDisposable
{
    private int _epoch = -1;
    private ulong _steps;

    /// <summary>Sets up the first weights.</summary>
    /// <param name="family">What is trained.</param>
    /// <param name="space">The columns of the rows.</param>
    /// <param name="rows">The training rows.</param>
    /// <param name="options">Those of the training.</param>
    /// <param name="strategy">How members learn; labels alone do where teachers are asked for.</param>
    /// <param name="threads">At least 1.</param>
    public StepTrial(Family family, FeatureSpace space, EncodedSplit rows, TrainingOptions options, Strategy strategy, int threads)
    {
        Workers = new Workers(threads);
        Loader = new BatchLoader(rows, new LoaderOptions(options.BatchSize, Shuffle: true, options.Seed));
        Step = new TrainingStep(family, space, options, Workers);
        Step.Store.Initialize(options.Seed, Workers);
        Step.Open(strategy.LearnsFromTeachers ? new Supervised() : strategy);
    }

    /// <summary>The threads.</summary>
    public Workers Workers { get; }

    /// <summary>What gives the batches.</summary>
    public BatchLoader Loader { get; }

    /// <summary>The step.</summary>
    public TrainingStep Step { get; }

    /// <summary>Ticks from the wish for the last batch to the end of its step.</summary>
    public long Ticks => Step.Ticks.Update - Step.Ticks.Start + LoadTicks;

    /// <summary>Of these, until the batch was there.</summary>
    public long LoadTicks { get; private set; }

    /// <summary>Makes a step; gives the rows of its batch.</summary>
    /// <param name="rate">The learning rate.</param>
    public int Next(double rate)
    {
        var start = Stopwatch.GetTimestamp();
        var batch = _epoch < 0 ? null : Loader.Next();
        while (batch is null)
        {
            Loader.Start(++_epoch); // a small split ends before the steps do
            batch = Loader.Next();
        }

        LoadTicks = Stopwatch.GetTimestamp() - start;
        Step.Run(batch, ++_steps, rate);
        return batch.Rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Step.Dispose();
        Loader.Dispose();
        Workers.Dispose();
    }
}
