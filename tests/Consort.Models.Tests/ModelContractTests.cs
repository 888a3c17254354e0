using Consort.Compute.Graphs;
using Consort.Foundation.Options;

namespace Consort.Models.Tests;

/// <summary>What every model of the catalogue must hold in a single pass.</summary>
public sealed class ModelContractTests
{
    public static TheoryData<string, string> NamesAndSpaces
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var entry in ModelCatalogue.Entries)
                foreach (var space in new[] { "mixed", "categorical", "numeric" })
                    data.Add(entry.Name, space);
            return data;
        }
    }

    [Fact]
    public void Catalogue_EveryEntry_HasACase() =>
        Assert.Equal(ModelCatalogue.Entries.Select(e => e.Name), ModelCase.All.Select(c => c.Name));

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Catalogue_EveryEntry_SaysWhatItIs(string name)
    {
        var entry = ModelCatalogue.Entries.Single(e => e.Name == name);
        Assert.Equal(name, ModelCase.Of(name).Model().Name);
        Assert.All([entry.Summary, entry.Source], text => Assert.NotEmpty(text));
        var defaults = OptionMap.Parse($"model: {name}", "defaults");
        Assert.Equal(name, ModelCatalogue.Create(defaults).Name);
        defaults.Close();
        // The keys it says it has are those it reads.
        Assert.Equal(entry.Options.Keys, OptionMap.Parse(defaults.Resolved(), "resolved").Keys.Where(k => k != "model"));
    }

    [Theory]
    [MemberData(nameof(NamesAndSpaces))]
    public void Build_AnySpace_GivesOneLogitARow(string name, string space)
    {
        foreach (var shared in new[] { true, false })
        {
            var graph = ModelCase.Of(name).Family(regularised: true, members: 2, shared).Build(Spaces.For(name, space));
            Assert.Equal(2, graph.Outputs.Count);
            Assert.All(graph.Outputs, output => Assert.Equal(new Shape(1), output.Shape)); // [B, 1]
        }
    }

    // What ranks exchange while the backward pass goes on must not change behind it.
    [Theory]
    [MemberData(nameof(NamesAndSpaces))]
    public void Backward_PastTheFirstReaderOfAParameter_ItsGradientIsComplete(string name, string space)
    {
        const int Rows = 5;
        foreach (var regularised in new[] { false, true })
        {
            using var rig = new Rig<float>(ModelCase.Of(name).Family(regularised, members: 2), Spaces.For(name, space), Rows);
            var readers = new Dictionary<Parameter, int>();
            foreach (var value in rig.Graph.Values)
                foreach (var parameter in value.Operation?.Parameters ?? [])
                    readers.TryAdd(parameter, value.Index);
            var early = new Dictionary<Parameter, float[]>();
            rig.Program.Passed = passed =>
            {
                foreach (var (parameter, reader) in readers)
                    if (reader == passed)
                        early.Add(parameter, rig.Store.Gradients(parameter).ToArray());
            };
            rig.Randomise(3);
            rig.Draw(Rows, 4);
            rig.Train(Rows, step: 1);
            Assert.Equal(readers.Count, early.Count);
            Assert.All(rig.Store.Slots, s => Assert.Equal(
                readers.ContainsKey(s.Parameter) ? early[s.Parameter] : new float[s.Length], rig.Store.Gradients(s.Parameter).ToArray()));
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndSpaces))]
    public void Backward_Double_EqualsFiniteDifferences(string name, string space)
    {
        const int Rows = 3;
        foreach (var regularised in new[] { false, true })
        {
            // The plain tower has ReLU, whose kink no seed here comes near.
            using var rig = new Rig<double>(ModelCase.Of(name).Family(regularised, members: 2), Spaces.For(name, space), Rows);
            rig.Randomise(3);
            rig.Draw(Rows, 4);
            Assert.True(Gradients.LargestError(rig, Rows) < 1e-6,
                $"{name}, {space}, regularised {regularised}: {Gradients.LargestError(rig, Rows)}");
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndSpaces))]
    public void Forward_Float_EqualsDouble(string name, string space)
    {
        const int Rows = 50;
        var family = ModelCase.Of(name).Family(regularised: true, dimension: 5);
        using var single = new Rig<float>(family, Spaces.For(name, space), Rows);
        using var precise = new Rig<double>(family, Spaces.For(name, space), Rows);
        single.Randomise(1);
        precise.Randomise(1);
        single.Draw(Rows, 2);
        precise.Draw(Rows, 2);
        var (found, expected) = (single.Logits(Rows), precise.Logits(Rows));
        for (var row = 0; row < Rows; row++)
            Assert.True(Math.Abs(found[row] - expected[row]) < 2e-5 * (1 + Math.Abs(expected[row])),
                $"row {row}: {found[row]}, {expected[row]}");
    }

    [Theory]
    [MemberData(nameof(NamesAndSpaces))]
    public void Forward_Scoring_EqualsThePapersFormula(string name, string space)
    {
        const int Rows = 9;
        foreach (var regularised in new[] { false, true })
        {
            using var rig = new Rig<double>(ModelCase.Of(name).Family(regularised), Spaces.For(name, space), Rows);
            rig.Randomise(7);
            rig.Draw(Rows, 8);
            var logits = rig.Logits(Rows);
            for (var row = 0; row < Rows; row++)
                Assert.Equal(ScalarModels.Logit(name, rig, Spaces.For(name, space), row, regularised), logits[row],
                    1e-12 * (1 + Math.Abs(logits[row])));
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndSpaces))]
    public void Build_PlainOptions_HasTheParametersOfTheFormula(string name, string spaceName)
    {
        var (model, space) = (ModelCase.Of(name), Spaces.For(name, spaceName));
        var (v, n) = (space.Features, space.Numeric.Count);
        var expected = model.ParametersIn(space, 3);
        Assert.Equal(expected, model.Family().Build(space).ParameterCount);
        var both = (2 * expected) - model.Common(space.Categorical.Count + n, 3);
        Assert.Equal(both, model.Family(members: 2, shared: false).Build(space).ParameterCount);
        // Shared embeddings stand once; everything else, first-order weights too, is each member's own.
        var embeddings = model.SharesEmbeddings ? (v + (model.SharesNumeric ? n : 0)) * 3 : 0;
        Assert.Equal(both - embeddings, model.Family(members: 2).Build(space).ParameterCount);
    }

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Forward_Scoring_DoesNotDependOnTheBatch(string name)
    {
        const int Rows = 300;
        using var rig = new Rig<float>(ModelCase.Of(name).Family(regularised: true), Spaces.For(name, "mixed"), Rows);
        rig.Randomise(1);
        rig.Draw(Rows, 2);
        var whole = rig.Logits(Rows);
        foreach (var size in new[] { 1, 7, 129 })
            for (var first = 0; first < Rows; first += size)
            {
                var rows = Math.Min(size, Rows - first);
                // Not to the last bit: the matrix multiply sums in another order where a batch has a few rows.
                foreach (var (expected, found) in whole.AsSpan(first, rows).ToArray().Zip(rig.Logits(rows, first: first)))
                    Assert.InRange(found, expected - (2e-6 * (1 + Math.Abs(expected))), expected + (2e-6 * (1 + Math.Abs(expected))));
            }
    }

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Build_SharedOrOwn_NamesItsTables(string name)
    {
        var model = ModelCase.Of(name);
        var expected = model.SharesEmbeddings ? 1 : 0;
        Assert.Equal(expected, Tables(shared: true, "shared/embedding"));
        Assert.Equal(0, Tables(shared: true, "member0/embedding"));
        Assert.Equal(expected, Tables(shared: false, "member0/embedding"));
        Assert.Equal(expected, Tables(shared: false, "member1/embedding"));

        int Tables(bool shared, string table) =>
            model.Family(members: 2, shared: shared).Build(Spaces.For(name, "mixed")).Tables.Count(t => t.Name == table);
    }

    [Fact]
    public void Create_UnknownModel_NamesTheNearest()
    {
        var e = Assert.Throws<ConsortException>(() => ModelCatalogue.Create(OptionMap.Parse("\nmodel: DeepMF", "exp.yaml")));
        Assert.Equal($"exp.yaml:2, key model: found \"DeepMF\", expected one of {string.Join(", ", ModelCatalogue.Entries.Select(entry => entry.Name))}; did you mean DeepFM?", e.Message);
    }

    [Theory]
    [InlineData("hidden_units: [0]", "hidden_units: found 0, expected 1 to 65536")]
    [InlineData("dropout: 1", "dropout: found 1, expected 0 to 0.99")]
    [InlineData("activation: rellu",
        "activation: found \"rellu\", expected one of none, relu, leaky_relu, prelu, dice, gelu, sigmoid, tanh, silu; did you mean relu?")]
    [InlineData("cross_layers: 33", "cross_layers: found 33, expected 1 to 32")]
    [InlineData("batch_norm: maybe", "batch_norm: found \"maybe\", expected true or false")]
    public void Create_OptionOutOfRange_SaysTheRange(string option, string message)
    {
        var e = Assert.Throws<ConsortException>(() => ModelCatalogue.Create(OptionMap.Parse($"model: DCN\n{option}", "exp.yaml")));
        Assert.Equal($"exp.yaml:2, key {message}", e.Message);
    }
}
