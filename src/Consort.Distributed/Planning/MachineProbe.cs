using System.Diagnostics;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Operations;
using Consort.Data.Batches;
using Consort.Data.Schemas;
using Consort.Foundation.Numbers;
using Consort.Learning.Strategies;
using Consort.Learning.Training;
using Consort.Models;

namespace Consort.Distributed.Planning;

/// <summary>Measures what a family costs on this machine, by its own training step over made-up rows, in some seconds.</summary>
/// <param name="family">The family.</param>
/// <param name="threads">At least 1.</param>
public sealed class MachineProbe(Family family, int threads)
{
    private const int Tokens = 1000; // of a field, few enough for the caches
    private const int Few = 1024, Many = 4096;
    private const int WarmUp = 4, Steps = 12;
    private const int Numbers = 1 << 25; // 128 MiB, more than caches hold
    private const int Line = 16; // numbers
    private const int Pieces = 64, Piece = Numbers / Pieces;

    /// <summary>What the family asks of a machine, told from its graph.</summary>
    /// <param name="fields">Categorical fields.</param>
    /// <param name="numbers">Numeric fields.</param>
    public TrainingDemand Demand(int fields, int numbers)
    {
        var graph = family.Build(Space(fields, numbers));
        return new TrainingDemand(
            3.0 * graph.Values.Where(v => v.Operation is not null).Sum(v => v.Operation!.FlopsPerRow([.. v.Inputs.Select(i => i.Shape)])),
            graph.Parameters.Sum(p => (double)p.Shape.Size), graph.Columns.Count, graph.Tables.Sum(t => t.Dimension),
            [.. graph.Values.Select(v => v.Operation).OfType<BatchNorm>().Select(n => n.Parameters[0].Shape.Size)], graph.Outputs.Count);
    }

    /// <summary>What this machine does.</summary>
    /// <param name="fields">Categorical fields.</param>
    /// <param name="numbers">Numeric fields.</param>
    /// <param name="strategy">How members learn; labels alone do where teachers are asked for.</param>
    /// <param name="cancellation">Stops between steps.</param>
    /// <exception cref="OperationCanceledException">The user stopped it.</exception>
    public MachineSpeed Measure(int fields, int numbers, Strategy strategy, CancellationToken cancellation)
    {
        using var workers = new Workers(threads);
        var space = Space(fields, numbers);
        var options = new TrainingOptions
        {
            BatchSize = Many,
            Optimizer = new OptimizerOptions { MaxGradientNorm = 10, EmbeddingUpdate = EmbeddingUpdate.Touched },
        };
        using var step = new TrainingStep(family, space, options, workers);
        step.Store.Initialize(1, workers);
        step.Open(strategy.LearnsFromTeachers ? new Supervised() : strategy);
        using var batch = new Batch(Many, space, truth: false);
        Fill(batch, space);
        var (few, _) = Time(step, batch, Few, cancellation);
        var (many, loss) = Time(step, batch, Many, cancellation);
        // Neighbours may have made the smaller step the longer one.
        var perRow = few < many ? (many - few) / (Many - Few) : many / Many;
        return new MachineSpeed(Math.Max(0, few - (Few * perRow)), perRow, loss / Many, Streams(workers), Lines(workers));
    }

    private static FeatureSpace Space(int fields, int numbers) => FeatureSpace.Of([.. Enumerable.Repeat(Tokens, fields)], numbers);

    private static void Fill(Batch batch, FeatureSpace space)
    {
        batch.Rows = batch.Capacity;
        var (random, draw) = (new CounterRandom(1, "rows"), 0UL);
        for (var row = 0; row < batch.Rows; row++)
        {
            var ids = batch.IdsOf(row);
            for (var column = 0; column < ids.Length; column++)
                ids[column] = space.Categorical[column].Offset + 1 + (int)(random.Uniform(draw++) * (Tokens - 1));
            foreach (ref var number in batch.NumericOf(row))
                number = (float)random.Uniform(draw++);
            batch.Labels[row] = random.Uniform(draw++) < 0.25 ? 1 : 0;
        }
    }

    // The best, for neighbours can only take time.
    private static (double Step, double Loss) Time(TrainingStep step, Batch batch, int rows, CancellationToken cancellation)
    {
        batch.Rows = rows;
        var (steps, losses) = (new List<double>(), new List<double>());
        for (var i = 0; i < WarmUp + Steps; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            step.Run(batch, seed: (ulong)i, rate: 1e-4);
            if (i < WarmUp)
                continue;
            steps.Add(Stopwatch.GetElapsedTime(step.Ticks.Start, step.Ticks.Update).TotalSeconds);
            losses.Add(Stopwatch.GetElapsedTime(step.Ticks.Forward, step.Ticks.Loss).TotalSeconds);
        }

        return (steps.Min(), losses.Min());
    }

    private static double Streams(Workers workers)
    {
        using NativeBuffer<float> source = new(Numbers), target = new(Numbers);
        return 2.0 * sizeof(float) * Numbers / Best(workers, new CopyJob(source, target));
    }

    private static double Lines(Workers workers)
    {
        using var memory = new NativeBuffer<float>(Numbers);
        return (double)sizeof(float) * Numbers / Best(workers, new LineJob(memory));
    }

    private static double Best(Workers workers, IParallelJob job)
    {
        var best = double.PositiveInfinity;
        for (var i = 0; i < 5; i++)
        {
            var start = Stopwatch.GetTimestamp();
            workers.Run(job, Pieces);
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return best;
    }

    private sealed class CopyJob(NativeBuffer<float> source, NativeBuffer<float> target) : IParallelJob
    {
        public void Run(int index, int worker) =>
            source.Slice((long)index * Piece, Piece).CopyTo(target.Slice((long)index * Piece, Piece));
    }

    private sealed class LineJob(NativeBuffer<float> memory) : IParallelJob
    {
        private readonly float[] _sums = new float[Pieces];

        public void Run(int index, int worker)
        {
            var all = memory.Span;
            var (place, sum) = ((uint)index * 2654435761u, 0f);
            for (var i = 0; i < Piece / Line; i++)
            {
                place = (place * 1664525u) + 1013904223u;
                sum += all[(int)(place >> 11) * Line];
            }

            _sums[index] = sum;
        }
    }
}
