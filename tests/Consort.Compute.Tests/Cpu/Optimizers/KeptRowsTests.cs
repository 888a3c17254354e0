using System.Numerics;
using Consort.Compute.Cpu.Optimizers;
using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Cpu.Optimizers;

/// <summary>What is kept of deferred rows while some are behind: it is read, changes nothing, and goes on with the same bits.</summary>
public sealed class KeptRowsTests : IDisposable
{
    private readonly Workers _alone = new(1);

    public void Dispose() => _alone.Dispose();

    // Without a regulariser a gap is made up for by one formula, and so must not be divided: by Adam's, or by that of an average.
    public static TheoryData<string, double> Undivided => new() { { "adam", 0 }, { "adam", 0.99 }, { "sgd", 0.99 }, { "adagrad", 0.9 } };

    [Theory]
    [MemberData(nameof(Undivided))]
    public void Kept_ReadAgainAndAgain_ChangesNoBit(string rule, double average)
    {
        Check<float>(10, 5000);
        Check<double>(1, 600);

        void Check<T>(int dimension, int steps)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            using var whole = new DeferredRun<T>(OptionsOf(rule, average), dimension, true, _alone);
            using var kept = new DeferredRun<T>(OptionsOf(rule, average), dimension, true, _alone);
            whole.Train(0, steps);
            for (var step = 0; step < steps; step += 37)
            {
                kept.Train(step, Math.Min(steps, step + 37));
                Assert.NotEmpty(kept.Kept());
            }

            AssertSame(whole, kept);
        }
    }

    [Theory]
    [MemberData(nameof(Undivided))]
    public void Kept_WithRowsBehind_ResumesWithTheSameBits(string rule, double average)
    {
        Check<float>(16, [500, 900]);
        Check<float>(1, [4300, 4900]); // the history is full
        Check<double>(10, [1, 2, 300, 320, 900]);

        void Check<T>(int dimension, int[] stops)
            where T : unmanaged, IBinaryFloatingPointIeee754<T>
        {
            using var whole = new DeferredRun<T>(OptionsOf(rule, average), dimension, true, _alone);
            whole.Train(0, stops[^1]);
            var from = new DeferredRun<T>(OptionsOf(rule, average), dimension, true, _alone);
            var start = 0;
            foreach (var stop in stops)
            {
                from.Train(start, stop);
                var next = new DeferredRun<T>(OptionsOf(rule, average), dimension, true, _alone);
                next.TakeOver(from);
                from.Dispose();
                (from, start) = (next, stop);
            }

            AssertSame(whole, from);
            from.Dispose();
        }
    }

    [Theory]
    [MemberData(nameof(Undivided))]
    public void Read_RowsBehind_GivesWhatTheyWillBe(string rule, double average)
    {
        using var run = new DeferredRun<float>(OptionsOf(rule, average), 10, true, _alone);
        run.Train(0, 700);
        var table = run.Store.Embeddings[0];
        var (all, part) = (new float[DeferredRun<float>.Features * 10], new float[1234]);
        table.Read(0, all);
        table.Read(4567, part);
        Assert.Equal(average > 0 && rule != "adam", table.Standing.Span.SequenceEqual(all)); // where nothing touches a row it rests
        Assert.Equal(table.Values.Span.ToArray(), all);
        Assert.Equal(all[4567..(4567 + part.Length)], part);
    }

    [Fact]
    public void Kept_NoRowBehind_IsTheStateAlone()
    {
        using var run = new DeferredRun<float>(OptionsOf("adam", 0), 10, true, _alone);
        run.Train(0, 50);
        Assert.Contains(run.Optimizer.Kept, k => k is { Name: "deferred.row/t", IsSpare: false });
        var state = run.Optimizer.State.Select(s => s.Name);
        Assert.Equal(state, run.Optimizer.Kept.Where(k => !k.IsSpare).Select(k => k.Name));
        using var divisible = new DeferredRun<float>(
            new OptimizerOptions { EmbeddingUpdate = EmbeddingUpdate.Deferred, EmbeddingL2 = 0.1 }, 10, true, _alone);
        divisible.Train(0, 50);
        Assert.Equal(state, divisible.Optimizer.Kept.Select(k => k.Name));
    }

    private static OptimizerOptions OptionsOf(string rule, double average) => new()
    {
        EmbeddingUpdate = EmbeddingUpdate.Deferred,
        AverageDecay = average,
        MaxGradientNorm = 3,
        Rule = rule switch { "sgd" => new Sgd(), "adagrad" => new Adagrad(0.1), _ => new Adam() },
    };

    private static void AssertSame<T>(DeferredRun<T> expected, DeferredRun<T> found)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        Assert.Equal(expected.Trial.Numbers(), found.Trial.Numbers());
        foreach (var (one, other) in expected.Optimizer.State.Zip(found.Optimizer.State))
            Assert.True(one.Buffer.Span.SequenceEqual(other.Buffer.Span), one.Name);
    }
}
