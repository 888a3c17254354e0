using Consort.Foundation.Ranks;

namespace Consort.Learning.Tests.Ranks;

/// <summary>Records that ranks have for each other.</summary>
public sealed class RecordExchangeTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Exchange_RecordsAndAnswers_ComeToWhomTheyAreFor(int ranks)
    {
        var answers = ThreadRanks.Run(ranks, rank =>
        {
            var records = new RecordExchange(rank);
            using NativeBuffer<int> sent = new(100), received = new(100), answered = new(200), back = new(200);
            var at = 0;
            for (var to = 0; to < ranks; to++)
            {
                records.Counts[to] = (2 * rank.Rank) + to; // none for some
                for (var i = 0; i < records.Counts[to]; i++)
                    sent[at++] = (100 * rank.Rank) + (10 * to) + i;
            }

            records.Tell();
            Assert.Equal(Enumerable.Range(0, ranks).Select(from => (2 * from) + rank.Rank), records.Coming);
            Assert.Equal((at, records.Coming.Sum()), (records.Total, records.ComingTotal));
            records.There(sent, received, 1);
            at = 0;
            for (var from = 0; from < ranks; from++)
                for (var i = 0; i < records.Coming[from]; i++)
                    Assert.Equal((100 * from) + (10 * rank.Rank) + i, received[at++]);
            for (var i = 0; i < records.ComingTotal; i++)
                (answered[2 * i], answered[(2 * i) + 1]) = (received[i], rank.Rank);
            records.Back(answered, back, 2);
            return Enumerable.Range(0, records.Total).Select(i => (Asked: sent[i], Told: back[2 * i], By: back[(2 * i) + 1])).ToArray();
        });
        Assert.All(answers.SelectMany(a => a), a => Assert.Equal((a.Asked, a.Asked / 10 % 10), (a.Told, a.By)));
        Assert.Equal(ranks == 1 ? 0 : 1, Math.Sign(answers.Sum(a => a.Length)));
    }
}
