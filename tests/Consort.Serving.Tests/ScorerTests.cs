using System.Text;
using Consort.Serving.Calibrations;

namespace Consort.Serving.Tests;

[Collection(AloneCollection.Name)]
public sealed class ScorerTests : IDisposable
{
    private readonly ServingData _data;
    private readonly TrainedFamily _family;
    private readonly Scorer _scorer;

    public ScorerTests(ServingData data)
    {
        _data = data;
        _family = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [20, 8], batch_norm: true }"));
        _scorer = _family.Scorer(_family.Content());
    }

    public void Dispose()
    {
        _scorer.Dispose();
        _family.Dispose();
    }

    [Fact]
    public void Score_Repeatedly_AllocatesNothing()
    {
        var values = _data.Values(_scorer, 0);
        var impression = _scorer.NewImpression();
        var batch = _scorer.NewBatch(100);
        var candidates = _scorer.ForCandidates("site", "app");
        var typed = _scorer.For<Offer>();
        var items = Enumerable.Range(0, 100).Select(i => new Item($"a{i}")).ToArray();
        var rows = Enumerable.Range(0, 100).Select(i => new Offer("s3", i, "d1", null)).ToArray();
        var probabilities = new float[100];
        for (var i = 0; i < 3; i++)
            Everything();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 20; i++)
            Everything();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Everything()
        {
            _scorer.Score(values);
            impression.Set("site", "a-rather-long-site-name-4.example");
            impression.Set("price", 12.5);
            impression.Set("visits", 12);
            _scorer.Score(impression);
            batch.Clear();
            for (var i = 0; i < 100; i++)
                batch.Add().Set("site", "s6"u8);
            _scorer.Score(batch, probabilities);
            candidates.Score(impression, batch, probabilities);
            typed.Score(rows[3]);
            typed.Score(rows, probabilities);
            typed.ScoreCandidates(rows[3], items, probabilities);
        }
    }

    [Fact]
    public void Score_FromManyThreads_GivesTheSame()
    {
        var expected = Enumerable.Range(0, ServingData.NewRows).Select(r => _scorer.Score(_data.Values(_scorer, r))).ToArray();
        Parallel.For(0, 2000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.Equal(expected[i % expected.Length], _scorer.Score(_data.Values(_scorer, i % expected.Length))));
    }

    [Fact]
    public void Score_TypedRows_GiveWhatRawValuesGive()
    {
        var typed = _scorer.For<Offer>();
        Assert.Equal(["price", "site", "device", "visits"], typed.Fields);
        Offer[] rows = [new("s3", 12.25, "d7", 40), new(null, double.Epsilon, "d1", null), new("not seen", 1e9, "", -3)];
        var probabilities = new float[rows.Length];
        typed.Score(rows, probabilities);
        for (var i = 0; i < rows.Length; i++)
        {
            var impression = _scorer.NewImpression();
            impression.Set("site", rows[i].Site);
            impression.Set("price", Encoding.UTF8.GetBytes(rows[i].Cost.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
            impression.Set("device", rows[i].Device);
            if (rows[i].Visits is { } visits)
                impression.Set("visits", visits);
            Assert.Equal(_scorer.Score(impression), typed.Score(rows[i]));
            Assert.Equal(_scorer.Score(impression), probabilities[i], 1e-6f);
        }
    }

    [Fact]
    public void For_NamesAsCSharpWritesThem_AreTheFields()
    {
        var impression = _scorer.NewImpression();
        impression.Set("site", "s3");
        Assert.Equal(_scorer.Score(impression), _scorer.For<Spelled>().Score(new Spelled("s3", 7)));
    }

    [Fact]
    public void For_RowsThatDoNotFit_SaysWhy()
    {
        Assert.StartsWith("Stray.Prize: is not one that the model reads; did you mean price?",
            Assert.Throws<ConsortException>(() => _scorer.For<Stray>()).Message, StringComparison.Ordinal);
        Assert.Contains("\"sight\"", Assert.Throws<ConsortException>(() => _scorer.For<Misspelt>()).Message, StringComparison.Ordinal);
        Assert.Contains("StringBuilder", Assert.Throws<ConsortException>(() => _scorer.For<Unreadable>()).Message,
            StringComparison.Ordinal);
        Assert.Contains("no property", Assert.Throws<ConsortException>(() => _scorer.For<Version>()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_TypedLists_GiveWhatTextsGive()
    {
        var impression = _scorer.NewImpression();
        impression.Set("seen", "s3;s6;s3");
        impression.Set("tags", "tag1;7");
        var expected = _scorer.Score(impression);
        Assert.Equal(expected, _scorer.For<Visit>().Score(new Visit(["s3", "s6", "s3"], ["tag1", "7"])));
        Assert.Equal(expected, _scorer.For<VisitOf<List<string>, IEnumerable<string>>>().Score(new(["s3", "s6", "s3"], new Queue<string>(["tag1", "7"]))));
        impression.SetList("seen", "s3", "s6", "s3");
        Assert.Equal(expected, _scorer.Score(impression));
        impression.Set("tags", "7;8");
        impression.Set("seen", "");
        expected = _scorer.Score(impression);
        Assert.Equal(expected, _scorer.For<VisitOf<string[]?, int[]>>().Score(new(null, [7, 8])));
        Assert.Equal(expected, _scorer.For<VisitOf<string?[], List<long>>>().Score(new([], [7, 8])));
        impression.SetList("tags", (ReadOnlySpan<int>)[7, 8]);
        Assert.Equal(expected, _scorer.Score(impression));
        impression.Set("seen", "s3;;s6");
        expected = _scorer.Score(impression);
        Assert.Equal(expected, _scorer.For<VisitOf<string?[], string?[]>>().Score(new(["s3", null, "s6"], ["7", null, "", "8"])));
        impression.Set("seen", "s3;s6");
        Assert.NotEqual(expected, _scorer.Score(impression));
        Assert.Contains("field price is no list",
            Assert.Throws<ConsortException>(() => _scorer.For<Prices>()).Message, StringComparison.Ordinal);
        Assert.Contains("column price: found a list", Assert.Throws<ConsortException>(() => impression.SetList("price", "1")).Message,
            StringComparison.Ordinal);
    }

    private sealed record Visit(string[] Seen, string[] Tags);

    private sealed record VisitOf<TSeen, TTags>(TSeen Seen, TTags Tags);

    private sealed record Prices(float[] Price);

    [Fact]
    public void Set_AMistake_NamesTheFieldAndWhatWasExpected()
    {
        var impression = _scorer.NewImpression();
        Assert.Contains("column price: found \"abc\"", Assert.Throws<ConsortException>(() => impression.Set("price", "abc")).Message,
            StringComparison.Ordinal);
        Assert.Contains("did you mean", Assert.Throws<ConsortException>(() => impression.Set("prise", "1")).Message,
            StringComparison.Ordinal);
        Assert.Contains("not one that the model reads", Assert.Throws<ConsortException>(() => impression.Set("id", "1")).Message,
            StringComparison.Ordinal);
        Assert.Contains("expected 15", Assert.Throws<ConsortException>(() => _scorer.Score([])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Score_AnImpressionOfAnotherScorer_IsRefused()
    {
        using var other = _family.Scorer(_family.Content());
        Assert.Throws<ArgumentException>(() => _scorer.Score(other.NewImpression()));
        Assert.Throws<ArgumentException>(() => _scorer.Score(other.NewBatch(1), []));
    }

    [Fact]
    public void AddEncoded_AnIdOfAnotherColumn_IsRefused()
    {
        var batch = _scorer.NewBatch(1);
        var ids = new int[_scorer.Encoder.Space.Categorical.Count];
        Array.Fill(ids, int.MaxValue);
        Assert.Contains("expected 0 to", Assert.Throws<ConsortException>(() => batch.AddEncoded(ids, new float[3])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void CountUnseen_OfNewTokens_CountsThem()
    {
        var impression = _scorer.NewImpression();
        Assert.Equal(0, impression.CountUnseen());
        impression.Set("site", "never");
        impression.Set("app", "never");
        Assert.Equal(2, impression.CountUnseen());
    }

    [Fact]
    public void Score_Calibrated_AppliesItLast()
    {
        var platt = new Calibration { Kind = CalibrationKind.Platt, Slope = 0.5, Intercept = -1 };
        using var calibrated = _family.Scorer(_family.Content(calibration: platt));
        var isotonic = new Calibration { Kind = CalibrationKind.Isotonic, Logits = [-1, 1], Probabilities = [0.1, 0.3] };
        using var stepped = _family.Scorer(_family.Content(calibration: isotonic));
        for (var row = 0; row < 50; row++)
        {
            var p = _scorer.Score(_data.Values(_scorer, row));
            var z = Math.Log(p / (1.0 - p));
            Assert.Equal(1 / (1 + Math.Exp(1 - (0.5 * z))), calibrated.Score(_data.Values(calibrated, row)), 1e-4);
            Assert.Equal(Math.Clamp(0.2 + (0.1 * z), 0.1, 0.3), stepped.Score(_data.Values(stepped, row)), 1e-4);
        }
    }

    [Fact]
    public void Dispose_WithoutCalls_EndsThem()
    {
        var scorer = _family.Scorer(_family.Content());
        var impression = scorer.NewImpression();
        scorer.Score(impression);
        scorer.Dispose();
        scorer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => scorer.Score(impression));
    }

    private sealed record Item(string App);

    private sealed record Offer(string? Site, [property: ImpressionField("price")] double Cost,
        [ImpressionField("device")] string Device, int? Visits);

    private sealed record Stray(string Site, double Prize);

    private sealed record Spelled(string S_ite, [property: ImpressionIgnore] int Request);

    private sealed record Misspelt([property: ImpressionField("sight")] string Site);

    private sealed record Unreadable(StringBuilder Site);
}
