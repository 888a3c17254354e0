using Consort.Foundation.Options;
using Consort.Models.Embeddings;

namespace Consort.Models.Tests;

/// <summary>Several sets of embeddings, each with an interaction of its own, below one tower.</summary>
public sealed class EmbeddingSetTests
{
    private const int Rows = 5;

    [Theory]
    [InlineData("mixed")]
    [InlineData("numeric")]
    public void Forward_ThreeSets_IsTheTowerOverTheMeanOfTheirCrossNetworks(string space)
    {
        using var rig = new Rig<double>(Of("structure: stacked, hidden_units: [16, 5]", 3), Spaces.Named(space), Rows);
        rig.Randomise(7);
        rig.Draw(Rows, 8);
        var logits = rig.Logits(Rows);
        for (var row = 0; row < Rows; row++)
            Assert.Equal(ScalarModels.OfSets(rig, Spaces.Named(space), row, 3), logits[row], 1e-12);
    }

    [Fact]
    public void Build_Sets_AddTablesAndCrossNetworksAlone()
    {
        var (one, three) = (Of("structure: stacked", 1).Build(Spaces.Categorical), Of("structure: stacked", 3).Build(Spaces.Categorical));
        const int Width = 3 * 3;
        var set = (Spaces.Categorical.Features * 3) + (2 * Width * (Width + 1));
        Assert.Equal(one.ParameterCount + (2 * set), three.ParameterCount);
        Assert.Equal(["shared/embedding", "member0/set1/embedding", "member0/set2/embedding"], three.Tables.Select(t => t.Name));
        // What was trained before there were sets has the names it had.
        Assert.Equal(one.Parameters.Select(p => p.Name), three.Parameters.Select(p => p.Name).Where(n => !n.Contains("/set", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("parallel")]
    [InlineData("stacked_parallel")]
    public void Create_SetsBesideATower_SaysWhereTheyMayStand(string structure)
    {
        var e = Assert.Throws<ConsortException>(() =>
            ModelCatalogue.Create(OptionMap.Parse($"model: DCNv2\nstructure: {structure}\nembedding_sets: 2", "exp.yaml")));
        Assert.Equal(
            "exp.yaml:3, key embedding_sets: found 2 with a tower beside the cross network, expected structure stacked or crossnet_only",
            e.Message);
    }

    private static Family Of(string options, int sets) => new(
        new EmbeddingOptions { Dimension = 3, InitialDeviation = 0.1 },
        [ModelCatalogue.Create(OptionMap.Parse($"{{ model: DCNv2, cross_layers: 2, {options}, embedding_sets: {sets} }}", "case"))]);
}
