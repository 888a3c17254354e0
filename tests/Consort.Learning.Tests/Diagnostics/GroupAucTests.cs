using Consort.Learning.Diagnostics;

namespace Consort.Learning.Tests.Diagnostics;

public sealed class GroupAucTests
{
    [Fact]
    public void Of_RandomGroups_MatchesThePlainFormula()
    {
        var random = new Random(3);
        var (logits, labels, groups) = (new float[500], new float[500], new int[500]);
        for (var i = 0; i < 500; i++)
            (logits[i], labels[i], groups[i]) = (random.Next(-6, 6) / 2f, random.Next(3) == 0 ? 1 : 0, random.Next(-1, 90));
        double weighted = 0;
        long rows = 0, oneClassRows = 0;
        int counted = 0, oneClass = 0;
        foreach (var group in Enumerable.Range(0, 500).Where(i => groups[i] >= 0).GroupBy(i => groups[i]))
        {
            double wins = 0, pairs = 0;
            foreach (var click in group.Where(i => labels[i] == 1))
            {
                foreach (var other in group.Where(i => labels[i] == 0))
                {
                    pairs++;
                    wins += logits[click] > logits[other] ? 1 : logits[click] == logits[other] ? 0.5 : 0;
                }
            }

            if (pairs == 0)
            {
                oneClass++;
                oneClassRows += group.Count();
                continue;
            }

            counted++;
            rows += group.Count();
            weighted += group.Count() * wins / pairs;
        }

        var found = GroupAuc.Of("user", logits, labels, groups);
        Assert.Equal(weighted / rows, found.Auc, 12);
        Assert.InRange(found.Auc, found.Low!.Value + 0.01, found.High!.Value - 0.01);
        Assert.Equal(new GroupAuc("user", found.Auc, counted, rows, oneClass, oneClassRows, groups.LongCount(g => g < 0)),
            found with { Low = null, High = null });
        Assert.True(oneClass > 0 && found.UngroupedRows > 0);
    }

    [Theory]
    [InlineData(40)]
    [InlineData(3000)]
    public void Of_GroupsWithRowsAlike_HasAnIntervalOfAsManyGroupsNotRows(int groups)
    {
        // Each group is right or wrong as a whole, with all of its four rows: its AUC is 1 or 0 with equal chance.
        const int Trials = 200;
        var (random, held, width) = (new Random(5), 0, 0.0);
        for (var trial = 0; trial < Trials; trial++)
        {
            var (logits, labels, numbers) = (new float[4 * groups], new float[4 * groups], new int[4 * groups]);
            for (var group = 0; group < groups; group++)
            {
                var isRight = random.Next(2) == 0;
                for (var row = 4 * group; row < (4 * group) + 4; row++)
                    (numbers[row], labels[row], logits[row]) = (group, row % 2, (row % 2 == 1) == isRight ? 1 : -1);
            }

            var found = GroupAuc.Of("user", logits, labels, numbers);
            held += found.Low <= 0.5 && found.High >= 0.5 ? 1 : 0;
            width += (found.High!.Value - found.Low!.Value) / Trials;
            if (groups > 1000 && trial == 19)
                break;
        }

        if (groups < 1000)
            Assert.InRange(held / (double)Trials, 0.9, 0.99);
        else
            width *= Trials / 20.0;
        Assert.InRange(width / (2 * 1.96 * 0.5 / Math.Sqrt(groups)), 0.9, 1.1);
    }

    [Fact]
    public void Of_NoGroupWithBothClasses_IsNaN()
    {
        var found = GroupAuc.Of("user", [1, 2, 3], [1, 1, 0], [4, 4, -1]);
        Assert.Equal(new GroupAuc("user", double.NaN, 0, 0, 1, 2, 1), found);
        Assert.Equal(double.NaN, GroupAuc.Of("user", [float.NaN, 2], [1, 0], [1, 1]).Auc);
    }
}
