using Consort.Compute.Cpu.Parameters;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Learning.Checkpoints;
using Consort.Models.Embeddings;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Models.Tests;

/// <summary>Embeddings of several sizes, of shared vocabularies and frozen ones, and numeric columns as they are.</summary>
public sealed class FieldEmbeddingTests
{
    private const int D = 3;

    // B and C share a vocabulary; every column has another size, or is frozen.
    private static readonly FeatureSpace Space = new(
        [new("A", 0, 4), new("B", 4, 7), new("C", 4, 7), new("E", 11, 3), new("F", 14, 6)], ["I1", "I2"]);

    private static readonly Dictionary<string, FieldEmbedding> Fields = new()
    {
        ["A"] = new FieldEmbedding { Dimension = 2 },
        ["C"] = new FieldEmbedding { Dimension = 5 },
        ["E"] = new FieldEmbedding { Pretrained = "e.tsv", Freeze = true },
    };

    // What a tower reads side by side: column and size, in the order of the tables.
    private static readonly (int Column, string Table, int Size, int First)[] Order =
        [(4, "embedding", D, 14), (0, "embedding_2", 2, 0), (1, "embedding_5", 5, 4), (2, "embedding_5", 5, 4),
            (3, "embedding_3_frozen", D, 11)];

    public static TheoryData<string> Interacting =>
        ["FM", "DeepFM", "NFM", "FwFM", "PNN", "FiBiNET", "AutoInt", "FiGNN", "xDeepFM", "MaskNet", "LCN", "ECN", "AFN", "AFM", "DLRM"];

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Backward_AnyModel_EqualsFiniteDifferences(string name)
    {
        const int Rows = 3;
        foreach (var numeric in Enum.GetValues<NumericInput>())
        {
            // LR and FFM read no embeddings of the family: the tower beside them does.
            var family = Of(numeric, ModelCase.Of(name).Model(regularised: true), ModelCase.Of("DNN").Model(regularised: true));
            if (numeric == NumericInput.Dense && (name is "FwFM" or "FiGNN"))
            {
                Assert.Contains($"{name} has no tower or linear term", Assert.Throws<ConsortException>(() => family.Build(Space)).Message,
                    StringComparison.Ordinal);
                continue;
            }

            if (ModelCase.Of(name).OfHistory is not null)
            {
                Assert.Contains("a model that reads a history one by one has one size for all",
                    Assert.Throws<ConsortException>(() => family.Build(Spaces.For(name, Space))).Message, StringComparison.Ordinal);
                continue;
            }

            using var rig = new Rig<double>(family, Space, Rows);
            rig.Randomise(3);
            rig.Draw(Rows, 4);
            Assert.True(Gradients.LargestError(rig, Rows) < 1e-6, $"{name}, {numeric}: {Gradients.LargestError(rig, Rows)}");
        }
    }

    [Theory]
    [MemberData(nameof(Interacting))]
    public void Forward_InteractionsOfSeveralSizes_AreThoseOfProjectedRows(string name)
    {
        const int Rows = 9;
        var model = ModelCase.Of(name).Model(regularised: name != "DLRM");
        using var mixed = new Rig<double>(Of(NumericInput.Embed, model), Space, Rows);
        using var uniform = new Rig<double>(new Family(new EmbeddingOptions { Dimension = D }, [model]), Space, Rows);
        mixed.Randomise(7);
        foreach (var slot in uniform.Store.Slots)
            mixed.Of(slot.Parameter.Name).CopyTo(uniform.Of(slot.Parameter.Name));
        foreach (var table in uniform.Store.Embeddings.Where(t => t.Table.Name != "shared/embedding"))
            mixed.Of(table.Table.Name).CopyTo(uniform.Of(table.Table.Name));
        foreach (var (column, table, size, first) in Order)
            for (var id = first; id < first + Space.Categorical[column].Size; id++)
            {
                var row = Row(mixed, table, size, id - first);
                for (var d = 0; d < D; d++)
                    uniform.Of("shared/embedding")[(id * D) + d] = size == D
                        ? row[d]
                        : row.Select((e, i) => e * mixed.Of($"shared/projection/{(column == 0 ? "A" : "B")}")[(i * D) + d]).Sum();
            }

        mixed.Draw(Rows, 8);
        mixed.Ids.CopyTo(uniform.Ids, 0);
        mixed.Numeric.CopyTo(uniform.Numeric, 0);
        foreach (var (found, expected) in mixed.Logits(Rows).Zip(uniform.Logits(Rows)))
            Assert.Equal(expected, found, 1e-12 * (1 + Math.Abs(expected)));
    }

