using System.Text;
using Consort.Models;
using Consort.Models.Tests;
using Consort.Serving.Packages;

namespace Consort.Serving.Tests;

/// <summary>The trainer's evaluation pass and the scorer, on raw values, for every model of the catalogue.</summary>
[Collection(ServingDataCollection.Name)]
public sealed class ParityTests(ServingData data, ITestOutputHelper output)
{
    private const double Tolerance = 1e-6;
    private static readonly string[] CandidateFields = ["site", "app", "share", "tags"];

    public static TheoryData<string, bool> Models
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var model in ModelCase.All)
            {
                cases.Add(model.Name, false);
                cases.Add(model.Name, true);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void Score_EveryModel_GivesTheTrainersProbability(string name, bool regularised)
    {
        var model = ModelCase.Of(name);
        // Products of many factors grow beyond what a float can tell apart unless numbers are small.
        using var family = new TrainedFamily(data, TrainedFamily.Of(name, regularised ? model.Regularised : model.Plain), deviation: 0.15);
        using var scorer = family.Scorer(family.Content());
        Compare(scorer, family.Probabilities());
    }

    [Theory]
    [InlineData("relu")]
    [InlineData("silu")]
    [InlineData("dice")]
    [InlineData("prelu")]
    public void Score_TowersOfEachKind_GiveTheTrainersProbability(string activation)
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of(
            "DeepFM", $"{{ hidden_units: [150, 40, 7], activation: {activation}, batch_norm: true, dropout: 0.2 }}", dimension: 16));
        using var scorer = family.Scorer(family.Content());
        Compare(scorer, family.Probabilities());
    }

    [Theory]
    [InlineData(Fusion.Mean, true)]
    [InlineData(Fusion.Sum, true)]
    [InlineData(Fusion.Mean, false)]
    public void Score_AnEnsemble_GivesTheTrainersProbability(Fusion fusion, bool shared)
    {
        using var family = new TrainedFamily(
            data, TrainedFamily.Of("DCNv2", "{ hidden_units: [20, 8], batch_norm: true }", count: 3, shared: shared));
        using var scorer = family.Scorer(family.Content(fusion: fusion));
        Compare(scorer, family.Probabilities(fusion == Fusion.Mean ? Fusion.Mean : Fusion.Sum));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Score_OneMemberOfSeveral_GivesItsProbabilityAndLeavesTheOthersOut(bool shared)
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [20, 8] }", count: 3, shared: shared));
        using var scorer = family.Scorer(family.Content(members: [1]));
        Compare(scorer, family.Probabilities(member: 1));
        Assert.DoesNotContain(scorer.Package.Tensors.Keys, t => t.StartsWith("member0/", StringComparison.Ordinal)
            || t.StartsWith("member2/", StringComparison.Ordinal));
        Assert.Contains(scorer.Package.Tensors.Keys, t => t.StartsWith("member1/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(PackageWeights.Fp16, 5, 2e-3)]
    [InlineData(PackageWeights.Fp16, 16, 2e-3)]
    [InlineData(PackageWeights.Int8, 5, 3e-2)]
    [InlineData(PackageWeights.Int8, 16, 3e-2)]
    public void Score_SmallerWeights_StaysNear(PackageWeights weights, int dimension, double tolerance)
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [20, 8] }", dimension: dimension),
            deviation: 0.15);
        using var scorer = family.Scorer(family.Content(weights));
        var most = Compare(scorer, family.Probabilities(), tolerance);
        Assert.True(most > 0, "the weights are no smaller");
    }

    // What a model makes of a history alone is computed once for all candidates.
    [Theory]
    [InlineData("DIN", "attention_hidden_units: [9, 4], attention_activation: relu, use_softmax: true, hidden_units: [20, 8]")]
    [InlineData("DIN", "attention_hidden_units: [9], attention_activation: dice, hidden_units: [20, 8]")]
    [InlineData("DIEN", "attention_hidden_units: [9, 4], attention_activation: relu, hidden_units: [20, 8]")]
    [InlineData("DIEN", "attention_hidden_units: [9], gru_type: AIGRU, enable_sum_pooling: true, hidden_units: [20, 8]")]
    [InlineData("BST", "num_heads: 2, seq_pooling_type: mean, hidden_units: [20, 8]")]
    [InlineData("DMIN", "num_heads: 2, attention_hidden_units: [9], hidden_units: [20, 8]")]
    [InlineData("DMIN", "num_heads: 2, attention_hidden_units: [9, 4], use_pos_emb: false, enable_sum_pooling: true")]
    [InlineData("SIM", "num_heads: 2, top_k: 2, hidden_units: [20, 8]")]
    [InlineData("SIM", "num_heads: 2, top_k: 50, search_dim: 4, hidden_units: [20, 8]")]
    public void ScoreCandidates_AgainstOneHistory_GivesWhatEachHasAlone(string model, string with)
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of(model, $"{{ {with} }}", dimension: 6), deviation: 0.15);
        using var scorer = family.Scorer(family.Content());
        var whole = scorer.For<Shown>();
        var raw = Enumerable.Range(0, 300).Select(i => data.Raw[i % data.Raw.Count]);
        var items = raw.Select(r => new Item(r["site"], r["app"])).ToArray();
        var probabilities = new float[items.Length];
        foreach (var seen in (string[][])[[], [items[0].Site], [items[1].Site, "nowhere", items[2].Site, items[2].Site, items[3].Site]])
        {
            whole.ScoreCandidates(new Shown("d1", seen, "not read", "not read"), items, probabilities);
            for (var i = 0; i < items.Length; i++)
            {
                var alone = whole.Score(new Shown("d1", seen, items[i].Site, items[i].App));
                Assert.True(Math.Abs(alone - probabilities[i]) <= Tolerance, $"{seen.Length} seen, {i}: {probabilities[i]}, alone {alone}");
            }

            Assert.True(probabilities.Distinct().Count() > 5, "all candidates alike");
        }
    }

    [Theory]
    [InlineData("BST", "{ num_heads: 2, positions: time, hidden_units: [20, 8] }")]
    [InlineData("BST", "{ num_heads: 2, positions: time, seq_pooling_type: mean, transformer_blocks: 2, hidden_units: [20, 8] }")]
    [InlineData("DMIN", "{ num_heads: 2, positions: time, attention_hidden_units: [9], hidden_units: [20, 8] }")]
    [InlineData("SIM", "{ num_heads: 2, top_k: 2, positions: time, hidden_units: [20, 8] }")]
    public void Score_PositionsByTime_GivesTheTrainersProbability(string model, string options)
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of(model, options, dimension: 6), deviation: 0.15);
        using var scorer = family.Scorer(family.Content());
        var (expected, most) = (family.Probabilities(), 0.0);
        Compare(scorer, expected);
        // Typed, and with other times another probability.
        for (var row = 0; row < expected.Length; row++)
        {
            var (raw, batch) = (data.Raw[row], scorer.NewBatch(2));
            var same = batch.Add();
            var other = batch.Add();
            foreach (var field in scorer.Fields)
            {
                same.Set(field, raw[field]);
                other.Set(field, raw[field]);
            }

            if (raw["moment"].Length == 0 || raw["seen_times"].Length == 0)
                continue;
            var now = DateTimeOffset.FromUnixTimeSeconds(long.Parse(raw["moment"], System.Globalization.CultureInfo.InvariantCulture));
            same.Set("moment", now.ToOffset(TimeSpan.FromHours(-7)));
            same.SetTokens(scorer.FieldIndex("seen_times"), (IEnumerable<string?>)raw["seen_times"].Split(';'));
            other.Set("moment", now.AddDays(40));
            var found = new float[2];
            scorer.Score(batch, found);
            Assert.True(Math.Abs(expected[row] - found[0]) <= Tolerance, $"row {row}: {found[0]}, the trainer {expected[row]}");
            most = Math.Max(most, Math.Abs(expected[row] - found[1]));
        }

        Assert.True(most > 2 * Tolerance, $"times say nothing: {most}");
    }

    [Theory]
    [InlineData("BST", "{ num_heads: 2, positions: time, hidden_units: [20, 8] }")]
    [InlineData("BST", "{ num_heads: 2, positions: time, seq_pooling_type: mean, transformer_blocks: 2, hidden_units: [20, 8] }")]
    [InlineData("DMIN", "{ num_heads: 2, positions: time, attention_hidden_units: [9], hidden_units: [20, 8] }")]
    [InlineData("SIM", "{ num_heads: 2, top_k: 2, positions: time, hidden_units: [20, 8] }")]
    public void ScoreCandidates_AgainstOneDatedHistory_GivesWhatEachHasAlone(string model, string options)
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of(model, options, dimension: 6), deviation: 0.15);
        using var scorer = family.Scorer(family.Content());
        var whole = scorer.For<Dated>();
        var items = data.Raw.Select(r => new Item(r["site"], r["app"])).ToArray();
        var probabilities = new float[items.Length];
        var now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        foreach (var seen in (string[][])[[], [items[0].Site], [items[1].Site, "nowhere", items[2].Site, items[2].Site, items[3].Site, items[4].Site, "s3"]])
        {
            // More steps than there may be, the newest last.
            DateTimeOffset[] times = [.. seen.Select((_, i) => now.AddHours(-Math.Pow(3, seen.Length - i)))];
            whole.ScoreCandidates(new Dated("d1", seen, now, times, "not read", "not read"), items, probabilities);
            for (var i = 0; i < items.Length; i++)
            {
                var alone = whole.Score(new Dated("d1", seen, now, times, items[i].Site, items[i].App));
                Assert.True(Math.Abs(alone - probabilities[i]) <= Tolerance, $"{seen.Length} seen, {i}: {probabilities[i]}, alone {alone}");
            }

            var e = Assert.Throws<ConsortException>(() => whole.Score(new Dated("d1", [.. seen, "s3"], now, [.. times, now, now], "s3", "")));
            Assert.Equal($"column seen_times: found {seen.Length + 2} times beside {seen.Length + 1} step{(seen.Length == 0 ? "" : "s")}, expected as many times as seen has steps: {seen.Length + 1}, not {seen.Length + 2}", e.Message);
        }

        Assert.Equal("candidate fields: found 2 of seen_times, seen, moment, expected all of them or none: a history is dated by the row's time",
            Assert.Throws<ConsortException>(() => scorer.ForCandidates("seen", "seen_times", "site")).Message);
        Assert.Equal(4, scorer.ForCandidates("seen", "seen_times", "moment", "site").Fields.Count);
    }

    [Fact]
    public void Score_ABatchWithATimeAfterTheRow_NamesTheRowAndAnswersNone()
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of("BST", "{ num_heads: 2, positions: time, hidden_units: [20, 8] }", dimension: 6));
        using var scorer = family.Scorer(family.Content());
        var batch = scorer.NewBatch(20);
        for (var row = 0; row < 20; row++)
        {
            var added = batch.Add();
            added.Set("moment", "1700000000");
            added.SetList("seen", "s3", "s6");
            added.SetList<long>("seen_times", [1_600_000_000, row == 13 ? 1_700_000_001 : 1_700_000_000]);
        }

        var probabilities = new float[20];
        var e = Assert.Throws<ConsortException>(() => scorer.Score(batch, probabilities));
        Assert.Equal(13, e.Row);
        Assert.Contains("expected no time later than the row's own (moment): that of step 2 is", e.Message, StringComparison.Ordinal);
        Assert.All(probabilities, p => Assert.Equal(0, p));
    }

    private sealed record Dated(string Device, string[] Seen, DateTimeOffset Moment, DateTimeOffset[] SeenTimes, string Site, string App);

    private sealed record Item(string Site, string App);

    private sealed record Shown(string Device, string[] Seen, string Site, string App);

    [Theory]
    [InlineData("DIN", PackageWeights.Fp16, 2e-3)]
    [InlineData("DIN", PackageWeights.Int8, 3e-2)]
    [InlineData("DIEN", PackageWeights.Fp16, 2e-3)]
    [InlineData("BST", PackageWeights.Int8, 3e-2)]
    [InlineData("SIM", PackageWeights.Fp16, 2e-3)]
    public void Score_SmallerWeightsOfHistories_StaysNear(string model, PackageWeights weights, double tolerance)
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of(model, "{ hidden_units: [20, 8] }", dimension: 6), deviation: 0.15);
        using var scorer = family.Scorer(family.Content(weights));
        Assert.True(Compare(scorer, family.Probabilities(), tolerance) > 0, "the weights are no smaller");
    }

    private double Compare(Scorer scorer, double[] expected, double tolerance = Tolerance)
    {
        var most = 0.0;
        var found = new float[expected.Length];
        for (var row = 0; row < expected.Length; row++)
            found[row] = scorer.Score(data.Values(scorer, row));
        Check("one row");

        var batch = scorer.NewBatch(expected.Length);
        for (var row = 0; row < expected.Length; row++)
        {
            var added = batch.Add();
            foreach (var field in scorer.Fields)
                added.Set(field, data.Raw[row][field]);
        }

        scorer.Score(batch, found);
        Check("batch");

        // Rows that share the context of the first, as candidates and one by one.
        var candidates = scorer.ForCandidates(CandidateFields);
        var context = scorer.NewImpression();
        foreach (var field in scorer.Fields)
            context.Set(field, Encoding.UTF8.GetBytes(data.Raw[0][field]));
        candidates.Score(context, batch, found);
        var single = scorer.NewImpression();
        for (var row = 0; row < expected.Length; row++)
        {
            foreach (var field in scorer.Fields)
                single.Set(field, data.Raw[CandidateFields.Contains(field) ? row : 0][field]);
            var one = scorer.Score(single);
            Assert.True(Math.Abs(one - found[row]) <= Tolerance, $"candidate {row}: {found[row]}, alone {one}");
        }

        output.WriteLine($"largest difference {most:E1}");
        return most;

        void Check(string way)
        {
            for (var row = 0; row < expected.Length; row++)
            {
                var difference = Math.Abs(found[row] - expected[row]);
                Assert.True(difference <= tolerance, $"{way}, row {row}: {found[row]}, the trainer {expected[row]}");
                most = Math.Max(most, difference);
            }
        }
    }
}
