using System.Globalization;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Datasets;

/// <summary>Splits by what stands in the rows, and training rows that are left out.</summary>
public sealed class ColumnSplitTests : IDisposable
{
    private static readonly Schema Clicks = Schema.Load(OptionMap.Parse(
        "{delimiter: comma, fields: [{name: y, kind: label}, {name: n, kind: numeric}, {name: t, kind: time, zone: \"+02:00\", derive: [hour]}, "
        + "{name: user, kind: group}, {name: item, kind: categorical}]}", "s.yaml"));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // A row an hour; eleven users, of whom the last is not known.
    private string Rows(int count) => _folder.File("clicks.csv", string.Concat(Enumerable.Range(0, count).Select(i =>
        string.Create(CultureInfo.InvariantCulture,
            $"{(i % 4 == 0 ? 1 : 0)},{i},{new DateTime(2026, 11, 1).AddHours(i):s},{(i * 7 % 11 is var u and < 10 ? $"u{u}" : "")},i{i % 50}\n"))));

    private int[][] Encode(SplitPlan plan, string folder = "e", int threads = 2)
    {
        DatasetEncoder.Encode(new EncodeRequest(Clicks, plan, _folder.At(folder), threads));
        using var dataset = EncodedDataset.Open(_folder.At(folder));
        Assert.Equal(plan.Describe(), SplitPlan.Parse(dataset.SplitText, plan.Files).Describe());
        return [.. new[] { dataset.Train, dataset.Valid, dataset.Test }.Select(s => s is null ? [] : Row.Of(s)
            .Select(r => (int)r.Numeric[0]).ToArray())];
    }

    [Fact]
    public void ByTime_Dates_CutInTheFieldsZoneWithGapAndDaysLeftOut()
    {
        var plan = SplitPlan.ByTime([Rows(240)], TimeSplit.Of("t", new(2026, 11, 6), new(2026, 11, 8), 0.5, [new(2026, 11, 3)]));
        var splits = Encode(plan);
        DateTime Local(int i) => new DateTime(2026, 11, 1).AddHours(i + 2);
        Assert.All(splits[0], i => Assert.True(Local(i) < new DateTime(2026, 11, 5, 12, 0, 0) && Local(i).Day != 3));
        Assert.All(splits[1], i => Assert.InRange(Local(i), new DateTime(2026, 11, 6), new DateTime(2026, 11, 7, 11, 0, 0)));
        Assert.All(splits[2], i => Assert.True(Local(i) >= new DateTime(2026, 11, 8)));
        Assert.Equal([82, 36, 74], splits.Select(s => s.Length)); // 22 + 24 + 24 + 12 hours, a day and a half, the rest
    }

