using Consort.Data.Options;

namespace Consort.Models.Tests;

/// <summary>The ordinary tower: how it begins and how it is normalised.</summary>
public sealed class TowerTests
{
    [Theory]
    [InlineData("xavier_normal", 0.0790569)] // √(2 / (120 + 200))
    [InlineData("xavier_uniform", 0.0790569)]
    [InlineData("he_normal", 0.1290994)] // √(2 / 120)
    [InlineData("he_uniform", 0.1290994)]
    public void Initialise_EachInitializer_HasItsDeviation(string name, double deviation)
    {
        using var rig = new Rig<double>(Of($"hidden_units: [200], initializer: {name}"), Consort.Data.Schemas.FeatureSpace.Of([.. Enumerable.Repeat(7, 40)]), 2);
        var weights = rig.Of("member0/mlp/0/weight").ToArray(); // [200, 120]
        var mean = weights.Average();
        var measured = Math.Sqrt(weights.Average(w => (w - mean) * (w - mean)));
        Assert.InRange(measured, deviation * 0.98, deviation * 1.02);
        if (name.EndsWith("uniform", StringComparison.Ordinal))
            Assert.InRange(weights.Max(), deviation * Math.Sqrt(3) * 0.99, deviation * Math.Sqrt(3));
        else
            Assert.True(weights.Max() > deviation * 2.5);
    }

    [Theory]
    [InlineData("normal")]
    [InlineData("uniform")]
    public void Initialise_EmbeddingInitializer_HasItsDeviationAndShape(string name)
    {
        var options = EmbeddingOptions.From(OptionMap.Parse($"dimension: 8\ninitializer: {name}\ninitial_deviation: 0.02", "case"));
        using var rig = new Rig<double>(
            new Family(options, [ModelCatalogue.Create(OptionMap.Parse("model: DNN", "case"))]), Consort.Data.Schemas.FeatureSpace.Of([3000]), 2);
        var values = rig.Store.Embeddings.Single().Values.Span.ToArray().Where(v => v != 0).ToArray(); // but for padding
        Assert.InRange(Math.Sqrt(values.Average(v => v * v)), 0.0195, 0.0205);
        if (name == "uniform")
            Assert.InRange(values.Max(Math.Abs), 0.034, 0.02 * Math.Sqrt(3));
        else
            Assert.True(values.Max(Math.Abs) > 0.05);
    }

    [Fact]
    public void Mlp_LayerNorm_EqualsTheFormula()
    {
        const int Rows = 3;
        using var rig = new Rig<double>(Of("hidden_units: [6], layer_norm: true, activation: tanh"), Spaces.Mixed, Rows);
        rig.Randomise(3);
        rig.Draw(Rows, 4);
        var logits = rig.Logits(Rows);
        for (var row = 0; row < Rows; row++)
            Assert.Equal(ScalarModels.LayerNormed(rig, Spaces.Mixed, row), logits[row], 1e-12);
    }

    private static Family Of(string options) => new(
        new EmbeddingOptions { Dimension = 3, InitialDeviation = 0.1 }, [ModelCatalogue.Create(OptionMap.Parse($"{{ model: DNN, {options} }}", "case"))]);
}
