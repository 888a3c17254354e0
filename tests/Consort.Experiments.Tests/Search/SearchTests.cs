using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Studies.Search;

namespace Consort.Experiments.Tests.Search;

/// <summary>What is searched, what is drawn next, who goes on, and what mattered.</summary>
public sealed class SearchTests
{
    private const string Text = """
        data: { schema: criteo, train: a.tsv, valid: b.tsv }
        embedding: { dimension: 8 }
        members: [{ model: DeepFM, hidden_units: [64, 32] }, { model: LR }]
        training: { batch_size: 512, learning_rate: 1e-3, embedding_l2: 1e-5 }
        """;

    private static readonly SearchDimension[] Plane =
        [new("x", SearchRange.Linear(0, 1), false, true), new("y", SearchRange.Log(1e-4, 1), false, true)];

    [Fact]
    public void Of_WithoutASection_LooksWhereDeclarationsSay()
    {
        var space = SearchSpace.Of(Read(), null);
        Assert.Equal(["embedding.dimension", "members.dropout", "members.hidden_units", "training.batch_size", "training.embedding_l2",
            "training.learning_rate"], space.Dimensions.Select(d => d.Path));
        var at = space.At(space.Values([.. space.Dimensions.Select(_ => 0.0)]));
        Assert.Equal(("0.0001", "[32]", "4"), (at.TextAt("training.learning_rate"), at["members[0].hidden_units"].ToString(), at.TextAt("embedding.dimension")));
        Assert.Null(at.Find("members[1].hidden_units")); // LR has none
        Assert.NotEmpty(Experiment.From(at, null).Phases);
    }

    [Fact]
    public void Of_Section_NarrowsFixesAndAdds()
    {
        var space = SearchSpace.Of(Read(), OptionTree.Parse("""
            others: fixed
            training.learning_rate: { from: 1e-3, to: 1e-2 }
            training.ema: { from: 0.9, to: 0.99, scale: log }
            training.monitor: [auc, logloss]
            embedding.dimension: 12
            """));
        Assert.Equal(["training.ema", "training.learning_rate", "training.monitor"], space.Dimensions.Select(d => d.Path));
        Assert.Equal((true, false), (space.Dimensions[1].Range.IsLog, space.Dimensions[2].IsOrdered)); // as declared
        Assert.Equal("0.00316", space.Dimensions[1].At(0.5).ToString());
        Assert.Equal("12", space.Start.TextAt("embedding.dimension"));
        foreach (var dimension in space.Dimensions)
            foreach (var place in new[] { 0.25, 0.75 })
                Assert.Equal(place, dimension.PlaceOf(dimension.At(place))!.Value, 2e-2);
    }

    [Theory]
    [InlineData("training.learning_rat: 1", "learning_rate")]
    [InlineData("training.learning_rate: { from: 2, to: 1 }", "two rising numbers")]
    [InlineData("training.embedding_l2: { from: 0, to: 1 }", "above 0")]
    [InlineData("training.learning_rate: { form: 1 }", "from")]
    [InlineData("training.learning_rate: { from: 1e-3 }", "learning_rate: found from without to, expected both")]
    [InlineData("training.ema: { to: 0.9 }", "ema: found to without from, expected both")]
    [InlineData("members[0: 1", ":1, key members[0: found no such option")]
    [InlineData("\"\": 1", ":1, key : found no such option")]
    [InlineData("training..ema: [0.9, 0.99]", ":1, key training..ema: found no such option in the experiment; did you mean training.ema?")]
    [InlineData("members[0].: 1", ":1, key members[0].: found no such option")]
    [InlineData("members.: 1", ":1, key members.: found no such option")]
    [InlineData("others: fixed", "no option to search")]
    [InlineData("others: fixed\ntraining.ema: 0.9\ntraining.learning_rate: { from: -3, to: 1, scale: linear }", ":3, key training.learning_rate: found -3, expected 1E-12 to")]
    [InlineData("others: fixed\nmembers.dropout:\n  - 0.1\n  - 7", ":4, key members.dropout: found 7, expected 0 to 0.99")]
    public void Of_Mistake_IsNamed(string section, string words) => Assert.Contains(
        words, Assert.Throws<ConsortException>(() => SearchSpace.Of(Read(), OptionTree.Parse(section))).Message, StringComparison.Ordinal);