    [Theory]
    [MemberData(nameof(ScalarModels.FlatNames), MemberType = typeof(ScalarModels))]
    public void Forward_SideBySide_ReadsOwnSizesAndNumbers(string name)
    {
        const int Rows = 9;
        foreach (var numeric in Enum.GetValues<NumericInput>())
        {
            using var rig = new Rig<double>(Of(numeric, ModelCase.Of(name).Model()), Space, Rows);
            rig.Randomise(7);
            rig.Draw(Rows, 8);
            Assert.DoesNotContain(rig.Graph.Parameters, p => p.Name.Contains("projection", StringComparison.Ordinal));
            var logits = rig.Logits(Rows);
            for (var row = 0; row < Rows; row++)
            {
                var (ids, x) = Features(rig, row);
                var flat = Order.SelectMany(o => Row(rig, o.Table, o.Size, ids[o.Column] - o.First));
                if (numeric != NumericInput.Dense)
                    flat = flat.Concat(x.SelectMany((v, n) => Enumerable.Range(0, D)
                        .Select(d => v * rig.Of("shared/numeric_embedding")[(n * D) + d])));
                if (numeric != NumericInput.Embed)
                    flat = flat.Concat(x);
                var expected = ScalarModels.FlatLogit(name, rig, ids, x, [.. flat]);
                Assert.Equal(expected, logits[row], 1e-12 * (1 + Math.Abs(expected)));
            }
        }
    }

    [Theory]
    [InlineData(NumericInput.Dense)]
    [InlineData(NumericInput.Both)]
    public void Forward_InteractionsBesideATower_ReadNumbersInTheTowerAlone(NumericInput numeric)
    {
        const int Rows = 5;
        var options = new EmbeddingOptions { Dimension = D, Numeric = numeric };
        using var rig = new Rig<double>(new Family(options, [ModelCase.Of("DeepFM").Model()]), Space, Rows);
        rig.Randomise(7);
        rig.Draw(Rows, 8);
        var logits = rig.Logits(Rows);
        for (var row = 0; row < Rows; row++)
        {
            var (ids, x) = Features(rig, row);
            Assert.Equal(ScalarModels.DeepFm(rig, ids, x, numeric == NumericInput.Both), logits[row], 1e-12);
        }
    }

    [Fact]
    public void Build_SeveralSizes_HasRowsOfTheirOwn()
    {
        var graph = Of(NumericInput.Dense, ModelCase.Of("DNN").Model()).Build(Space);
        Assert.Equal(
            [("shared/embedding", 6, 3, true), ("shared/embedding_2", 4, 2, true), ("shared/embedding_5", 7, 5, true),
                ("shared/embedding_3_frozen", 3, 3, false)],
            graph.Tables.Select(t => (t.Name, t.Rows, t.Dimension, t.IsTrained)));
        const int Width = D + 2 + 5 + 5 + D + 2;
        Assert.Equal((6 * 3) + (4 * 2) + (7 * 5) + ((Width + 1) * 16) + (17 * 5) + 6, graph.ParameterCount);
        // Only what reads embeddings in one size has matrices, one a vocabulary; both members have the same.
        var projected = Of(NumericInput.Dense, ModelCase.Of("FM").Model(), ModelCase.Of("DNN").Model(), ModelCase.Of("DeepFM").Model())
            .Build(Space);
        Assert.Equal(["shared/projection/A", "shared/projection/B"], projected.Parameters.Select(p => p.Name)
            .Where(n => n.Contains("projection", StringComparison.Ordinal)));
    }

    [Fact]
    public void Train_AnyNumberOfThreads_SameBitsAndFrozenRowsStay()
    {
        var family = Of(NumericInput.Both, new DeepFm(new MlpOptions { HiddenUnits = [16, 5], Dropout = 0.2 }),
            ModelCase.Of("DCNv2").Model(true));
        var (one, frozen) = Trained(1);
        var (three, _) = Trained(3);
        Assert.Equal(one, three);
        Assert.Equal(0, frozen);

        (float[] Numbers, float Moved) Trained(int threads)
        {
            using var rig = new Rig<float>(family, Space, 300, threads: threads);
            rig.Randomise(3, 0.1);
            var before = rig.Of("shared/embedding_3_frozen").ToArray();
            for (ulong step = 0; step < 20; step++)
            {
                rig.Draw(300, (int)step);
                rig.Train(300, step);
            }

            return (rig.Numbers(), rig.Of("shared/embedding_3_frozen").ToArray().Zip(before, (a, b) => Math.Abs(a - b)).Max());
        }
    }

