using System.Globalization;
using Consort.Models;
using Consort.Studies;
using Consort.Studies.Recipes;
using Consort.Studies.Recipes.Measures;
using Consort.Studies.Recipes.Mutual;
using Consort.Studies.Recipes.Plans;

namespace Consort.Experiments.Tests.Recipes;

/// <summary>Replicates of a table have no run in common, and sizes are made or refused, never left out.</summary>
public sealed class ReplicateTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _experiment;

    public ReplicateTests()
    {
        foreach (var name in new[] { "train.csv", "valid.csv", "test.csv" })
            _folder.File(name, "label,a\n1,x\n0,y\n");
        _folder.File("schema.yaml", "delimiter: comma\nheader: true\nfields:\n  - { name: label, kind: label }\n  - { name: a, kind: categorical }\n");
        _experiment = _folder.File("tiny.yaml", """
            data: { schema: schema.yaml, train: train.csv, valid: valid.csv, test: test.csv }
            embedding: { dimension: 4 }
            members: [{ model: DNN, hidden_units: [8] }]
            training: { batch_size: 64, epochs: 1 }
            """);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Seed_AnyMembersAndReplicates_AreAllDifferent()
    {
        var seeds = Enumerable.Range(0, 100).SelectMany(r => Enumerable.Range(0, Family.MaxMembers).Select(m => RunPlan.Seed(r, m)))
            .ToArray();
        Assert.Equal(seeds.Length, seeds.Distinct().Count());
        // What was run before is the same run still.
        Assert.Equal([2021UL, 2030UL, 2031UL, 2045UL], [RunPlan.Seed(0, 0), RunPlan.Seed(0, 9), RunPlan.Seed(1, 0), RunPlan.Seed(2, 4)]);
    }

    [Theory]
    [InlineData("mutual/table1", 12, "DCN")]
    [InlineData("mutual/table4", 12, "DCN")]
    [InlineData("strategies/all", 12, "DCN")]
    [InlineData("mutual/table1", Family.MaxMembers, "DCN")]
    public void Plan_MoreThanTenMembers_TrainsEachOfEachReplicate(string name, int size, string model)
    {
        var recipe = Find(name);
        var plan = recipe.Plan(Request(3) with { Members = [size], Only = model });
        var alone = plan.Where(r => r.Name.StartsWith($"{model}-independent-seed", StringComparison.Ordinal)).ToArray();
        Assert.Equal(3 * size, alone.Length);
        Assert.Equal(3 * size, alone.Select(r => r.Seed).Distinct().Count());
        // Each family starts from runs that no other replicate has.
        foreach (var family in plan.Where(r => r.After.Count == size).GroupBy(r => r.Row))
            Assert.Equal(3 * size, family.SelectMany(r => r.After).Distinct().Count());
        Assert.Contains(plan, r => r.After.Count == size);
    }

    [Theory]
    [InlineData("bars/frappe_x1")]
    [InlineData("mutual/table1")]
    [InlineData("mutual/table2")]
    [InlineData("mutual/table3")]
    [InlineData("mutual/table4")]
    [InlineData("kdef/scaling")]
    [InlineData("kdef/mixed")]
    [InlineData("kdef/ablation")]
    [InlineData("strategies/all")]
    [InlineData("kd/bridge")]
    public void Plan_OfEachRecipe_HasAsManyRunsAReplicateWhateverTheirNumber(string name)
    {
        var recipe = Find(name);
        var (one, five) = (recipe.Plan(Request(1)), recipe.Plan(Request(5)));
        Assert.Equal(5 * one.Count, five.Count);
        Assert.Equal(five.Count, five.Select(r => (r.Row, r.Seed)).Distinct().Count());
        Assert.Equal(one.Select(r => r.Name), five.Select(r => r.Name).Intersect(one.Select(r => r.Name)));
    }

    [Fact]
    public void Plan_MutualTable4_HasARowForEachSize()
    {
        var plan = Find("mutual/table4").Plan(Request(1) with { Members = [2, 11, 16], Only = "DCN" });
        Assert.Equal([2, 11, 16], plan.Where(r => r.After.Count > 0).Select(r => r.After.Count));
    }

    [Theory]
    [InlineData("mutual/table1", "2,4", "--members: found 2,4 with mutual/table1, expected one number")]
    [InlineData("mutual/table1", "1", "--members: found 1 with mutual/table1, expected 2 to 64")]
    [InlineData("mutual/table4", "1,2", "--members: found 1 with mutual/table4, expected 2 to 64")]
    [InlineData("mutual/table4", "65", "--members: found 65 with mutual/table4, expected 2 to 64")]
    [InlineData("kdef/ablation", "1,4", "--members: found 1 with kdef/ablation, expected 2 to 64")]
    [InlineData("strategies/all", "2,3", "--members: found 2,3 with strategies/all, expected one number")]
    [InlineData("strategies/all", "1", "--members: found 1 with strategies/all, expected 2 to 64")]
    public void Run_NumbersOfMembersWithoutARow_AreRefused(string name, string members, string message)
    {
        var request = Request(1) with { Members = [.. members.Split(',').Select(m => int.Parse(m, CultureInfo.InvariantCulture))] };
        Assert.Equal(message, Assert.Throws<ConsortException>(() => RecipeRunner.Run(Find(name), request, 1, null, default)).Message);
    }

    [Fact]
    public void Pool_SeveralRows_CountsAReplicateOnce()
    {
        var first = Row("first", (0, 0.70), (1, 0.72));
        var second = Row("second", (0, 0.80), (1, 0.84), (2, 0.90));
        var pool = MutualRecipe.Pool([first, second]);
        Assert.Equal([0, 1], pool.Seeds.Keys.Order());
        Assert.Equal([0.75, 0.78], pool.Over(m => m.MeanMemberAuc).Values, (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void LargerInAll_ModelsThatDiffer_HaveAnErrorOfModels()
    {
        var rows = new Dictionary<string, FamilyRow>
        {
            ["a+"] = Row("a+", (0, 0.71), (1, 0.73)),
            ["a"] = Row("a", (0, 0.70), (1, 0.71)),
            ["b+"] = Row("b+", (0, 0.80), (1, 0.81)),
            ["b"] = Row("b", (0, 0.80), (1, 0.80)),
        };
        var claim = Assert.Single(MutualRecipe.LargerInAll(rows, "all", [("a+", "a"), ("b+", "b")]));
        // Replicates: .005, .015; models: .015, .005.
        Assert.Equal((0.01, 0.01), (claim.Seeds!.Difference, claim.Models!.Difference), (x, y) =>
            Math.Abs(x.Item1 - y.Item1) + Math.Abs(x.Item2 - y.Item2) < 1e-12);
        Assert.Equal(0.005, claim.Models.StandardError, 1e-12);
        Assert.Equal(0.005 * Math.Sqrt(2), claim.Joint!.StandardError, 1e-12);
        Assert.Equal(2, claim.Joint.Degrees, 1e-9);
        rows["b"] = Row("b", (0, 0.80)); // one replicate in common: nothing over replicates
        Assert.Null(Assert.Single(MutualRecipe.LargerInAll(rows, "all", [("a+", "a"), ("b+", "b")])).Joint);
    }

    private RecipeRequest Request(int seeds) => new(_experiment, seeds, null, _folder.At("out"));

    private static Recipe Find(string name) => RecipeCatalogue.Default.Entries.First(r => r.Name == name);

    private static FamilyRow Row(string name, params (int Replicate, double Auc)[] seeds) => new(name, seeds.ToDictionary(
        s => s.Replicate, s => new Measured(name, 0, 0, [s.Auc - 0.01, s.Auc + 0.01], [], 0,
            () => throw new InvalidOperationException(), 0, 0)));
}
