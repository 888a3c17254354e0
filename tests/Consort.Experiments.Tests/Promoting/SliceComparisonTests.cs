using Consort.Foundation.Numbers;
using Consort.Studies.Promoting;

namespace Consort.Experiments.Tests.Promoting;

public sealed class SliceComparisonTests
{
    private const int Rows = 8000, Values = 40;

    [Fact]
    public void Of_ModelsOfOneWorth_FindsNoWorseSlice()
    {
        // 20 × 40 slices without a difference: by Holm even one finding has a probability of 5 % a draw.
        var found = Enumerable.Range(0, 20).Count(draw => Compare((ulong)draw, worse: null).Any(s => s.IsWorse(0)));
        Assert.InRange(found, 0, 3);
    }

    [Fact]
    public void Of_AModelWorseForOneValue_NamesIt()
    {
        var slices = Compare(5, worse: 7);
        Assert.Equal(["v7"], slices.Where(s => s.IsWorse(0.01)).Select(s => s.Value));
        Assert.Equal("v7", slices[0].Value); // the worst stands first
        Assert.Equal("site", slices[0].Field);
    }

    [Fact]
    public void Of_SlicesOfFewRows_AreLeftOut() => Assert.Empty(Compare(5, worse: 7, least: Rows));

    private static IReadOnlyList<SliceComparison> Compare(ulong seed, int? worse, int least = 50)
    {
        var random = new CounterRandom(seed, "slices");
        var field = new Holdout.SlicedField("site");
        var (labels, first, second) = (new float[Rows], new float[Rows], new float[Rows]);
        var texts = new string?[Rows];
        for (var row = 0; row < Rows; row++)
        {
            var (value, z) = (row % Values, random.Normal((ulong)(4 * row)));
            labels[row] = random.Uniform((ulong)((4 * row) + 1)) < 1 / (1 + Math.Exp(-z)) ? 1 : 0;
            first[row] = (float)(z + (0.3 * random.Normal((ulong)((4 * row) + 2))) + (value == worse ? 2 : 0));
            second[row] = (float)(z + (0.3 * random.Normal((ulong)((4 * row) + 3))));
            texts[row] = $"v{value}";
        }

        field.Add(texts);
        var holdout = new Holdout([], Consort.Data.Sources.SourceCatalogue.BuiltIn,
            new Consort.Experiments.Running.RawRows(Consort.Data.Batches.UnknownColumns.PassOver, null));
        holdout.Fields.Add(field);
        return SliceComparison.Of(holdout, labels, first, second, [], least);
    }
}
