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
}
