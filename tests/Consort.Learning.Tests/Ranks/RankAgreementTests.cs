using Consort.Foundation.Ranks;

namespace Consort.Learning.Tests.Ranks;

/// <summary>Ranks that are about to do different things are told so.</summary>
public sealed class RankAgreementTests
{
    [Fact]
    public void Check_AllAlike_SaysNothing() =>
        Assert.Equal([1, 2, 3], ThreadRanks.Run(3, rank =>
        {
            RankAgreement.Check(rank, ("version", "1.0"), ("rows", "abc"));
            return rank.Rank + 1;
        }));

    [Fact]
    public void Check_SeveralDifferences_AreNamedWithWhoElseDiffers()
    {
        var messages = ThreadRanks.Run(4, rank => Assert.Throws<ConsortException>(() => RankAgreement.Check(rank, rank.Rank == 1
            ? [("rows", "abd"), ("seed", "8"), ("dropout", "0.5")] : [("rows", rank.Rank == 3 ? "x" : "abc"), ("seed", "7")])));
        var host = Environment.MachineName;
        Assert.All(messages, m => Assert.True(m.IsOfAllRanks));
        Assert.All(messages, m => Assert.Equal(
            $"rank 1 on {host}: found rows abd, expected abc; seed 8, expected 7; dropout 0.5, expected nothing as on rank 0 on {host}; rank 3 differs too",
            m.Message));
    }

    [Fact]
    public void Check_OneHasSomethingElse_AllSayWhichAndWhat()
    {
        var messages = ThreadRanks.Run(3, rank => Assert.Throws<ConsortException>(
            () => RankAgreement.Check(rank, ("version", "1.0"), ("rows", rank.Rank == 2 ? "abd" : "abc"))).Message);
        var host = Environment.MachineName;
        Assert.All(messages, m => Assert.Equal($"rank 2 on {host}: found rows abd, expected abc as on rank 0 on {host}", m));
    }
}
