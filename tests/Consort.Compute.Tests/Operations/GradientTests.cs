using Consort.Compute.Cpu.Threads;

namespace Consort.Compute.Tests.Operations;

public sealed class GradientTests
{
    // Rows around the chunks of 128, widths around the vectors.
    private static readonly (int Rows, int Fields, int Dimension)[] Sizes =
        [(1, 1, 1), (1, 2, 10), (3, 2, 3), (3, 7, 17), (129, 7, 10), (129, 1, 1), (257, 2, 17), (257, 7, 3)];

    public static TheoryData<string> Names() => [.. OperationGraphs.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_WhileTraining_EqualsFiniteDifferences(string name)
    {
        foreach (var (rows, fields, dimension) in Sizes)
        {
            var graph = OperationGraphs.All[name](fields, dimension);
            // The batch's own statistics of one row leave nothing; of three, next to nothing, so differences are coarse.
            var hasNorm = graph.Values.Any(v => v.Operation is Consort.Compute.Operations.BatchNorm);
            if (!hasNorm || rows > 1)
                GradientCheck.Run(graph, hasNorm && rows == 3 ? 8 : rows, tolerance: hasNorm ? 1e-5 : 1e-6);
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Backward_WhileScoring_EqualsFiniteDifferences(string name)
    {
        foreach (var (rows, fields, dimension) in Sizes)
            GradientCheck.Run(OperationGraphs.All[name](fields, dimension), rows, isTraining: false);
    }

    public static TheoryData<string> NormNames() => [.. OperationGraphs.All.Where(g => HasNorm(g.Value(7, 10))).Select(g => g.Key)];

    [Theory]
    [MemberData(nameof(NormNames))]
    public void Backward_ByRunningStatistics_EqualsFiniteDifferences(string name)
    {
        foreach (var (rows, fields, dimension) in Sizes)
            GradientCheck.Run(OperationGraphs.All[name](fields, dimension), rows, keepsStatistics: true);
    }

    [Theory]
    [MemberData(nameof(NormNames))]
    public void Forward_ByRunningStatistics_LeavesThemAsTheyAre(string name)
    {
        using var workers = new Workers(2);
        var graph = OperationGraphs.All[name](3, 5);
        using var trial = new Trial<double>(graph, 130, workers) { Program = { Dropout = 0 } };
        trial.Draw(130, 1);
        trial.Forward(130, isTraining: false);
        double[] scored = [.. trial.Program.Logits(0)], before = Statistics();
        trial.Program.KeepsStatistics = true;
        Assert.True(trial.Program.TrainsAsItScores);
        trial.Forward(130, isTraining: true);
        Assert.Equal(scored, trial.Program.Logits(0).ToArray());
        Assert.Equal(before, Statistics());
        trial.Program.KeepsStatistics = false;
        Assert.False(trial.Program.TrainsAsItScores);

        // With follow they go the share of the way to those of the batch that the momentum says.
        trial.Forward(130, isTraining: true);
        var byTenth = Statistics();
        trial.Forward(130, isTraining: true);
        Assert.NotEqual(before, byTenth);
        trial.Program.Momentum = 0;
        var still = Statistics();
        trial.Forward(130, isTraining: true);
        Assert.Equal(still, Statistics());
        trial.Program.Momentum = 1;
        trial.Forward(130, isTraining: true);
        var batch = Statistics();
        Assert.All(before.Zip(byTenth, batch), s => Assert.Equal((0.9 * s.First) + (0.1 * s.Third), s.Second, 1e-12));

        double[] Statistics() => [.. trial.Store.Slots.Where(s => !s.Parameter.IsTrained).SelectMany(s => trial.Store.Values(s.Parameter).ToArray())];
    }

    private static bool HasNorm(Consort.Compute.Graphs.Graph graph) =>
        graph.Values.Any(v => v.Operation is Consort.Compute.Operations.BatchNorm);
}
