namespace Consort.Serving.Tests;

/// <summary>A value by which the model's logit overflows: refused with row and column, whatever way it came in.</summary>
[Collection(AloneCollection.Name)]
public sealed class NotFiniteTests : IDisposable
{
    private const string Expected =
        "column price: found about 1E+30, by which the model's logit is not finite, expected a number nearer to the training rows'";
    private readonly ServingData _data;
    private readonly TrainedFamily _family;
    private readonly Scorer _scorer;

    public NotFiniteTests(ServingData data)
    {
        _data = data;
        _family = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [20, 8] }"));
        _scorer = _family.Scorer(_family.Content());
    }

    public void Dispose()
    {
        _scorer.Dispose();
        _family.Dispose();
    }

    [Fact]
    public void Score_OneImpression_NamesTheColumn()
    {
        var impression = _scorer.NewImpression();
        impression.Set("site", "s3");
        var before = _scorer.Score(impression);
        impression.Set("price", 1e30);
        var e = Assert.Throws<ConsortException>(() => { _scorer.Score(impression); });
        Assert.StartsWith(Expected, e.Message, StringComparison.Ordinal);
        Assert.Null(e.Row);
        Assert.Throws<ConsortException>(() => _scorer.Logits(impression, new float[1]));
        // Nothing of it stays behind.
        impression.Set("price", "");
        Assert.Equal(before, _scorer.Score(impression));
    }

    [Theory]
    [InlineData(3, 2)] // row by row
    [InlineData(20, 11)]
    [InlineData(300, 299)] // in the second piece of a batch
    public void Score_Batch_NamesTheRow(int rows, int bad)
    {
        var batch = _scorer.NewBatch(rows);
        for (var row = 0; row < rows; row++)
            batch.Add().Set("price", row == bad ? 1e30 : row);
        var room = new float[rows];
        AssertRow(bad, () => _scorer.Score(batch, room));
        Assert.All(room, p => Assert.InRange(p, 0, 1)); // no logit and no NaN stays with the caller
        AssertRow(bad, () => _scorer.FusedLogits(batch, new float[rows]));
        AssertRow(bad, () => _scorer.ForCandidates("price").Score(_scorer.NewImpression(), batch, room));
        Assert.All(room, p => Assert.Equal(0, p));
        AssertRow(bad, () => _scorer.For<Priced>()
            .Score([.. Enumerable.Range(0, rows).Select(r => new Priced(r == bad ? 1e30 : r))], new float[rows]));
    }

    [Fact]
    public void Score_CandidatesOfAContextThatOverflows_NamesTheFirst()
    {
        var (context, batch) = (_scorer.NewImpression(), _scorer.NewBatch(12));
        context.Set("price", 1e30);
        for (var row = 0; row < 12; row++)
            batch.Add().Set("site", "s3");
        AssertRow(0, () => _scorer.ForCandidates("site").Score(context, batch, new float[12]));
    }

    [Fact]
    public void Score_NumbersLikeTraining_BlamesTheWeights()
    {
        using var wild = new TrainedFamily(_data, TrainedFamily.Of("DeepFM", "{ hidden_units: [20, 8] }"), deviation: 1e25);
        using var scorer = wild.Scorer(wild.Content());
        var impression = scorer.NewImpression();
        impression.Set("price", 50);
        var e = Assert.Throws<ConsortException>(() => { scorer.Score(impression); });
        Assert.Contains("so the weights are at fault; train again with a lower learning_rate", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AddEncoded_NotFinite_IsRefused()
    {
        var (ids, numbers) = (new int[_scorer.Encoder.Space.Categorical.Count], new float[_scorer.Encoder.Space.Numeric.Count]);
        var lists = new int[_scorer.Encoder.Space.ListRoom];
        _scorer.Encoder.Clear(ids, numbers, lists);
        numbers[0] = float.NaN;
        var e = Assert.Throws<ConsortException>(() => _scorer.NewBatch(1).AddEncoded(ids, numbers, lists));
        Assert.Equal("column price: found NaN, expected a finite number", e.Message);
    }

    private static void AssertRow(int row, Action score)
    {
        var e = Assert.Throws<ConsortException>(score);
        Assert.Equal(row, e.Row);
        Assert.StartsWith($"row {row}: {Expected}", e.Message, StringComparison.Ordinal);
        Assert.StartsWith(Expected, e.Detail, StringComparison.Ordinal);
    }

    private sealed record Priced(double Price);
}
