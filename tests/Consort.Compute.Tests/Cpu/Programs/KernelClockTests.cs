using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Cpu.Programs;

public sealed class KernelClockTests
{
    private const int Rows = 33;

    [Fact]
    public void Clock_OfAProgram_TimesOperationsWithinPassesAndChangesNothing()
    {
        using var workers = new Workers(2);
        var graph = SmallFamily.Build(10);
        using var plain = new Trial<float>(graph, Rows, workers);
        using var timed = new Trial<float>(graph, Rows, workers);
        var clock = new KernelClock(graph);
        timed.Program.Clock = clock;
        Run(plain);
        Run(timed);

        Assert.True(plain.Store.DenseGradients.Span.SequenceEqual(timed.Store.DenseGradients.Span));
        Assert.True(Sum(clock.Forward) > 0 && Sum(clock.Forward) <= clock.ForwardPass);
        Assert.True(clock.RowGradients > 0);
        Assert.True(Sum(clock.Backward) > 0 && Sum(clock.Backward) <= clock.BackwardPass);
        Assert.True(Sum(clock.Forward) + Sum(clock.Backward) + clock.RowGradients <= clock.ForwardPass + clock.BackwardPass);
        Assert.Equal(0, clock.Forward[graph.Numeric!.Index]);

        var before = clock.ForwardPass;
        timed.Program.Clock = null;
        Run(timed);
        Assert.Equal(before, clock.ForwardPass);
        clock.Clear();
        Assert.Equal(0, Sum(clock.Forward) + Sum(clock.Backward) + clock.RowGradients + clock.ForwardPass + clock.BackwardPass);
    }

    [Fact]
    public void Serial_WithTheClockOfTheWorkers_IsWhatNoJobShares()
    {
        using var workers = new Workers(1);
        var graph = SmallFamily.Build(10);
        using var trial = new Trial<float>(graph, 700, workers);
        var work = new WorkClock();
        var clock = new KernelClock(graph, work);
        (trial.Program.Clock, workers.Clock) = (clock, work);
        trial.Draw(700, seed: 3);
        trial.Forward(700);
        trial.Backward(700, seed: 4);

        var (serial, all) = (Sum(clock.Serial), Sum(clock.Forward) + Sum(clock.Backward));
        Assert.InRange(serial, 1, all - 1);
        Assert.InRange(clock.SerialRowGradients, 0, clock.RowGradients - 1);
        // All that was shared was shared in an operation, in finding rows, or around them within the passes.
        Assert.True(all - serial + clock.RowGradients - clock.SerialRowGradients <= work.Shared);
        Assert.Equal(work.Shared, work.SharedBetween(0, long.MaxValue));
        Assert.Equal(0, work.SharedBetween(0, 1));
        clock.Clear();
        Assert.Equal(0, Sum(clock.Serial) + clock.SerialRowGradients);
    }

    private static void Run(Trial<float> trial)
    {
        trial.Draw(Rows, seed: 3);
        trial.Forward(Rows);
        trial.Backward(Rows, seed: 4);
    }

    private static long Sum(ReadOnlySpan<long> ticks)
    {
        var sum = 0L;
        foreach (var value in ticks)
            sum += value;
        return sum;
    }
}
