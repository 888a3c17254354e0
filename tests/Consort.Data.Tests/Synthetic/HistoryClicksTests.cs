using System.Globalization;
using System.Runtime.InteropServices;
using Consort.Foundation.Options;
using Consort.Synthetic.Histories;

namespace Consort.Data.Tests.Synthetic;

public sealed class HistoryClicksTests : IDisposable
{
    private static readonly SyntheticHistoryOptions Few = new() { Items = 12, Categories = 4 };
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-histories-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2, 2)]
    [InlineData(0, 0)]
    [InlineData(0, 1, 2, 1, 0)]
    [InlineData(1, 1, 3, 2, 2, 1)]
    [InlineData(3, 2, 3, 0)]
    public void OverOrders_AnyHistory_IsTheMeanOverAllPermutations(params int[] history)
    {
        var truth = new HistoryTruth(2.5, c => (c + 1) % 4);
        static double Of(LogitParts p) => 1 / (1 + Math.Exp(-p.Item - p.Count - (2 * p.Recency) - (3 * p.Succession)));
        // Without times, and with some at their positions.
        foreach (var ages in (double[][])[[], [.. history.Select((_, g) => 0.1 + (g * g * 0.7))]])
            for (var target = 0; target < 4; target++)
            {
                var orders = Permutations(history).ToArray();
                Assert.Equal(orders.Average(o => Of(truth.Parts(0.3, target, o, ages))), truth.OverOrders(0.3, target, history, Of, ages), 1e-12);
                Assert.Equal(0, orders.Average(o => truth.Parts(0.3, target, o, ages).Recency), 1e-12);
                Assert.Equal(0, orders.Average(o => truth.Parts(0.3, target, o).Succession), 1e-12);
            }
    }

    [Fact]
    public void Parts_RecentMatch_CountsMore()
    {
        var truth = new HistoryTruth(3, c => (c + 1) % 4);
        Assert.True(truth.Parts(0, 1, [0, 0, 1]).Recency > truth.Parts(0, 1, [1, 0, 0]).Recency);
        Assert.Equal(2.0 / 3, truth.Parts(0, 1, [0, 1, 2]).Succession, 1e-12); // 2 leads to 1, and is one of three
        Assert.Equal(Math.Log(3), truth.Parts(0, 1, [1, 1, 2]).Count, 1e-12);
        Assert.Equal(new LogitParts(0.5, 0, 0, 0), truth.Parts(0.5, 1, []));
        Assert.True(truth.Parts(0, 1, [0, 0, 1], [0.1, 5, 6]).Recency > truth.Parts(0, 1, [0, 0, 1], [0.1, 0.2, 0.3]).Recency);
    }

    [Fact]
    public void Write_Rows_AreThoseOfTheWorldAndContinue()
    {
        var (all, truth, blind) = Write("all.tsv", 5000, Few);
        var (later, laterTruth, _) = Write("later.tsv", 1000, Few with { FirstRow = 4000 });
        Assert.Equal(all[4001..], later[1..]);
        Assert.Equal(truth[4000..], laterTruth);
        Assert.Equal("click\tuser\titem\tcategory\thistory\tcategory_history", all[0]);
        Assert.Equal(5000, blind.Length);
        var lengths = new HashSet<int>();
        foreach (var cells in all[1..].Select(l => l.Split('\t')))
        {
            Assert.Equal(6, cells.Length);
            var (items, categories) = (cells[4].Split('|'), cells[5].Split('|'));
            Assert.Equal(items.Length, categories.Length);
            lengths.Add(cells[4].Length == 0 ? 0 : items.Length);
            foreach (var (item, category) in items.Append(cells[2]).Zip(categories.Append(cells[3])).Where(p => p.First.Length > 0))
                Assert.Equal(Number(category), Number(item) % 4);
        }

        Assert.Equal(Enumerable.Range(0, 8), lengths.Order());
        static int Number(string token) => int.Parse(token.AsSpan(1), CultureInfo.InvariantCulture);
    }

    // Everything but clicks and truth is as without them; a user's steps keep their times while the history grows.
    [Fact]
    public void Write_RowsWithTimes_HaveOneForEachItemAndTheirOwn()
    {
        var (all, truth, _) = Write("timed.tsv", 3000, Few with { HasTimes = true });
        var (plain, without, _) = Write("plain.tsv", 3000, Few);
        Assert.Equal("click\tuser\titem\tcategory\thistory\tcategory_history\ttime\thistory_times", all[0]);
        Assert.NotEqual(without, truth);
        string[]? before = null;
        foreach (var (line, other) in all.Zip(plain).Skip(1))
        {
            var cells = line.Split('\t');
            Assert.Equal(other.Split('\t')[1..], cells[1..6]);
            long[] times = [.. cells[7].Split('|', StringSplitOptions.RemoveEmptyEntries).Select(t => long.Parse(t, CultureInfo.InvariantCulture)),
                long.Parse(cells[6], CultureInfo.InvariantCulture)];
            Assert.Equal(cells[4].Split('|', StringSplitOptions.RemoveEmptyEntries).Length, times.Length - 1);
            Assert.Equal(times, times.Order());
            Assert.All(times.Zip(times.Skip(1)), p => Assert.InRange(p.Second - p.First, 60, 864_000));
            if (before?[1] == cells[1])
                Assert.Equal(before[6], times[^2].ToString(CultureInfo.InvariantCulture));
            before = cells;
        }

        Assert.EndsWith("ages_of: history, until: time, format: unix_s}", File.ReadAllText(Path.Combine(_folder, "timed.tsv.schema.yaml")).TrimEnd(), StringComparison.Ordinal);
        Assert.DoesNotContain("ages_of", File.ReadAllText(Path.Combine(_folder, "plain.tsv.schema.yaml")), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Clicks_FollowTheTruthWhoseMeanWithoutOrderIsTheSame()
    {
        var (all, truth, blind) = Write("clicks.tsv", 20_000, new SyntheticHistoryOptions());
        Assert.InRange(all[1..].Average(l => l[0] - '0') - truth.Average(p => (double)p), -0.01, 0.01);
        Assert.InRange(truth.Average(p => (double)p), 0.24, 0.26);
        Assert.InRange(truth.Average(p => (double)p) - blind.Average(p => (double)p), -0.006, 0.006);
        Assert.True(truth.Zip(blind, (p, q) => Math.Abs(p - q)).Average() > 0.02);
    }

    [Fact]
    public void Read_FewerItemsThanCategories_IsRefused()
    {
        var mistake = Assert.Throws<ConsortException>(() =>
            SyntheticHistoryOptions.Options.ReadAll(OptionMap.Parse("{ items: 10, categories: 20 }", "o.yaml")));
        Assert.Contains("items: found 10, expected at least the 20 categories", mistake.Message, StringComparison.Ordinal);
    }

    private (string[] Lines, float[] Truth, float[] Blind) Write(string name, int rows, SyntheticHistoryOptions options)
    {
        var path = Path.Combine(_folder, name);
        HistoryClicks.Write(path, rows, 7, options);
        float[] Numbers(string suffix) => MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(path + suffix)).ToArray();
        return (File.ReadAllLines(path), Numbers(".truth"), Numbers(".blind"));
    }

    private static IEnumerable<int[]> Permutations(int[] of) => of.Length == 0 ? [[]]
        : Enumerable.Range(0, of.Length).SelectMany(i =>
            Permutations([.. of[..i], .. of[(i + 1)..]]).Select(rest => (int[])[of[i], .. rest]));
}