    [Fact]
    public void Checkpoint_SeveralTables_LoadsTheSameBits()
    {
        var path = Path.Combine(Path.GetTempPath(), $"consort-test-{Guid.NewGuid():N}");
        var family = Of(NumericInput.Both, ModelCase.Of("FM").Model(), ModelCase.Of("DCN").Model());
        try
        {
            using var rig = new Rig<float>(family, Space, 10);
            rig.Randomise(5);
            Checkpoint.Save(path, rig.Store, null, "{}");
            // As a run that is evaluated: without the vectors.
            using var loaded = new ParameterStore<float>(family.Build(Space));
            Checkpoint.Load(path, loaded);
            float[] numbers = [.. loaded.DenseValues.Span, .. loaded.Embeddings.SelectMany(e => e.Values.Span.ToArray())];
            Assert.Equal(rig.Numbers(), numbers);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Initialize_Vectors_AreWhereTheirIdsLie(bool shared)
    {
        var options = new EmbeddingOptions { Dimension = D, Shared = shared, Fields = Fields };
        var family = new Family(options, [ModelCase.Of("DNN").Model(), ModelCase.Of("FM").Model()]);
        var graph = family.Build(Space, (column, field, dimension, put) =>
        {
            Assert.Equal(("E", "e.tsv", D), (column, field.Pretrained, dimension));
            put(11 + 2, [1, 2, 3]);
        });
        using var store = new ParameterStore<float>(graph);
        store.Initialize(1);
        foreach (var scope in shared ? ["shared"] : new[] { "member0", "member1" })
        {
            var values = store.Embeddings.Single(e => e.Table.Name == $"{scope}/embedding_3_frozen").Values.Span.ToArray();
            Assert.True(values.AsSpan(6).SequenceEqual([1f, 2f, 3f]));
            Assert.All(values[..3], v => Assert.Equal(0, v));
            Assert.All(values[3..6], v => Assert.InRange(v, -1e-3f, 1e-3f));
        }
    }

    [Theory]
    [InlineData("X", "embedding, fields: found no column X; did you mean A?")]
    [InlineData("I1", "embedding, fields, I1: found a numeric column, whose embedding has the family's dimension, expected a categorical one")]
    [InlineData("B", "embedding, fields: C and B share a vocabulary, found keys that differ, expected those of one of them, or the same")]
    public void Build_FieldsThatDoNotFit_SaysWhich(string name, string message)
    {
        var fields = new Dictionary<string, FieldEmbedding>(Fields) { [name] = new() { Dimension = 4 } };
        var family = new Family(new EmbeddingOptions { Fields = fields }, [ModelCase.Of("DNN").Model()]);
        Assert.Equal(message, Assert.Throws<ConsortException>(() => family.Build(Space)).Message);
    }

    [Fact]
    public void Build_FieldsThatNobodyReads_SaysSo()
    {
        var e = Assert.Throws<ConsortException>(() => Of(NumericInput.Embed, ModelCase.Of("FFM").Model()).Build(Space));
        Assert.StartsWith("embedding, fields: found 3, but no member reads the family's embeddings", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Build_NumbersAlone_AsTheyAre()
    {
        var numbers = new FeatureSpace([], ["I1", "I2"]);
        var options = new EmbeddingOptions { Numeric = NumericInput.Dense };
        Assert.Equal((3 * 16) + (17 * 5) + 6, new Family(options, [ModelCase.Of("DNN").Model()]).Build(numbers).ParameterCount);
        Assert.Throws<ConsortException>(() => new Family(options, [ModelCase.Of("FM").Model()]).Build(numbers));
    }

    [Theory]
    [InlineData("C1: { dimension: 0 }", "key dimension: found 0, expected 1 to 1024")]
    [InlineData("C1: { dimension: 4, freeze: true }", "key freeze: found true without pretrained, expected a file of vectors to keep")]
    [InlineData("C1: { pretrained: v.npz }",
        "key pretrained: found \"v.npz\", expected a file ending in .tsv, .csv, .txt or .vec, .gz behind it or not")]
    [InlineData("C1: { dimensions: 4 }", "unknown key \"dimensions\"; did you mean \"dimension\"?")]
    public void From_MistakeInAField_SaysTheLine(string fields, string message)
    {
        var options = OptionMap.Parse($"dimension: 8\nfields:\n  {fields}", "exp.yaml");
        var e = Assert.Throws<ConsortException>(() =>
        {
            EmbeddingOptions.From(options);
            options.Close();
        });
        Assert.StartsWith("exp.yaml:3", e.Message, StringComparison.Ordinal);
        Assert.EndsWith(message, e.Message, StringComparison.Ordinal);
    }

    private static Family Of(NumericInput numeric, params CtrModel[] members) =>
        new(new EmbeddingOptions { Dimension = D, InitialDeviation = 0.1, Numeric = numeric, Fields = Fields }, members);

    private static double[] Row(Rig<double> rig, string table, int size, int row) =>
        rig.Of($"shared/{table}").Slice(row * size, size).ToArray();

    private static (int[] Ids, double[] X) Features(Rig<double> rig, int row) => (
        [.. Enumerable.Range(0, 5).Select(f => rig.Ids[(row * 5) + f])],
        [.. Enumerable.Range(0, 2).Select(n => (double)rig.Numeric[(row * 2) + n])]);
}
