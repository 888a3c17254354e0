using Consort.Compute.Cpu.Optimizers;

namespace Consort.Models.Tests.Executors;

/// <summary>
/// The seam for other executors (docs/executors.md): the whole zoo, trained by one that shares no line with ours, comes to the same
/// weights.
/// </summary>
public sealed class ExecutorTests
{
    private const int Rows = 20;
    private const int Steps = 6;
    private const double Rate = 0.05;

    private const string Begin = "<!-- operations -->\n", End = "<!-- end -->";

    public static TheoryData<string> Names => [.. ModelCatalogue.Entries.Select(e => e.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Train_ANaiveExecutor_ComesToTheSameWeights(string name)
    {
        var model = ModelCase.Of(name);
        foreach (var space in new[] { Spaces.For(name, "mixed"), Spaces.Lists })
        {
            using var rig = new Rig<double>(model.Family(members: 2), space, Rows);
            rig.Randomise(3, 0.3);
            rig.Draw(Rows, 4);
            var naive = new NaiveExecutor(rig.Graph, p => rig.Of(p.Name).ToArray(), t => rig.Of(t.Name).ToArray());
            var batch = new NaiveBatch(rig.Ids, rig.Numeric, rig.Lists, Rows);
            naive.Forward(batch); // reads the weights to begin with
            var before = naive.Weights.ToDictionary(w => w.Key, w => w.Value.Data.ToArray());
            rig.Rule = new Sgd();
            var losses = new List<double>();
            for (ulong step = 0; step < Steps; step++)
            {
                losses.Add(rig.Train(Rows, step, Rate));
                Assert.Equal(losses[^1], naive.Train(batch, rig.Labels, Rate), 1e-6 * losses[^1]);
            }

            Assert.True(losses[^1] < losses[0], $"{name}: {losses[0]} did not fall, {losses[^1]}");
            foreach (var (weight, tensor) in naive.Weights)
            {
                var own = rig.Of(weight);
                for (var i = 0; i < own.Length; i++)
                    Assert.True(Math.Abs(own[i] - tensor.Data[i]) < 1e-6 * (1 + Math.Abs(own[i])),
                        $"{name}, {weight}[{i}]: {own[i]:R}, the naive executor {tensor.Data[i]:R}");
            }

            Assert.Contains(naive.Weights, w => !w.Value.Data.AsSpan().SequenceEqual(before[w.Key]));
        }
    }

    // CONSORT_RENEW=1 writes the table anew.
    [Fact]
    public void Page_TableOfOperations_IsThatOfTheZoo()
    {
        var list = new OperatorList();
        foreach (var model in ModelCase.All)
            foreach (var regularised in new[] { false, true })
                foreach (var space in new[] { Spaces.For(model.Name, "mixed"), Spaces.Lists })
                    list.Add(model.Family(regularised).Build(space));
        var table = "| operation | is written with |\n|---|---|\n" + string.Concat(list.Operators.Select(
            o => $"| `{o.Key}` | {(o.Value.Count > 0 ? string.Join(", ", o.Value) : "its first input, or nothing: see below")} |\n"));

        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Consort.slnx")))
            folder = folder.Parent!;
        var page = Path.Combine(folder.FullName, "docs", "executors.md");
        var text = File.ReadAllText(page);
        var (first, end) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var renewed = text[..first] + table + text[end..];
        if (Environment.GetEnvironmentVariable("CONSORT_RENEW") == "1")
            File.WriteAllText(page, renewed);
        else
            Assert.True(text == renewed, $"{page} does not list what the zoo is made of; run this test with CONSORT_RENEW=1");
    }
}
