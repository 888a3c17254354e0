using Consort.Foundation.Options;
using Consort.Models.Embeddings;

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
        using var rig = new Rig<double>(Of($"hidden_units: [200], initializer: {name}"),
            Consort.Data.Schemas.FeatureSpace.Of([.. Enumerable.Repeat(7, 40)]), 2);
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
            new Family(options, [ModelCatalogue.Create(OptionMap.Parse("model: DNN", "case"))]),
            Consort.Data.Schemas.FeatureSpace.Of([3000]), 2);
        var values = rig.Store.Embeddings.Single().Values.Span.ToArray().Where(v => v != 0).ToArray(); // but for padding
        Assert.InRange(Math.Sqrt(values.Average(v => v * v)), 0.0195, 0.0205);
        if (name == "uniform")
            Assert.InRange(values.Max(Math.Abs), 0.034, 0.02 * Math.Sqrt(3));
        else
            Assert.True(values.Max(Math.Abs) > 0.05);
    }

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData(", batch_norm_scale: uniform", 0, 1)]
    public void Initialise_BatchNormScale_IsOneOrUniform(string scale, double low, double high)
    {
        using var rig = new Rig<double>(Of($"hidden_units: [4000], batch_norm: true{scale}"), Spaces.Mixed, 2);
        var values = rig.Of("member0/mlp/0/norm/scale").ToArray();
        Assert.InRange(values.Min(), low, low + 0.01);
        Assert.InRange(values.Max(), high - 0.01, high);
        Assert.InRange(values.Average(), ((low + high) / 2) - 0.02, ((low + high) / 2) + 0.02);
        Assert.All(rig.Of("member0/mlp/0/norm/variance").ToArray(), v => Assert.Equal(1, v));
    }

    [Fact]
    public void Initialise_BatchNormScaleOfAfn_ReachesBothNorms()
    {
        var afn = ModelCatalogue.Create(OptionMap.Parse("{ model: AFN, logarithmic_neurons: 50, batch_norm_scale: uniform }", "case"));
        using var rig = new Rig<double>(new Family(new EmbeddingOptions { Dimension = 3 }, [afn]), Spaces.Mixed, 2);
        Assert.Equal("AFN", afn.Name);
        foreach (var name in new[] { "log_norm", "exp_norm" })
            Assert.InRange(rig.Of($"member0/{name}/scale").ToArray().Distinct().Count(), 2, int.MaxValue);
    }

    [Fact]
    public void Create_BatchNormScaleWithoutBatchNorm_IsNoKey()
    {
        var options = OptionMap.Parse("{ model: LR, batch_norm_scale: uniform }", "case");
        ModelCatalogue.Create(options);
        Assert.Contains("batch_norm_scale", Assert.Throws<ConsortException>(options.Close).Message, StringComparison.Ordinal);
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
        new EmbeddingOptions { Dimension = 3, InitialDeviation = 0.1 },
        [ModelCatalogue.Create(OptionMap.Parse($"{{ model: DNN, {options} }}", "case"))]);
}
