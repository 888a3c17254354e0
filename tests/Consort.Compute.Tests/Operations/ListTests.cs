using Consort.Compute.Cpu.Programs;
using Consort.Compute.Cpu.Threads;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Tests.Operations;

/// <summary>Columns that are lists: pooled look-ups against the plainest form of their formula, and their gradients.</summary>
public sealed class ListTests
{
    private static readonly (int Rows, int Dimension)[] Sizes = [(1, 1), (3, 10), (129, 17), (257, 3)];

    public static TheoryData<string> Kinds => [.. ListGraphs.Kinds.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Backward_OfLists_EqualsFiniteDifferences(string kind)
    {
        foreach (var (rows, dimension) in Sizes)
            GradientCheck.Run(ListGraphs.Make(ListGraphs.Kinds[kind], dimension), rows);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Embed_OfLists_IsTheFormula(string name)
    {
        foreach (var (rows, dimension) in Sizes)
        {
            var kind = ListGraphs.Kinds[name];
            IdRange[] columns = [new(0, 40) { List = kind }, new(40, 3)];
            var graph = new Graph(columns, 0);
            var table = graph.Add(new Table("t", 43, dimension, Initializer.Normal(1)));
            var embedded = graph.Apply(new Embed(table, 0, 2));
            var flat = graph.Apply(new Reshape(new Shape(2 * dimension)), embedded);
            graph.AddOutput(graph.Apply(new Linear(
                graph.Add(new Parameter("o", new Shape(1, 2 * dimension), Initializer.One)), null), flat));
            using var workers = new Workers(2);
            using var trial = new Trial<double>(graph, rows, workers);
            trial.Draw(rows, 3);
            trial.Forward(rows);
            var values = trial.Store.Embeddings[0].Values;
            var found = trial.Program.Activations(embedded);
            for (var row = 0; row < rows; row++)
                for (var d = 0; d < dimension; d++)
                {
                    var list = trial.Lists[trial.Ids[2 * row]..];
                    var ids = list.Slice(1, list[0]).ToArray();
                    var weights = ids.Select((_, i) => kind.IsWeighted
                        ? (double)BitConverter.Int32BitsToSingle(trial.Lists[trial.Ids[2 * row] + 1 + ids.Length + i]) : 1).ToArray();
                    var numbers = ids.Select(id => values[((long)id * dimension) + d]).ToArray();
                    Assert.Equal(Pool(kind, numbers, weights), found[(row * 2 * dimension) + d], 1e-12);
                }
        }
    }

    [Fact]
    public void Forward_AListThatIsNone_IsRefused()
    {
        var graph = ListGraphs.Make(new IdList(5), 3);
        using var workers = new Workers(1);
        using var trial = new Trial<float>(graph, 2, workers);
        trial.Draw(2, 1);
        foreach (var place in (int[])[-1, trial.Lists.Length, int.MaxValue])
        {
            var ids = trial.Ids.ToArray();
            ids[6] = place;
            Assert.Throws<ArgumentException>(() => trial.Program.Forward(ids, trial.Numeric, new Step(2, isTraining: false), trial.Lists));
        }

        var lists = trial.Lists.ToArray();
        lists[trial.Ids[1]] = 6; // more ids than there may be
        Assert.Throws<ArgumentException>(() => trial.Program.Forward(trial.Ids, trial.Numeric, new Step(2, isTraining: false), lists));
    }

    [Fact]
    public void Step_OfLists_AllocatesNothing()
    {
        var graph = ListGraphs.Make(new IdList(5, Pooling.Mean, IsWeighted: true), 8);
        using var workers = new Workers(1);
        using var trial = new Trial<float>(graph, 64, workers);
        trial.Draw(64, 1);
        for (var i = 0; i < 3; i++)
            Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Run()
        {
            trial.Forward(64);
            trial.Backward(64, 1);
        }
    }

    private static double Pool(IdList kind, double[] numbers, double[] weights) => kind.Pooling switch
    {
        _ when numbers.Length == 0 => 0,
        Pooling.Max => numbers.Max(),
        Pooling.Sum => numbers.Zip(weights, (x, w) => x * w).Sum(),
        _ => weights.Sum() == 0 ? 0 : numbers.Zip(weights, (x, w) => x * w).Sum() / weights.Sum(),
    };
}
