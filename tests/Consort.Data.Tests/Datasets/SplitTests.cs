using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Datasets;

public sealed class SplitTests : IDisposable
{
    private static readonly Schema Numbers = Schema.Load(OptionMap.Parse(
        "{fields: [{name: y, kind: label}, {name: n, kind: numeric}]}", "s.yaml"));

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Rows(string name, int from, int count) =>
        _folder.File(name, string.Concat(Enumerable.Range(from, count)
            .Select(i => string.Create(CultureInfo.InvariantCulture, $"{i % 2}\t{i}\n"))));

    private float[][] Encode(SplitPlan plan, string folder = "e")
    {
        DatasetEncoder.Encode(new EncodeRequest(Numbers, plan, _folder.At(folder), 2));
        using var dataset = EncodedDataset.Open(_folder.At(folder));
        return [.. new[] { dataset.Train, dataset.Valid, dataset.Test }.Select(s => s is null ? [] : Row.Of(s)
            .Select(r => r.Numeric[0]).ToArray())];
    }

    [Fact]
    public void InOrder_TwoFiles_CutsThroughThem()
    {
        var splits = Encode(SplitPlan.InOrder([Rows("a", 0, 60), Rows("b", 60, 40)], 0.7, 0.2, 0.1));
        Assert.Equal(Enumerable.Range(0, 70).Select(i => (float)i), splits[0]);
        Assert.Equal(Enumerable.Range(70, 20).Select(i => (float)i), splits[1]);
        Assert.Equal(Enumerable.Range(90, 10).Select(i => (float)i), splits[2]);
    }

    [Fact]
    public void BySeed_Rows_AreDealtOnceInOrderAndAboutByShares()
    {
        var source = Rows("a", 0, 20_000);
        var splits = Encode(SplitPlan.BySeed([source], 7));
        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => (float)i), splits.SelectMany(s => s).Order());
        Assert.All(splits, s => Assert.Equal(s.Order(), s));
        Assert.InRange(splits[0].Length, 15_800, 16_200);
        Assert.InRange(splits[1].Length, 1_850, 2_150);
        Assert.NotEqual(splits[0], Encode(SplitPlan.BySeed([source], 8), "other")[0]);
    }

    [Fact]
    public void BySeed_NoTestShare_LeavesNoTestRows()
    {
        var splits = Encode(SplitPlan.BySeed([Rows("a", 0, 1000)], 7, 0.9, 0.1, 0));
        Assert.Empty(splits[2]);
        Assert.Equal(1000, splits[0].Length + splits[1].Length);
    }

    [Fact]
    public void Shares_NotOne_AreRefused() =>
        Assert.Contains("a sum of 1", Assert.Throws<ConsortException>(() => SplitPlan.BySeed(["a"], 1, 0.8, 0.1, 0.2)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Load_Options_GivesThePlan()
    {
        string[] files = [Rows("a.tsv", 0, 1), Rows("b.tsv", 1, 1)];
        var map = OptionMap.Parse("{source: [a.tsv, absent.tsv | b.tsv], by: order, shares: [0.5, 0.25, 0.25]}", "e.yaml");
        var plan = SplitPlan.Load(map, _folder.Path);
        map.Close();
        Assert.Equal(SplitKind.InOrder, plan.Kind);
        Assert.Equal(files, plan.Files);
        Assert.Equal(0.25, plan.TestShare);
        Assert.Throws<ConsortException>(() => SplitPlan.Load(OptionMap.Parse("{valid: v}", "e.yaml"), "."));
    }

    [Fact]
    public void Parse_WhatDescribeWrote_IsTheSamePlan()
    {
        string[] files = ["a", "b", "c"];
        foreach (var plan in new[] { SplitPlan.Given(["a"], ["b"], ["c"]), SplitPlan.BySeed(files, 7, 0.7, 0.1, 0.2),
            SplitPlan.InOrder(files, 0.5, 0.25, 0.25) })
        {
            var again = SplitPlan.Parse(plan.Describe(), files);
            Assert.Equal((plan.Describe(), plan.Kind), (again.Describe(), again.Kind));
            Assert.Equal(plan.FileSplits, again.FileSplits);
        }
        foreach (var text in new[] { "", "given 01", "given 019", "seed x shares 1 0 0", "seed 1 shares 1 0", "order shares 1 1 1",
            "order shares a b c" })
            Assert.Throws<ConsortException>(() => SplitPlan.Parse(text, files));
    }
}