    [Fact]
    public void Next_OfAHill_FindsItsTopBetterThanChance()
    {
        var (searched, chance) = (new List<double>(), new List<double>());
        for (var seed = 1UL; seed <= 5; seed++)
        {
            var (sampler, trials) = (new ParzenSampler(Plane, seed), new List<SearchTrial>());
            for (var number = 0; number < 60; number++)
                trials.Add(Trial(number, sampler.Next(number, trials)));
            searched.Add(trials.Skip(30).Average(t => t.Rungs[0].Score));
            chance.Add(Enumerable.Range(30, 30).Average(n => Hill(new ParzenSampler(Plane, seed).Next(n, []))));
            Assert.Equal(sampler.Next(60, trials), new ParzenSampler(Plane, seed).Next(60, trials)); // by seed and what was seen alone
            Assert.All(trials.SelectMany(t => t.Places), p => Assert.InRange(p, 0, 1));
        }

        Assert.True(searched.Average() > chance.Average() / 4, $"{searched.Average()} and {chance.Average()}"); // both below 0
    }

    [Fact]
    public void Next_EachThird_IsNearTheBest()
    {
        var (sampler, trials) = (new ParzenSampler(Plane, 1), new List<SearchTrial>());
        trials.Add(new SearchTrial(0, [0.5, 0.4], ["", ""], 1) { Rungs = [new Rung(1, 0.67, 0, 0, 0, false)] }); // a good start
        for (var number = 1; number < 12; number++)
            trials.Add(Trial(number, sampler.Next(number, [])));
        double[][] near = [.. Enumerable.Range(4, 20).Select(n => sampler.Next(3 * n, trials))];
        Assert.All(near, p => Assert.True(Math.Abs(p[0] - 0.5) < 0.5 && Math.Abs(p[1] - 0.4) < 0.4, $"{p[0]} {p[1]}"));
        Assert.InRange(near.Average(p => Math.Abs(p[0] - 0.5) + Math.Abs(p[1] - 0.4)), 0.05, 0.35); // by chance about 0.5
    }

    [Fact]
    public void Halving_ThreeThere_LetsTheBestThirdGoOn()
    {
        Assert.Equal([1, 3, 9, 27], Halving.Rungs(27));
        Assert.Equal([2], Halving.Rungs(2));
        SearchTrial[] trials = [With(0, 0.1), With(1, 0.3), With(2, 0.2)];
        Assert.Null(Halving.Next(trials[..2], 3));
        Assert.Equal(1, Halving.Next(trials, 3)!.Number);
        trials[1] = trials[1] with { Target = 2 }; // is on its way
        Assert.Null(Halving.Next(trials, 3));
        trials[1] = trials[1] with { Rungs = [.. trials[1].Rungs, new Rung(3, 0.05, 0, 0, 0, false)] };
        Assert.Equal([1, 2, 0], Halving.Ranked(trials).Select(t => t.Number)); // further before higher

        static SearchTrial With(int number, double score) =>
            new(number, [0.5], ["1"], 1) { Rungs = [new Rung(1, score, 0, 0, 0, false)] };
    }

    [Fact]
    public void Importance_OneOptionDecides_HasMostOfTheVariance()
    {
        var random = new Consort.Foundation.Numbers.CounterRandom(1, "test");
        var trials = Enumerable.Range(0, 80).Select(n => new double[] { random.Uniform((ulong)(2 * n)), random.Uniform((ulong)(2 * n + 1)) })
            .Select((places, n) => new SearchTrial(n, places, ["", ""], 1) { Rungs = [new Rung(1, -Math.Abs(places[1] - 0.9), 0, 0, 0, false)] }).ToArray();
        var found = Importance.Of(new SearchSpace(OptionTree.Keys(), Plane), trials);
        Assert.Equal("y", found[0].Path);
        Assert.InRange(found[0].Share, 0.7, 1);
        Assert.InRange(found[1].Share, 0, 0.15);
        Assert.Equal("0.1 to 1", found[0].Best);
        Assert.Empty(Importance.Of(new SearchSpace(OptionTree.Keys(), Plane), trials[..5]));
    }

    private static Experiment Read() => Experiment.Parse(Text, "test", null);

    private static SearchTrial Trial(int number, double[] places) =>
        new(number, places, ["", ""], 1) { Rungs = [new Rung(1, Hill(places), 0, 0, 0, false)] };

    private static double Hill(double[] places) => -Math.Pow(places[0] - 0.3, 2) - Math.Pow(places[1] - 0.8, 2);
}
