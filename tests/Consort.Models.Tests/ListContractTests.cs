using Consort.Data.Schemas;

namespace Consort.Models.Tests;

/// <summary>What every model of the catalogue must hold where columns are lists.</summary>
public sealed class ListContractTests
{
    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Forward_ListsOfOneId_GiveTheLogitsOfTokens(string name)
    {
        const int Rows = 40;
        var tokens = Spaces.For(name, "mixed");
        foreach (var pooling in Enum.GetValues<ListPooling>())
            foreach (var isWeighted in pooling == ListPooling.Max ? [false] : new[] { false, true })
            {
                var shape = new ListShape(3, pooling, IsWeighted: isWeighted);
                var lists = new FeatureSpace(
                    [.. tokens.Categorical.Select((c, i) => i == 1 ? c with { List = shape } : c)], tokens.Numeric);
                using var expected = new Rig<float>(ModelCase.Of(name).Family(regularised: true), tokens, Rows);
                using var found = new Rig<float>(ModelCase.Of(name).Family(regularised: true), lists, Rows);
                expected.Randomise(1);
                found.Randomise(1);
                expected.Draw(Rows, 2);
                expected.Numeric.CopyTo(found.Numeric, 0);
                for (var row = 0; row < Rows; row++)
                    for (var column = 0; column < tokens.Categorical.Count; column++)
                        found.Put(row, column, tokens.Categorical[column].List is null
                            ? [expected.Ids[(row * tokens.Categorical.Count) + column]] : expected.ListOf(row, column));
                Assert.Equal(expected.Logits(Rows), found.Logits(Rows));
            }
    }

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Backward_Lists_EqualsFiniteDifferences(string name)
    {
        const int Rows = 4;
        foreach (var regularised in new[] { false, true })
        {
            using var rig = new Rig<double>(ModelCase.Of(name).Family(regularised, members: 2), Spaces.Lists, Rows);
            rig.Randomise(3);
            rig.Draw(Rows, 6);
            Assert.True(Gradients.LargestError(rig, Rows) < 1e-6, $"{name}, regularised {regularised}: {Gradients.LargestError(rig, Rows)}");
        }
    }

    [Theory]
    [MemberData(nameof(ModelCase.Names), MemberType = typeof(ModelCase))]
    public void Train_Lists_LearnsAndStaysFinite(string name)
    {
        const int Rows = 64;
        using var rig = new Rig<float>(ModelCase.Of(name).Family(regularised: true), Spaces.Lists, Rows);
        rig.Draw(Rows, 8);
        var lengths = Enumerable.Range(0, Rows).Select(r => rig.Lists[rig.Ids[(r * Spaces.Lists.Categorical.Count) + 1]]).ToHashSet();
        Assert.Equal([0, 1, 2, 3], lengths.Order());
        var losses = Enumerable.Range(1, 30).Select(step => rig.Train(Rows, (ulong)step)).ToArray();
        Assert.All(rig.Numbers(), n => Assert.True(float.IsFinite(n)));
        Assert.True(losses[^5..].Average() < losses[..5].Average(), $"{losses[0]} to {losses[^1]}");
    }
}
