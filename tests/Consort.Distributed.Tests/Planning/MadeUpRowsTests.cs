using Consort.Data.Batches;
using Consort.Data.Schemas;
using Consort.Distributed.Planning;

namespace Consort.Distributed.Tests.Planning;

/// <summary>Rows that are made up to measure steps over them.</summary>
public sealed class MadeUpRowsTests
{
    private static readonly Schema Schema = new()
    {
        Fields =
        [
            new("click", FieldKind.Label),
            new("now", FieldKind.Time) { Derive = [TimePart.Hour, TimePart.Weekday] },
            new("price", FieldKind.Numeric),
            new("item", FieldKind.Categorical),
            new("seen", FieldKind.Sequence) { Share = "item", List = new FieldList { MaxLength = 20 } },
            new("seen_times", FieldKind.Sequence) { Ages = new("seen", "now") { Buckets = 8 }, List = new FieldList { MaxLength = 20 } },
            new("tags", FieldKind.List) { List = new FieldList { MaxLength = 4, WeightSplitter = new(":") } },
            new("age", FieldKind.Numeric) { Transform = new(TransformKind.Piecewise, 8) },
        ],
    };

    [Theory]
    [InlineData(3)]
    [InlineData(12)]
    [InlineData(20)]
    public void Fill_OfASchema_HasHistoriesOfTheMeanLength(double length)
    {
        var rows = MadeUpRows.Of(Schema, length);
        Assert.Equal(["now_hour", "now_weekday", "item", "seen", "seen_times", "tags", "age"], rows.Space.Categorical.Select(c => c.Name));
        Assert.Equal(["price"], rows.Space.Numeric);
        Assert.Equal([1, 1, 1, length, length, Math.Min(4, length), 2], rows.Lengths);
        Assert.Equal([1, 1, 1 + length, Math.Min(4, length), 2], rows.IdsOfVocabularies);
        Assert.Equal(rows.Space.Categorical[2].Offset, rows.Space.Categorical[3].Offset);
        using var batch = new Batch(4000, rows.Space, truth: false);
        rows.Fill(batch);
        Assert.Equal(4000, batch.Rows);
        var sums = new double[rows.Space.Categorical.Count];
        for (var row = 0; row < batch.Rows; row++)
        {
            for (var column = 0; column < sums.Length; column++)
            {
                var known = rows.Space.Categorical[column];
                var ids = batch.IdsOf(row, column);
                sums[column] += ids.Length;
                foreach (var id in ids)
                    Assert.InRange(id, known.Offset + 1, known.Offset + known.Size - 1);
            }

            Assert.Equal(batch.IdsOf(row, 3).Length, batch.IdsOf(row, 4).Length); // a time for each step
        }

        Assert.All(sums.Zip(rows.Lengths), s => Assert.Equal(s.Second, s.First / batch.Rows, 0.05 * s.Second));
    }

    [Fact]
    public void Distinct_OfLongHistories_IsThatOfAsManyRows()
    {
        var tokens = new EqualFields([1, 5], 20_000, 1.1);
        var one = new Vocabulary(10_000, 1.1);
        Assert.Equal(one.Distinct(300) + one.Distinct(1500), tokens.Distinct(300), 1e-6);
        Assert.Equal(2 * one.Distinct(300), new EqualFields(2, 20_000, 1.1).Distinct(300), 1e-6);
    }
}
