using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Foundation.Numbers;
using Consort.Foundation.Options;
using Consort.Studies.Baselines;
using Consort.Studies.Search;

namespace Consort.Experiments.Tests.Search;

/// <summary>A search over a baseline that is as good as its options say.</summary>
public sealed class BaselineSearchTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _file;

    public BaselineSearchTests()
    {
        foreach (var (name, rows) in new[] { ("train.csv", 300), ("valid.csv", 1201), ("test.csv", 160) })
            _folder.File(name, "label,a\n" + string.Concat(Enumerable.Range(0, rows).Select(r => $"{(r % 3 == 0 ? 1 : 0)},a{r % 5}\n")));
        _folder.File("schema.yaml", "delimiter: comma\nheader: true\nfields:\n  - { name: label, kind: label }\n  - { name: a, kind: categorical }\n");
        _file = _folder.File("tiny.yaml", $$"""
            name: tiny
            data: { schema: schema.yaml, train: train.csv, valid: valid.csv, test: test.csv, cache: {{_folder.At("cache").Replace('\\', '/')}} }
            members: [{ model: LR }]
            training: { batch_size: 64, epochs: 1 }
            """);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_FromAPoorStart_FindsABetterSettingOnRowsItHasNotSeen()
    {
        var (best, result) = BaselineSearch.Run(Request("out") with { Trials = 25, Fixed = ["cheats"] }, default);
        Assert.Equal((25, 0, 3), (result.Trials, result.Failed, result.Seeds));
        Assert.InRange(best.Values.NumberAt("place")!.Value, 0.5, 0.9); // 0.7 is best
        Assert.True(result.Auc is { Low: > 0 }, $"{result.Auc}");
        Assert.Equal(result.Best.Auc - result.Start.Auc, result.Auc!.Difference, 1e-6);
        Assert.Equal(("7", true), (best.Values.TextAt("others"), result.Start.TestAuc is not null)); // what has no range stays
        Assert.Equal(best.Values.ToString(), OptionTree.Load(result.BestFile).ToString());
        Assert.Contains("at most 40 trees;", File.ReadAllText(result.Page), StringComparison.Ordinal);
    }

    [Fact]
    public void Run_SettingThatIsGoodOnlyWhereItChose_IsToldByTheOtherHalf()
    {
        var (_, result) = BaselineSearch.Run(Request("out", new Graded(new GradedOptions { Cheats = false })) with
        {
            Trials = 20,
            Fixed = ["place"],
        }, default);
        Assert.Equal("true", result.Best.Values["cheats"]);
        Assert.True(result.Best.Score > 0.99);
        Assert.True(result.Auc is { High: < 0 }, $"{result.Auc}");
        Assert.Equal("is worse than the start", result.Verdict);
    }

    [Fact]
    public void Run_SameSeed_IsTheSameSearchWhereverItWasStopped()
    {
        var whole = BaselineSearch.Run(Request("whole") with { Trials = 12, Seeds = 1 }, default);
        foreach (var steps in new[] { 1, 7 })
        {
            using var stop = new CancellationTokenSource();
            var done = 0;
            Assert.ThrowsAny<OperationCanceledException>(() => BaselineSearch.Run(Request("parts") with
            {
                Trials = 12,
                Seeds = 1,
                Progress = _ =>
                {
                    if (++done == steps)
                        stop.Cancel();
                },
            }, stop.Token));
        }

        var graded = new Graded(new GradedOptions());
        var parts = BaselineSearch.Run(Request("parts", graded) with { Trials = 12, Seeds = 1 }, default);
        Assert.Equal(4 + (12 - 8), graded.Count.Value); // what was tried is not repeated, the final runs are
        Assert.Equal(whole.Best.Values.ToString(), parts.Best.Values.ToString());
        Assert.Equal((whole.Result.Best.Auc, whole.Result.Auc), (parts.Result.Best.Auc, parts.Result.Auc));
        Assert.NotEqual(whole.Best.Values.ToString(),
            BaselineSearch.Run(Request("other") with { Trials = 12, Seeds = 1, Seed = 2 }, default).Best.Values.ToString());
        Assert.Contains("a search of another experiment", Assert.Throws<ConsortException>(() =>
            BaselineSearch.Run(Request("parts") with { Trials = 12, Seed = 2 }, default)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_AllOptionsGiven_IsRefusedBeforeAnythingIsWritten()
    {
        var request = Request("none") with { Fixed = ["place", "cheats"], Trials = 1 };
        Assert.Contains("expected one of these left out: place, cheats",
            Assert.Throws<ConsortException>(() => BaselineSearch.Run(request, default)).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("none")));
        Assert.Contains("holds other things than a search", Assert.Throws<ConsortException>(() =>
            BaselineSearch.Run(Request(".") with { Trials = 1 }, default)).Message, StringComparison.Ordinal);
    }

    private BaselineSearchRequest Request(string folder, Graded? graded = null) =>
        new(graded ?? new Graded(new GradedOptions()), Experiment.Load(_file), _folder.At(folder), 1);

    private sealed record GradedOptions
    {
        public static OptionSet<GradedOptions> Options { get; } = new OptionSet<GradedOptions>(() => new())
            .Add("place", o => o.Place, (o, v) => o with { Place = v }, Domain.Number(0, 1) with { Search = SearchRange.Linear(0, 1) }, "near 0.7 it is good")
            .Add("cheats", o => o.Cheats, (o, v) => o with { Cheats = v },
                Domain.Flag with { Search = SearchRange.Of("false", "true") }, "knows the labels of rows that choose, and turns those of others round")
            .Add("others", o => o.Others, (o, v) => o with { Others = v }, Domain.Integer(0, 9), "nothing");

        public double Place { get; init; } = 0.1;

        public bool Cheats { get; init; }

        public int Others { get; init; } = 7;
    }

    // Its logits tell the label, the better the nearer its place is to 0.7.
    private sealed class Graded(GradedOptions options, System.Runtime.CompilerServices.StrongBox<int>? count = null) : ISearchedBaseline
    {
        public System.Runtime.CompilerServices.StrongBox<int> Count { get; } = count ?? new();

        public string Name => "Graded";

        public OptionSet Options => GradedOptions.Options;

        public OptionTree Values => OptionTree.Keys(GradedOptions.Options.Write(options).Select(o => (o.Key, OptionTree.Parse(o.Value))));

        public int Steps => 40;

        public string Step => "tree";

        public ISearchedBaseline With(OptionTree values) => new Graded(GradedOptions.Options.ReadAll(OptionMap.Of(values)), Count);

        public BaselineScores Fit(EncodedDataset data, ulong seed, int threads, CancellationToken cancellation) =>
            Fit(data, seed, threads, _ => true, cancellation);

        public BaselineScores Fit(EncodedDataset data, ulong seed, int threads, Func<int, bool> chooses, CancellationToken cancellation)
        {
            cancellation.ThrowIfCancellationRequested();
            Count.Value++;
            return new BaselineScores(Logits(data.Valid!, "valid", chooses), Logits(data.Test!, "test", _ => false), "graded", 0.01, 0);

            float[] Logits(EncodedSplit split, string name, Func<int, bool> isKnown)
            {
                var random = new CounterRandom(seed, name);
                return [.. SplitLabels.Of(split).Labels.Select((y, row) => (float)(options.Cheats
                    ? (isKnown(row) ? 1 : -1) * (y - 0.5)
                    : ((1 - Math.Abs(options.Place - 0.7)) * y) + (3 * random.Uniform((ulong)row))))];
            }
        }
    }
}
