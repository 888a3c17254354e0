using Consort.Compute.Cpu.Shards;
using Consort.Compute.Graphs;

namespace Consort.Compute.Tests.Cpu.Shards;

/// <summary>Ids of a batch in their new numbers, beside a plain dictionary.</summary>
public sealed class BatchIdsTests
{
    private const int Rows = 50;

    // Columns 0 and 2 have one vocabulary, and column 3 is a list over that of column 1.
    private static readonly IdRange[] Whole =
        [new(0, 1000), new(1000, 77), new(0, 1000), new(1000, 77) { List = new IdList(4, IsWeighted: true) }];
    private static readonly IdRange[] Few =
        [new(0, 100), new(100, 77), new(0, 100), new(100, 77) { List = new IdList(4, IsWeighted: true) }];

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Take_ABatch_NumbersEachIdOnce(int ranks)
    {
        var map = new ShardMap(new Graph(Whole, 0), new Graph(Whole, 0), new Graph(Few, 0), ranks);
        using var batch = new BatchIds(map, new Graph(Few, 0), Rows);
        var random = new Random(1);
        for (var round = 0; round < 3; round++)
        {
            var (ids, lists) = Draw(random);
            batch.Take(ids, lists, Rows);
            var numbers = new Dictionary<int, int>();
            for (var row = 0; row < Rows; row++)
            {
                for (var column = 0; column < 3; column++)
                    Note(ids[(row * 4) + column], batch.Ids[(row * 4) + column]);
                var start = ids[(row * 4) + 3];
                Assert.Equal(start, batch.Ids[(row * 4) + 3]);
                Assert.Equal(lists[start], batch.Lists[start]);
                for (var i = 1; i <= lists[start]; i++)
                {
                    Note(lists[start + i], batch.Lists[start + i]);
                    Assert.Equal(lists[start + lists[start] + i], batch.Lists[start + lists[start] + i]); // weights stay
                }
            }

            Assert.Equal(numbers.Count, numbers.Values.Distinct().Count());
            Assert.Equal(numbers.Count, batch.Counts.Sum());
            var at = 0;
            for (var rank = 0; rank < ranks; rank++)
                for (var end = at + batch.Counts[rank]; at < end; at++)
                {
                    Assert.Equal(rank, batch.Sorted[at] % ranks);
                    Assert.Equal(numbers[batch.Sorted[at]], batch.Places[at] + (batch.Sorted[at] < 1000 ? 0 : 100));
                    Assert.True(numbers.Remove(batch.Sorted[at]));
                }

            Assert.Empty(numbers);

            void Note(int id, int number)
            {
                Assert.InRange(number, id < 1000 ? 0 : 100, id < 1000 ? 99 : 176);
                numbers.TryAdd(id, number);
                Assert.Equal(number, numbers[id]);
            }
        }
    }

    [Fact]
    public void Find_ManyIds_AreToldApart()
    {
        using var places = new IdPlaces(3000);
        for (var round = 0; round < 2; round++)
        {
            var expected = new Dictionary<int, int>();
            var random = new Random(round);
            while (expected.Count < 3000)
            {
                var id = random.Next(round == 0 ? 4000 : int.MaxValue);
                ref var place = ref places[id];
                Assert.Equal(expected.GetValueOrDefault(id), place);
                if (place == 0)
                    expected[id] = place = expected.Count + 1;
            }

            places.Clear();
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    public void Map_AllIds_FillEachRankOnce(int ranks)
    {
        var map = new ShardMap(new Graph(Whole, 0), new Graph(Whole, 0), new Graph(Few, 0), ranks);
        var taken = new HashSet<(int, int, int)>();
        for (var id = 0; id < 1077; id++)
        {
            var vocabulary = map.Of(id);
            Assert.Equal(id < 1000 ? 0 : 1, vocabulary);
            Assert.True(taken.Add((map.RankOf(id), vocabulary, map.Within(vocabulary, id))));
            Assert.InRange(map.Within(vocabulary, id), 0, ((map.Size(vocabulary) + ranks - 1) / ranks) - 1);
        }
    }

    private static (int[] Ids, int[] Lists) Draw(Random random)
    {
        var (ids, lists) = (new List<int>(), new List<int>());
        for (var row = 0; row < Rows; row++)
        {
            ids.AddRange([random.Next(1000), 1000 + random.Next(77), random.Next(20), lists.Count]);
            var length = random.Next(5);
            lists.Add(length);
            for (var i = 0; i < length; i++)
                lists.Add(1000 + random.Next(77));
            for (var i = 0; i < length; i++)
                lists.Add(BitConverter.SingleToInt32Bits(random.NextSingle()));
        }

        return ([.. ids], [.. lists]);
    }
}
