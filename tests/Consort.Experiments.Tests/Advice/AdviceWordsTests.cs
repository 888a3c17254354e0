using Consort.Foundation.Numbers;
using Consort.Learning.Evaluation;
using Consort.Studies.Advice;

namespace Consort.Experiments.Tests.Advice;

/// <summary>Answers do not contradict what the test rows say.</summary>
public sealed class AdviceWordsTests
{
    private const int Rows = 4000;

    [Fact]
    public void Of_TestRowsRefuteTheChoice_SaysSoAndShipsNothing()
    {
        Tried[] tried = [Make("LR", 0.70, noise: 1, micros: 1), Make("DeepFM", 0.75, noise: 6, micros: 5)];
        var answers = Answers(tried, tried[1]);
        Assert.Contains("the test rows refute it: beside LR −0.", answers["best accuracy"], StringComparison.Ordinal);
        Assert.StartsWith("LR, 1.00 µs", answers["best per microsecond"], StringComparison.Ordinal);
        Assert.StartsWith("consort tune", answers["next"], StringComparison.Ordinal);
        Assert.DoesNotContain("consort pack", answers["next"], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_CheapOneThatLosesMoreThanCounts_IsNotNamed()
    {
        Tried[] tried = [Make("LR", 0.70, noise: 2, micros: 1), Make("DeepFM", 0.75, noise: 1, micros: 5)];
        var answers = Answers(tried, tried[1]);
        Assert.DoesNotContain("refute", answers["best accuracy"], StringComparison.Ordinal);
        Assert.StartsWith("DeepFM itself", answers["best per microsecond"], StringComparison.Ordinal);
        Assert.StartsWith("consort pack", answers["next"], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_AnAverageAhead_EverythingIsStillSetBesideTheBestOne()
    {
        Tried[] tried = [Make("LR", 0.70, noise: 2, micros: 1), Make("DeepFM", 0.75, noise: 1, micros: 5), Make("2 x DeepFM averaged", 0.76, noise: 1, micros: 10, hasRun: false)];
        var answers = Answers(tried, tried[1]);
        Assert.StartsWith("DeepFM: test AUC", answers["best accuracy"], StringComparison.Ordinal);
        Assert.Contains("beside LR, the next", answers["best accuracy"], StringComparison.Ordinal);
        Assert.StartsWith("DeepFM itself", answers["best per microsecond"], StringComparison.Ordinal);
        Assert.StartsWith("consort pack", answers["next"], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_TwoThatCostTheSame_NamesTheBetter()
    {
        Tried[] tried = [Make("DeepFM", 0.75, noise: 1, micros: 5), Make("DeepFM taught by 4", 0.76, noise: 1, micros: 5)];
        Assert.StartsWith("DeepFM taught by 4 itself", Answers(tried, tried[0])["best per microsecond"], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_ADifferenceNextToNothing_HasOneSignOrNone()
    {
        Tried[] tried = [Make("LR", 0.70, noise: 1, micros: 1), Make("FM", 0.75, noise: 1, micros: 5)];
        Assert.DoesNotContain("-+", Answers(tried, tried[1])["best accuracy"], StringComparison.Ordinal);
    }

    [Fact]
    public void Of_CutShort_AsksForMinutes()
    {
        var one = Make("DeepFM", 0.75, noise: 1, micros: 5);
        one = one with { Line = one.Line with { IsCut = true } };
        Assert.Equal("the same call with --minutes 4: DeepFM was cut short", Answers([one], one)["next"]);
    }

    [Theory]
    [InlineData(1.2, "consort tune", "LightGBM is ahead, but a package holds")]
    [InlineData(2.0, "consort pack", "LightGBM is not surely better")]
    public void Of_TreesOnTop_SaysWhyTheyAreNotPacked(double noise, string next, string why)
    {
        Tried[] tried = [Make("DeepFM", 0.70, noise: 2, micros: 5), Make("LightGBM", 0.75, noise, micros: 9, hasRun: false)];
        var answer = Answers(tried, tried[0])["next"];
        Assert.StartsWith(next, answer, StringComparison.Ordinal);
        Assert.Contains(why, answer, StringComparison.Ordinal);
    }

    private static Dictionary<string, string> Answers(Tried[] tried, Tried best) =>
        AdviceWords.Of(tried, best, null, null, null, minutes: 2).ToDictionary();

    // Logits that know the label but for noise.
    private static Tried Make(string name, double validAuc, double noise, double micros, bool hasRun = true)
    {
        var random = new CounterRandom(7, "rows");
        float[] labels = [.. Enumerable.Range(0, Rows).Select(r => r % 2)];
        float[] logits = [.. labels.Select((y, r) => (float)((y - 0.5 + noise * (random.Uniform((ulong)r) - 0.5)) / noise))];
        var rows = new RowLogits(labels, logits, []);
        var metrics = Consort.Studies.Baselines.SplitLabels.Measure(rows);
        var line = new AdviceLine(name, hasRun ? name : null, validAuc, metrics.Auc, metrics.LogLoss, micros, Seconds: 1, IsCut: false);
        return new Tried(line, rows, rows);
    }
}
