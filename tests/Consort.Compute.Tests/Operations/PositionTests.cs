using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Operations;
using Consort.Compute.Rewrites;

namespace Consort.Compute.Tests.Operations;

/// <summary>Operations on the positions of histories: gradients, and batches in which nobody has a history.</summary>
public sealed class PositionTests
{
    public static TheoryData<string> Names => [.. PositionGraphs.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_OfPositions_EqualsFiniteDifferences(string name)
    {
        foreach (var (rows, dimension) in ((int, int)[])[(1, 1), (3, 10), (40, 17), (133, 3)])
        {
            var graph = PositionGraphs.All[name](dimension);
            var hasNorm = graph.Values.Any(v => v.Operation is BatchNorm);
            // The batch's own statistics of next to no rows leave nothing to differ.
            if (!hasNorm || rows > 3)
                GradientCheck.Run(graph, rows, tolerance: hasNorm ? 1e-5 : 1e-6);
            GradientCheck.Run(graph, rows, isTraining: false);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fused_OfPositions_GivesTheSameNumbers(string name)
    {
        var graph = PositionGraphs.All[name](8);
        using var workers = new Workers(2);
        using var plain = new Trial<double>(graph, 133, workers);
        using var fused = new Trial<double>(ProcessorFusion.Of(graph), 133, workers);
        foreach (var trial in (Trial<double>[])[plain, fused])
        {
            trial.Draw(133, 1);
            trial.Forward(133, isTraining: false);
            trial.Backward(133, 2);
        }

        Assert.All(plain.Program.Logits(0).ToArray().Zip(fused.Program.Logits(0).ToArray()), z => Assert.Equal(z.First, z.Second, 1e-11));
        Assert.All(plain.Store.DenseGradients.Span.ToArray().Zip(fused.Store.DenseGradients.Span.ToArray()),
            g => Assert.Equal(g.First, g.Second, 1e-9));
        Assert.All(plain.TableGradient(plain.Store.Embeddings[0]).Zip(fused.TableGradient(fused.Store.Embeddings[0])),
            g => Assert.Equal(g.First, g.Second, 1e-9));
    }

    [Fact]
    public void Of_AnAttentionUnit_IsOneOperation()
    {
        var fused = ProcessorFusion.Of(PositionGraphs.All["attention of DIN over long histories"](4));
        Assert.DoesNotContain(fused.Values, v => v.Operation is Activate { Function: Activation.Relu });
        var unit = Assert.IsType<TargetLinear>(Assert.Single(fused.Values, v => v.Operation is TargetLinear).Operation);
        Assert.Equal([true, false], unit.Next.Select(l => l.Relu));
    }

    [Fact]
    public void Of_ColumnsOfAHistorySideBySide_IsOneLookUp()
    {
        var fused = ProcessorFusion.Of(PositionGraphs.All["two columns side by side"](4));
        Assert.Equal([1, 3], Assert.IsType<EmbedPositions>(Assert.Single(fused.Values, v => v.Operation is EmbedPositions).Operation).Columns);
        Assert.DoesNotContain(fused.Values, v => v is { Operation: Concat, At: not null });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Step_OnAnyNumberOfThreads_GivesTheSameBits(string name)
    {
        var graph = ProcessorFusion.Of(PositionGraphs.All[name](16));
        var all = ((int[])[1, 3]).Select(threads =>
        {
            using var workers = new Workers(threads);
            using var trial = new Trial<float>(graph, 133, workers);
            trial.Draw(133, 1);
            trial.Forward(133);
            trial.Backward(133, 2);
            var table = trial.TableGradient(trial.Store.Embeddings[0]);
            return (trial.Program.Logits(0).ToArray(), trial.Store.DenseGradients.Span.ToArray(), table);
        }).ToArray();
        Assert.Equal(all[0].Item1, all[1].Item1);
        Assert.Equal(all[0].Item2, all[1].Item2);
        Assert.Equal(all[0].Item3, all[1].Item3);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Step_WithoutAnyHistory_IsFinite(string name)
    {
        const int Rows = 5;
        var graph = PositionGraphs.All[name](4);
        using var workers = new Workers(2);
        using var trial = new Trial<double>(graph, 2 * Rows, workers);
        trial.Draw(2 * Rows, 1);
        trial.Forward(2 * Rows);
        trial.Backward(2 * Rows, 1);
        var ids = trial.Ids.ToArray();
        for (var row = 0; row < Rows; row++)
            (ids[(4 * row) + 1], ids[(4 * row) + 3]) = (0, 0);
        trial.Program.Forward(ids, trial.Numeric, new Step(Rows, isTraining: true), [0]);
        for (var row = 0; row < Rows; row++)
            trial.Program.LogitGradients(0)[row] = 1;
        trial.Program.Backward();
        Assert.All(trial.Program.Logits(0).ToArray(), z => Assert.True(double.IsFinite(z)));
        Assert.All(trial.Store.DenseGradients.Span.ToArray(), g => Assert.True(double.IsFinite(g)));
        Assert.All(trial.TableGradient(trial.Store.Embeddings[0]), g => Assert.True(double.IsFinite(g)));
    }
}