    [Fact]
    public void ByTime_RowWithoutTime_NamesIt()
    {
        var file = _folder.File("clicks.csv", "1,1,2026-11-01,u,i\n1,1,,u,i\n");
        Assert.EndsWith("clicks.csv:2, column t: found an empty cell, expected a time, by which rows are dealt to the splits",
            Assert.Throws<ConsortException>(() => Encode(SplitPlan.ByTime([file], TimeSplit.Of("t", null, new(2026, 11, 2), 0, [])))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ByGroup_Rows_NoUserInTwoSplits()
    {
        var splits = Encode(SplitPlan.ByColumn([Rows(1100)], null, 3, 0.5, 0.25, 0.25));
        Assert.Equal(Enumerable.Range(0, 1100), splits.SelectMany(s => s).Order());
        HashSet<int>[] users = [.. splits.Select(s => s.Select(i => i * 7 % 11).Where(u => u < 10).ToHashSet())];
        Assert.Equal(10, users.Sum(u => u.Count));
        Assert.All(users, Assert.NotEmpty);
        Assert.True(splits.Count(s => s.Any(i => i * 7 % 11 == 10)) > 1); // rows without a user go by themselves
        Assert.Equal(splits[0], Encode(SplitPlan.ByColumn([Rows(1100)], "user", 3, 0.5, 0.25, 0.25), "again", threads: 1)[0]);
        Assert.NotEqual(splits[0], Encode(SplitPlan.ByColumn([Rows(1100)], "item", 3, 0.5, 0.25, 0.25), "item")[0]);
    }

    [Theory]
    [InlineData("usr", "split: found no field named usr in the schema, expected one of its fields; did you mean user?")]
    [InlineData("y", "split: found column y of kind label, whose texts decide nothing; where it is no feature, make it kind: group")]
    public void ByHash_OddColumn_IsNamed(string column, string expected) =>
        Assert.Equal(expected, Assert.Throws<ConsortException>(() => Encode(SplitPlan.ByColumn([Rows(8)], column, 0))).Message);

    [Fact]
    public void Sample_Negatives_LeavesOutTrainingRowsWithoutClickAlone()
    {
        var plain = Encode(SplitPlan.BySeed([Rows(8000)], 5, 0.5, 0.25, 0.25), "plain");
        var plan = SplitPlan.BySeed([Rows(8000)], 5, 0.5, 0.25, 0.25) with { Sample = NegativeSample.Of(0.1, 9) };
        var sampled = Encode(plan, "sampled");
        Assert.Equal(plain[1], sampled[1]);
        Assert.Equal(plain[2], sampled[2]);
        Assert.Subset(plain[0].ToHashSet(), sampled[0].ToHashSet());
        Assert.Equal(plain[0].Where(i => i % 4 == 0), sampled[0].Where(i => i % 4 == 0));
        Assert.InRange(sampled[0].Count(i => i % 4 != 0) / (double)plain[0].Count(i => i % 4 != 0), 0.08, 0.12);
        Assert.Equal(sampled[0], Encode(plan, "again", threads: 1)[0]);
        using var dataset = EncodedDataset.Open(_folder.At("sampled"));
        Assert.Equal(Math.Log(0.1), dataset.Encoder.Schema.LogitShift);
        Assert.EndsWith("negatives 0.1 seed 9", dataset.SplitText, StringComparison.Ordinal);
        using var all = EncodedDataset.Open(_folder.At("plain"));
        Assert.Equal(0, all.Encoder.Schema.LogitShift);
    }

    [Fact]
    public void Load_Keys_MakeThePlan()
    {
        Rows(4);
        SplitPlan Of(string keys) => SplitPlan.Load(OptionMap.Parse($"{{source: clicks.csv, {keys}}}", "e.yaml"), _folder.Path);
        Assert.Equal("time t valid 2026-11-06T00:00:00.0000000 test 2026-11-07T12:00:00.0000000 gap 1 without 2026-11-02,2026-11-03",
            Of("by: time, column: t, valid_from: 2026-11-06, test_from: 2026-11-07T12:00, gap: 1, leave_out: [2026-11-02, 2026-11-03]").Describe());
        Assert.Equal("column * seed 4 shares 0.5 0.25 0.25 negatives 0.2 seed 1",
            Of("by: group, seed: 4, shares: [0.5, 0.25, 0.25], sample: {negatives: 0.2, seed: 1}").Describe());
        Assert.Equal("column a%20b seed 0 shares 0.8 0.1 0.1", Of("by: hash, column: a b").Describe());
        Assert.Equal("seed 0 shares 0.8 0.1 0.1", Of("by: seed").Describe());
        string Mistake(string keys) => Assert.Throws<ConsortException>(() => Of(keys)).Message;
        Assert.Contains("expected the test to begin later", Mistake("by: time, column: t, valid_from: 2026-11-06, test_from: 2026-11-05"),
            StringComparison.Ordinal);
        Assert.Contains("valid_from: found \"soon\", expected a time as ISO 8601", Mistake("by: time, column: t, valid_from: soon"), StringComparison.Ordinal);
        Assert.Contains("negatives", Mistake("sample: {negatives: 0}"), StringComparison.Ordinal);
        Assert.Contains("found by: hash without column", Mistake("by: hash"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("column: usr\nby: hash", "exp.yaml:1, key column: found no field named usr in the schema, expected one of its fields; did you mean user?")]
    [InlineData("by: time\ncolumn: user\nvalid_from: 2026-01-01", "exp.yaml:2, key column: found by: time with column user of kind")]
    [InlineData("by: seed\ncolumn: user", "exp.yaml:2, key column: found column user beside by: seed")]
    [InlineData("by: hash", "exp.yaml:1, key by: found by: hash without column")]
    [InlineData("by: seed\nshares: [0.5, 0.1, 0.1]", "exp.yaml:2, key shares: found shares 0.5, 0.1, 0.1")]
    [InlineData("by: time\ncolumn: user\nvalid_from: 2026-02-01\ntest_from: 2026-01-01", "exp.yaml:3, key valid_from: found valid_from")]
    public void Load_WordsThatDoNotFit_NameTheLine(string text, string expected)
    {
        var source = _folder.File("d.csv", "1,u\n");
        var map = OptionMap.Parse($"{text}\nsource: {source}", "exp.yaml");
        var schema = Schema.Load(OptionMap.Parse("{delimiter: comma, fields: [{name: y, kind: label}, {name: user, kind: categorical}]}", "s.yaml"));
        Assert.StartsWith(expected, Assert.Throws<ConsortException>(() => SplitPlan.Load(map, _folder.Path).Check(map, schema)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_OfACategoricalField_AreThoseOfOneOfKindGroup()
    {
        var rows = string.Concat(Enumerable.Range(0, 50).Select(i => $"{i % 2},u{i % 7},x\n"));
        EncodedDataset Encoded(string user, string name) => _folder.Encode(Schema.Load(OptionMap.Parse(
            $"{{delimiter: comma, fields: [{{name: y, kind: label}}, {{name: user, {user}}}, {{name: x, kind: categorical}}]}}", "s.yaml")), _folder.File("g.csv", rows), name);
        using var feature = Encoded("kind: categorical, group: true", "a");
        using var group = Encoded("kind: group", "b");
        Assert.Equal(["user", "x"], feature.Categorical.Select(c => c.Name));
        Assert.Equal(["x"], group.Categorical.Select(c => c.Name));
        Assert.Equal(GroupsOf(group), GroupsOf(feature));
        Assert.Equal(7, GroupsOf(feature).Distinct().Count());
        Assert.Contains("group: true belongs to kind categorical", Assert.Throws<ConsortException>(() => Encoded("kind: numeric, group: true", "c")).Message, StringComparison.Ordinal);

        static ulong[] GroupsOf(EncodedDataset dataset)
        {
            using var loader = new BatchLoader(dataset.Train, new LoaderOptions(50));
            loader.Start(0);
            return loader.Next()!.Groups.ToArray();
        }
    }
}
