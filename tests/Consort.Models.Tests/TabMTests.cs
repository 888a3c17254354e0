using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Compute.Rewrites;
using Consort.Models.Embeddings;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Models.Tests;

/// <summary>Members that share a tower, together.</summary>
public sealed class TabMTests
{
    private const int Rows = 5;

    [Theory]
    [InlineData(FirstAdapter.Input, true)]
    [InlineData(FirstAdapter.Input, false)]
    [InlineData(FirstAdapter.Field, true)]
    [InlineData(FirstAdapter.Field, false)]
    public void Forward_EveryMember_EqualsTheFormulaWithTheCommonWeights(FirstAdapter adapter, bool shared)
    {
        using var rig = new Rig<double>(Of(3, adapter, shared), Spaces.Mixed, Rows);
        rig.Randomise(7);
        rig.Draw(Rows, 8);
        rig.Logits(Rows);
        for (var member = 0; member < 3; member++)
            for (var row = 0; row < Rows; row++)
            {
                var embeddings = ScalarModels.RowEmbeddings(rig, Spaces.Mixed, row, shared ? "shared" : $"member{member}");
                Assert.Equal(
                    ScalarModels.Adapted(rig, embeddings, regularised: false, adapter == FirstAdapter.Field, member, "common0"),
                    rig.Program.Logits(member)[row], 1e-12);
            }
    }

    [Fact]
    public void Build_FieldAdapterOnOneTable_MakesTheProductsOnce()
    {
        Assert.Single(Of(4, FirstAdapter.Field, shared: true).Build(Spaces.Mixed).Values, v => v.Operation is ExpertLinear);
        Assert.Equal(4, Of(4, FirstAdapter.Field, shared: false).Build(Spaces.Mixed).Values.Count(v => v.Operation is ExpertLinear));
    }

    [Fact]
    public void Build_NumericColumnsAsTheyAre_AreOneMoreField()
    {
        var family = Of(2, FirstAdapter.Field, shared: true);
        family = family with { Embeddings = family.Embeddings with { Numeric = NumericInput.Dense } };
        using var rig = new Rig<double>(family, Spaces.Mixed, Rows);
        rig.Randomise(3);
        rig.Draw(Rows, 4);
        Assert.Equal(4, rig.Of("member1/mlp/0/in").Length);
        Assert.InRange(Gradients.LargestError(rig, Rows), 0, 1e-6);
    }

    [Fact]
    public void Initialize_FirstAdapters_AreSignsThatAFieldHasTogether()
    {
        using var rig = new Rig<double>(Of(8, FirstAdapter.Input, shared: true), Spaces.Categorical, Rows);
        double[][] signs = [.. Enumerable.Range(0, 8).Select(m => rig.Of($"member{m}/mlp/0/in/0").ToArray())];
        Assert.All(signs, s => Assert.All(s, r => Assert.Equal(1, Math.Abs(r))));
        Assert.All(signs, s => Assert.All(s.Chunk(3), field => Assert.Single(field.Distinct())));
        Assert.True(signs.Select(s => string.Concat(s.Select(r => r > 0 ? '+' : '-'))).Distinct().Count() > 2);
        foreach (var name in new[] { "0/out", "1/in", "1/out" })
            Assert.All(rig.Of($"member5/mlp/{name}").ToArray(), one => Assert.Equal(1, one));
        var weight = rig.Of("common0/mlp/0/weight").ToArray();
        Assert.InRange(weight.Max(Math.Abs), 0.8 / 3, 1.0 / 3); // ±1/√9
    }

    [Fact]
    public void Build_MembersThatDiffer_ShareWithTheirEqualsAlone()
    {
        var (narrow, wide) = (Model(FirstAdapter.Input), Model(FirstAdapter.Input) with { Mlp = new MlpOptions { HiddenUnits = [9] } });
        var alone = new Dnn(new MlpOptions { HiddenUnits = [4] });
        var graph = new Family(Embeddings(true), [narrow, alone, wide, alone, narrow, wide, narrow]).Build(Spaces.Categorical);
        var common = graph.Parameters.Where(p => p.Member < 0).Select(p => p.Name.Split('/')[0]).Distinct();
        Assert.Equal(["common0", "common2"], common);
        Assert.Equal(2 * 2, graph.Parameters.Count(p => p.Name.StartsWith("member1/", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void SharesWeights_OfAFamily_IsWhetherEqualsAreInIt(int members, bool expected) =>
        Assert.Equal(expected, Of(members, FirstAdapter.Input, shared: false).SharesWeights);

    [Fact]
    public void SharesWeights_OfTheCatalogue_IsWhetherPeersHaveCommonParameters()
    {
        foreach (var entry in ModelCatalogue.Entries)
        {
            var model = ModelCase.Of(entry.Name).Model();
            var graph = new Family(Embeddings(shared: false), [model, model]).Build(Spaces.For(entry.Name, "mixed"));
            Assert.Equal(graph.Parameters.Any(p => p.Member < 0), model.SharesWeights);
        }
    }

    [Fact]
    public void Build_Mini_HasOneAdapterAMember()
    {
        var graph = new Family(Embeddings(true), [.. Enumerable.Repeat(Model(FirstAdapter.Input) with { IsMini = true }, 2)])
            .Build(Spaces.Categorical);
        Assert.Equal(["member1/mlp/0/in/0", "member1/output/weight", "member1/output/bias"],
            graph.Parameters.Where(p => p.Member == 1).Select(p => p.Name));
    }

    [Fact]
    public void Reach_OfOneMember_IsTheCommonWeightsAndItsOwn()
    {
        var graph = Of(4, FirstAdapter.Field, shared: true).Build(Spaces.Mixed);
        var scopes = GraphReach.Of(graph, [2]).Parameters.Select(p => p.Name.Split('/')[0]).Distinct().Order();
        Assert.Equal(["common0", "member2", "shared"], scopes);
        Assert.Single(InferenceGraph.Of(graph, [2]).Graph.Values, v => v.Operation is WeightedFields);
    }

    private static TabM Model(FirstAdapter adapter) =>
        new(new MlpOptions { HiddenUnits = [16, 5], Initializer = WeightInitializer.FanInUniform }) { Adapter = adapter };

    private static EmbeddingOptions Embeddings(bool shared) => new() { Dimension = 3, Shared = shared, InitialDeviation = 0.1 };

    private static Family Of(int members, FirstAdapter adapter, bool shared) =>
        new(Embeddings(shared), [.. Enumerable.Repeat(Model(adapter), members)]);
}
