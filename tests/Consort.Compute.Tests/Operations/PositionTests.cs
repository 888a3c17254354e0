using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Operations;

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
