using System.Diagnostics;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Threads;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Learning.Strategies;
using Consort.Learning.Training;
using Consort.Models;

namespace Consort.Distributed.Planning;

/// <summary>
/// Training steps of so many ranks of one machine, which share its cores, caches and memory and begin each step together; with the loader
/// of each, where there are rows to read. What it reads is not trained on: rows of tables are counted apart.
/// </summary>
internal sealed class StepProbe : IDisposable
{
    private const int WarmUp = 4, Steps = 12;
    private readonly Rank[] _ranks;

    public StepProbe(
        Family family, MadeUpRows made, Strategy strategy, int capacity, int threads, int ranks, EncodedSplit? read = null) =>
        _ranks = [.. Enumerable.Range(0, ranks).Select(r => new Rank(family, made, strategy, capacity, threads, read, (r, ranks)))];

    /// <summary>Seconds of a step over so many rows, and of its loss: where there are several ranks, of the last of them.</summary>
    public (double Step, double Loss) Time(int rows, CancellationToken cancellation)
    {
        using var barrier = new Barrier(_ranks.Length);
        var runs = _ranks.Select(rank => Task.Factory.StartNew(
            () => rank.Run(rows, barrier, cancellation), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))
            .ToArray();
        var times = Task.WhenAll(runs).GetAwaiter().GetResult();
        var steps = Enumerable.Range(WarmUp, Steps)
            .Select(s => (Step: times.Max(t => t[s].Step), Loss: times.Max(t => t[s].Loss))).ToArray();
        // Alone the best, for neighbours can only take time; ranks are each other's neighbours, and the middle is what they come to.
        var place = _ranks.Length == 1 ? 0 : Steps / 2;
        return (steps.Select(s => s.Step).Order().ElementAt(place), steps.Select(s => s.Loss).Order().ElementAt(place));
    }

    public void Dispose()
    {
        foreach (var rank in _ranks)
            rank.Dispose();
    }

    private sealed class Rank : IDisposable
    {
        private readonly Workers _workers;
        private readonly TrainingStep _step;
        private readonly Batch _batch;
        private readonly EncodedSplit? _read;
        private readonly (int Rank, int Ranks) _share;

        public Rank(
            Family family, MadeUpRows made, Strategy strategy, int capacity, int threads, EncodedSplit? read,
            (int Rank, int Ranks) share)
        {
            (_read, _share) = (read, share);
            _workers = new Workers(threads);
            _step = new TrainingStep(family, made.Space, new TrainingOptions
            {
                BatchSize = capacity,
                Optimizer = new OptimizerOptions { MaxGradientNorm = 10, EmbeddingUpdate = EmbeddingUpdate.Touched },
            }, _workers);
            _step.Store.Initialize(1, _workers);
            _step.Open(strategy.LearnsFromTeachers ? new Supervised() : strategy);
            _batch = new Batch(capacity, made.Space, truth: false);
            made.Fill(_batch);
        }

        public (double Step, double Loss)[] Run(int rows, Barrier barrier, CancellationToken cancellation)
        {
            _batch.Rows = rows;
            using var loader = _read is null ? null
                : new BatchLoader(_read, new LoaderOptions(rows * _share.Ranks, Shuffle: true) { Share = _share });
            loader?.Start(0);
            var times = new (double, double)[WarmUp + Steps];
            try
            {
                for (var i = 0; i < times.Length; i++)
                {
                    barrier.SignalAndWait(cancellation);
                    var start = Stopwatch.GetTimestamp();
                    if (loader is not null && loader.Next() is null)
                        loader.Start(i);
                    _step.Run(_batch, seed: (ulong)i, rate: 1e-4);
                    times[i] = (Stopwatch.GetElapsedTime(start, _step.Ticks.Update).TotalSeconds,
                        Stopwatch.GetElapsedTime(_step.Ticks.Forward, _step.Ticks.Loss).TotalSeconds);
                }
            }
            finally
            {
                barrier.RemoveParticipant(); // the others go on without one that failed
            }

            return times;
        }

        public void Dispose()
        {
            _batch.Dispose();
            _step.Dispose();
            _workers.Dispose();
        }
    }
}
