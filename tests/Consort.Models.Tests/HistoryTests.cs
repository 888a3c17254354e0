using Consort.Compute.Graphs;
using Consort.Compute.Operations;
using Consort.Compute.Rewrites;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Models.Embeddings;

namespace Consort.Models.Tests;

/// <summary>Models of histories in all their variants, over a tuple of columns and histories that are empty, short, odd and full.</summary>
public sealed class HistoryTests
{
    private const int Most = 5;

    private static readonly FeatureSpace Space = new(
        [new("item", 0, 6), new("genre", 6, 4), new("user", 10, 3), new("items", 0, 6, new ListShape(Most, IsOrdered: true)),
            new("genres", 6, 4, new ListShape(Most, IsOrdered: true))], ["I1"]);

    // Beside the items how old they are.
    private static readonly FeatureSpace Dated = new(
        [.. Space.Categorical, new("ages", 13, 7, new ListShape(Most, IsOrdered: true) { AgesOf = "items" })], ["I1"]);

    // Of items and of genres; where these differ the first says which positions there are.
    private static readonly (int, int)[] Lengths = [(0, 0), (1, 1), (3, 3), (Most, Most), (4, 2), (2, 5), (1, 0), (0, 3)];

    public static TheoryData<string, string> Variants
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var attention in new[] { "relu", "dice" })
                foreach (var softmax in new[] { "false", "true" })
                    data.Add("DIN", $"attention_hidden_units: [7, 3], attention_activation: {attention}, use_softmax: {softmax}");
            foreach (var unit in new[] { "AUGRU", "AGRU", "AIGRU" })
            {
                data.Add("DIEN", $"attention_hidden_units: [4], attention_activation: dice, gru_type: {unit}");
                data.Add("DIEN", $"attention_hidden_units: [4], attention_activation: relu, gru_type: {unit}, use_softmax: false, enable_sum_pooling: true");
            }

            foreach (var pooling in new[] { "target", "mean", "sum" })
            {
                data.Add("BST", $"num_heads: 3, seq_pooling_type: {pooling}");
                data.Add("BST", $"num_heads: 3, seq_pooling_type: {pooling}, transformer_blocks: 3, layer_norm: false");
                data.Add("BST", $"num_heads: 2, seq_pooling_type: {pooling}, use_residual: false, use_position_emb: false");
            }

            data.Add("DMIN", "num_heads: 3, attention_hidden_units: [4], pos_emb_dim: 2");
            data.Add("DMIN", "num_heads: 2, attention_hidden_units: [4, 3], attention_activation: dice, layer_norm: false, enable_sum_pooling: true");
            data.Add("DMIN", "num_heads: 6, attention_hidden_units: [4], use_behavior_refiner: false, use_pos_emb: false");
            data.Add("SIM", "num_heads: 3, top_k: 2");
            data.Add("SIM", "num_heads: 2, top_k: 3, search_dim: 4, use_position_emb: false");
            data.Add("SIM", "num_heads: 3, top_k: 50, search_dim: 2");
            data.Add("BST", "num_heads: 3, positions: time");
            data.Add("BST", "num_heads: 3, positions: time, seq_pooling_type: mean, transformer_blocks: 2, layer_norm: false");
            data.Add("DMIN", "num_heads: 3, attention_hidden_units: [4], positions: time");
            data.Add("SIM", "num_heads: 3, top_k: 2, positions: time");
            return data;
        }
    }

    public static TheoryData<string, string> Auxiliaries => new()
    {
        { "DIEN", "attention_hidden_units: [4], attention_activation: relu, auxiliary: 0.7, auxiliary_hidden_units: [5, 3]" },
        { "DMIN", "num_heads: 3, attention_hidden_units: [4], pos_emb_dim: 2, auxiliary: 0.7, auxiliary_hidden_units: [5]" },
        { "DIEN", "attention_hidden_units: [4], gru_type: AGRU, auxiliary: 2, auxiliary_hidden_units: []" },
    };

    [Fact]
    public void Build_TwoSequencesOfOneTarget_AreHistoriesOfTheirOwn()
    {
        var space = new FeatureSpace(
            [new("item", 0, 6), new("seen", 0, 6, new ListShape(Most, IsOrdered: true)), new("bought", 0, 6, new ListShape(Most, IsOrdered: true))], []);
        var graph = Of("DIN", "attention_hidden_units: [4]").Build(space);
        Assert.Equal(2, graph.Values.Count(v => v.Operation is WeightedPositions));
        Assert.Equal([1, 2], graph.Values.Where(v => v.At is not null).Select(v => v.At!.Column).Distinct());
    }

    [Fact]
    public void Build_OneListAsTheFirstOfTwoHistories_NamesBoth()
    {
        var graph = Of("DIN", "attention_hidden_units: [4], target: [item+genre, item], history: [items+genres, items]").Build(Space);
        Assert.Contains(graph.Parameters, p => p.Name.StartsWith("member0/attention/items_1/", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Forward_AnyLength_EqualsThePapersFormula(string name, string options)
    {
        var family = Of(name, options);
        using var rig = Drawn<double>(family, Lengths.Length, SpaceOf(options));
        rig.Randomise(7);
        var logits = rig.Logits(Lengths.Length);
        for (var row = 0; row < Lengths.Length; row++)
        {
            var expected = ScalarModels.OfHistories(family.Members[0], rig, SpaceOf(options), row, false);
            Assert.Equal(expected, logits[row], 1e-12 * (1 + Math.Abs(expected)));
            Assert.Equal(expected, rig.Logits(1, first: row)[0], 1e-12 * (1 + Math.Abs(expected)));
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Backward_AnyLength_EqualsFiniteDifferences(string name, string options)
    {
        using var rig = Drawn<double>(Of(name, options), Lengths.Length, SpaceOf(options));
        rig.Randomise(3);
        Assert.InRange(Gradients.LargestError(rig, Lengths.Length), 0, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Auxiliaries))]
    public void Backward_AuxiliaryLoss_EqualsDifferencesOfThePapersFormula(string name, string options)
    {
        var (family, rows) = (Of(name, options), 3 * Lengths.Length);
        using var rig = Drawn<double>(family, rows);
        rig.Randomise(3);
        rig.Logits(rows, isTraining: true);
        var drawn = Drawn(rig);
        var weight = ((NextItemLoss)rig.Graph.Values.Single(v => v.Operation is NextItemLoss).Operation!).Weight;
        Assert.True(drawn.Where(d => d >= 0).Distinct().Count() > 8, "few positions were drawn");
        Assert.InRange(Gradients.LargestError(rig, rows,
            () => weight * ScalarModels.NextItems(family.Members[0], rig, Space, rows, drawn)), 0, 1e-6);
    }

    [Theory]
    [MemberData(nameof(Auxiliaries))]
    public void Forward_AuxiliaryLoss_IsNotInTheLogit(string name, string options)
    {
        using var rig = Drawn<double>(Of(name, options), Lengths.Length);
        using var plain = Drawn<double>(Of(name, options[..options.IndexOf(", auxiliary", StringComparison.Ordinal)]), Lengths.Length);
        rig.Randomise(7);
        plain.Randomise(7);
        Assert.Equal(plain.Logits(Lengths.Length), rig.Logits(Lengths.Length));
        // What scores has the same operations and weights, to the name.
        var (with, without) = (InferenceGraph.Of(rig.Graph, [0]).Graph, InferenceGraph.Of(plain.Graph, [0]).Graph);
        Assert.Equal(without.Parameters.Select(p => p.Name), with.Parameters.Select(p => p.Name));
        Assert.Equal(without.Values.Select(v => v.Name), with.Values.Select(v => v.Name));
        Assert.Equal(Needed(plain), Needed(rig)); // what a package holds

        static IEnumerable<string> Needed(Rig<double> rig) => GraphReach.Of(rig.Graph, [0]).Parameters.Select(p => p.Name);
    }

    [Theory]
    [MemberData(nameof(Auxiliaries))]
    public void Train_AuxiliaryLoss_IsTheSameOnAnyThreadsAndFallsOnTheSameItems(string name, string options)
    {
        var drawn = new List<int[]>();
        var numbers = new List<float[]>();
        foreach (var (threads, seed) in ((int, ulong)[])[(1, 1), (3, 1), (1, 2)])
        {
            using var rig = new Rig<float>(Of(name, options), Space, 80, threads: threads);
            Draw(rig, [.. Enumerable.Range(0, 80).Select(r => Lengths[r % Lengths.Length])]);
            rig.Logits(80, isTraining: true, seed: seed);
            drawn.Add(Drawn(rig));
            for (ulong step = 0; step < 5; step++)
                rig.Train(80, seed + step);
            numbers.Add(rig.Numbers());
        }

        Assert.Equal(drawn[0], drawn[1]);
        Assert.Equal(numbers[0], numbers[1]);
        Assert.NotEqual(drawn[0], drawn[2]);
    }

    // Of each position the one whose item was drawn for it; −1 where there is none.
    private static int[] Drawn<T>(Rig<T> rig)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var value = rig.Graph.Values.Single(v => v.Operation is SampledPosition);
        var width = value.Shape.Size;
        T[] given = [.. rig.Program.Activations(value)], items = [.. rig.Program.Activations(value.Inputs[0])];
        Assert.Equal(given.Length, items.Length);
        return [.. Enumerable.Range(0, given.Length / width).Select(i => Enumerable.Range(0, given.Length / width)
            .FirstOrDefault(j => given.AsSpan(i * width, width).SequenceEqual(items.AsSpan(j * width, width)), -1))];
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void Train_NoHistoryAtAll_LearnsFromTheOtherColumns(string name, string options)
    {
        var space = SpaceOf(options);
        using var rig = new Rig<float>(Of(name, options), space, 40);
        Draw(rig, [.. Enumerable.Repeat((0, 0), 40)]);
        for (var row = 0; row < 40; row++)
            rig.Labels[row] = rig.Ids[row * space.Categorical.Count] % 2;
        var first = rig.Train(40, 0);
        for (ulong step = 1; step < 150; step++)
            rig.Train(40, step);
        Assert.InRange(rig.Train(40, 150), 0, first / 3);
        Assert.All(rig.Numbers(), number => Assert.True(float.IsFinite(number)));
    }

    [Theory]
    [InlineData("DIN", "use_softmax: true")]
    [InlineData("DIEN", "gru_type: AGRU")]
    [InlineData("BST", "num_heads: 3")]
    [InlineData("DMIN", "num_heads: 3")]
    [InlineData("SIM", "num_heads: 3")]
    public void Build_TupleByName_IsTheOneThatSharesVocabularies(string name, string more)
    {
        using var found = Drawn<float>(Of(name, $"target: [item+genre], history: [items+genres], {more}"), 40);
        using var shared = Drawn<float>(Of(name, more), 40);
        Assert.Equal(shared.Logits(40), found.Logits(40));
    }

    [Theory]
    [InlineData("DIN", "target: [item], history: [user]", "DIN, history: found no list or sequence user, expected one of items, genres")]
    [InlineData("DIEN", "target: [itme], history: [items]",
        "DIEN, target: found no column of tokens itme; did you mean item?, expected one of item, genre, user")]
    [InlineData("BST", "target: [item+genre], history: [items]",
        "BST, history: found items beside target item+genre, expected as many columns in both")]
    [InlineData("DMIN", "num_heads: 4", "DMIN, num_heads: found 4 for a history of width 6, expected one that divides it")]
    [InlineData("SIM", "num_heads: 2", "SIM, num_heads: found 2 for a history of width 9, expected one that divides it")]
    [InlineData("BST", "num_heads: 4", "BST, num_heads: found 4 for a history of width 9, expected one that divides it")]
    public void Build_ColumnsThatDoNotFit_SaysWhatWould(string name, string options, string message) =>
        Assert.Equal(message, Assert.Throws<ConsortException>(() => Of(name, options).Build(Space)).Message);

    [Theory]
    [InlineData("BST", "num_heads: 3, positions: time")]
    [InlineData("DMIN", "num_heads: 3, positions: time")]
    [InlineData("SIM", "num_heads: 3, positions: time")]
    public void Build_PositionsByTimeWithoutTimes_SaysWhatTheSchemaNeeds(string name, string options) => Assert.Equal(
        $"{name}, positions: found time, but no times of the steps of items in the schema; expected a sequence of them, such as {{name: items_times, kind: sequence, ages_of: items, until: time}} with a field time of kind time, or positions: learned",
        Assert.Throws<ConsortException>(() => Of(name, options).Build(Space)).Message);

    [Theory]
    [InlineData("BST", "use_position_emb")]
    [InlineData("DMIN", "use_pos_emb")]
    [InlineData("SIM", "use_position_emb")]
    public void Read_PositionsByTimeWithoutVectors_SaysWhich(string name, string key) => Assert.Contains(
        $"positions: found time with {key}: false, which leaves positions without vectors; expected {key}: true",
        Assert.Throws<ConsortException>(() => Of(name, $"num_heads: 3, positions: time, {key}: false")).Message, StringComparison.Ordinal);

    // Ages are no column of the tower's where they say where positions are; else they are one, pooled as any list.
    [Fact]
    public void Build_PositionsByTime_LeavesAgesOutOfTheTower()
    {
        using var time = new Rig<float>(Of("BST", "num_heads: 3, positions: time"), Dated, 1);
        using var learned = new Rig<float>(Of("BST", "num_heads: 3"), Dated, 1);
        int Width(Rig<float> rig) => rig.Graph.Parameters.Single(p => p.Name == "member0/mlp/0/weight").Shape[1];
        Assert.Equal(Width(learned) - 3, Width(time));
        Assert.DoesNotContain(time.Graph.Parameters, p => p.Name.Contains("places", StringComparison.Ordinal));
        Assert.Contains(learned.Graph.Parameters, p => p.Name == "member0/places/items");
    }

    [Fact]
    public void Build_MemberOfAFile_NamesItsLine() => Assert.StartsWith("exp.yaml:3, DIN, target: found no column of tokens itme; did you mean item?",
        Assert.Throws<ConsortException>(() => Family.From(OptionMap.Parse(
            "members:\n  - { model: DNN, count: 2 }\n  - { model: DIN, target: [itme], history: [items] }", "exp.yaml")).Build(Space)).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("DIN")]
    [InlineData("DIEN")]
    [InlineData("BST")]
    [InlineData("DMIN")]
    [InlineData("SIM")]
    public void Build_WithoutAHistory_SaysWhatTheSchemaNeeds(string name)
    {
        var e = Assert.Throws<ConsortException>(() => ModelCase.Of(name).Family().Build(Spaces.Mixed));
        Assert.StartsWith($"{name}: found no sequence that shares the vocabulary of a column, expected one, such as",
            e.Message, StringComparison.Ordinal);
    }

    private static FeatureSpace SpaceOf(string options) => options.Contains("positions: time", StringComparison.Ordinal) ? Dated : Space;

    private static Rig<T> Drawn<T>(Family family, int rows, FeatureSpace? space = null)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        var rig = new Rig<T>(family, space ?? Space, rows);
        Draw(rig, [.. Enumerable.Range(0, rows).Select(r => Lengths[r % Lengths.Length])]);
        return rig;
    }

    private static void Draw<T>(Rig<T> rig, (int Items, int Genres)[] lengths)
        where T : unmanaged, System.Numerics.IBinaryFloatingPointIeee754<T>
    {
        rig.Draw(lengths.Length, 4);
        var random = new Random(5);
        for (var row = 0; row < lengths.Length; row++)
        {
            rig.Put(row, 3, [.. Enumerable.Range(0, lengths[row].Items).Select(_ => random.Next(6))]);
            rig.Put(row, 4, [.. Enumerable.Range(0, lengths[row].Genres).Select(_ => 6 + random.Next(4))]);
            // As many as there are steps, none where no time is known, and once fewer than there are.
            if (rig.Ids.Length > lengths.Length * 5)
                rig.Put(row, 5, [.. Enumerable.Range(0, row % 8 == 6 ? 0 : row % 8 == 4 ? 2 : lengths[row].Items).Select(_ => 13 + random.Next(7))]);
        }
    }

    private static Family Of(string name, string options) => new(
        new EmbeddingOptions { Dimension = 3, InitialDeviation = 0.1 },
        [ModelCatalogue.Create(OptionMap.Parse($"{{ model: {name}, hidden_units: [16, 5], {options} }}", "case"))]);
}
