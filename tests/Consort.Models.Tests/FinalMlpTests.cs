using Consort.Foundation.Options;
using Consort.Models.Embeddings;

namespace Consort.Models.Tests;

/// <summary>What the shared contract, which knows no column names, cannot ask of FinalMLP.</summary>
public sealed class FinalMlpTests
{
    private static readonly string Regularised = ModelCase.Of("FinalMLP").Regularised.TrimEnd('}', ' ');

    private static Family WithContexts(string first, string second) => new(
        new EmbeddingOptions { Dimension = 3, InitialDeviation = 0.1 },
        [ModelCatalogue.Create(OptionMap.Parse($"{Regularised}, fs1_context: [{first}], fs2_context: [{second}], model: FinalMLP }}",
            "case"))]);

    [Fact]
    public void Forward_WithContextColumns_EqualsThePapersFormula()
    {
        const int Rows = 9;
        var columns = Spaces.Mixed.Categorical;
        using var rig = new Rig<double>(WithContexts(columns[0].Name, columns[1].Name), Spaces.Mixed, Rows);
        rig.Randomise(7);
        rig.Draw(Rows, 8);
        var logits = rig.Logits(Rows);
        for (var row = 0; row < Rows; row++)
            Assert.Equal(ScalarModels.Logit("FinalMLP", rig, Spaces.Mixed, row, true), logits[row], 1e-12 * (1 + Math.Abs(logits[row])));
        Assert.True(Gradients.LargestError(rig, 3) < 1e-6);
    }

    [Fact]
    public void Build_UnknownContextColumn_NamesTheColumns()
    {
        var columns = Spaces.Mixed.Categorical;
        var e = Assert.Throws<ConsortException>(() => WithContexts("nobody", columns[1].Name).Build(Spaces.Mixed));
        Assert.Equal(
            $"context column nobody: found no such categorical column, expected one of {string.Join(", ", columns.Select(c => c.Name))}",
            e.Message);
    }

    [Fact]
    public void Create_HeadsThatDoNotDivide_SaysSo()
    {
        var e = Assert.Throws<ConsortException>(() =>
            ModelCatalogue.Create(OptionMap.Parse("model: FinalMLP\nmlp2_hidden_units: [50]\nnum_heads: 4", "exp.yaml")));
        Assert.Equal("exp.yaml:2, key mlp2_hidden_units: found a last width of 50, expected one that num_heads 4 divides", e.Message);
    }
}
