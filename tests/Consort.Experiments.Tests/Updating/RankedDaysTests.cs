using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Experiments.Updating;
using Consort.Foundation.Ranks;
using Consort.Learning.Runs;
using Consort.Learning.Tests.Ranks;
using Consort.Learning.Training;

namespace Consort.Experiments.Tests.Updating;

/// <summary>
/// Days on several ranks, which are threads here: what one process comes to but for rounding, and the same bits each time.
/// </summary>
public sealed class RankedDaysTests : IDisposable
{
    private const string Text =
        """
        name: days
        data: { schema: schema.yaml, source: day1.csv, cache: CACHE }
        embedding: { dimension: 4 }
        members:
          - { model: DeepFM, hidden_units: [8], batch_norm: true, dropout: 0.1 }
          - { model: DCN, hidden_units: [8], cross_layers: 2 }
        training: { batch_size: 64, optimizer: { name: sgd } }
        phases:
          - { name: alone, epochs: 2, learning_rate: 0.1, patience: 0, strategy: { name: kdef } }

        """;

    private const string Days = "  - { name: second, data: day2.csv, epochs: 2, rate: 0.05 }\n  - { days: logs/*, max_features: 50, waiting_mb: 1 }\n";
    private static readonly string[] Runs = ["first", "days/second", "days/day3", "days/day4"];

    private readonly TempFolder _folder = new();

    public RankedDaysTests()
    {
        _folder.File("schema.yaml", DayRows.Schema);
        for (var day = 1; day <= 4; day++)
            _folder.File(day > 2 ? $"logs/day{day}.csv" : $"day{day}.csv", DayRows.Of(day));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2, false, WirePrecision.Float, 1e-5)]
    [InlineData(3, false, WirePrecision.Float, 1e-5)]
    [InlineData(3, true, WirePrecision.Float, 1e-5)]
    [InlineData(2, true, WirePrecision.Bf16, 5e-3)]
    public void Run_OnRanks_ComesToWhatOneProcessDoes(int count, bool shards, WirePrecision wire, double apart)
    {
        var alone = Run("alone", 1)[0];
        var ranks = new Ranked(count) { ShardTables = shards, Wire = wire };
        var together = Run("together", ranks);
        Run("again", ranks);
        Assert.Equal(alone.Days.Select(d => d.Name), together[0].Days.Select(d => d.Name));
        Assert.Equal(File.ReadAllText(_folder.At("alone/newest")), File.ReadAllText(_folder.At("together/newest")));
        foreach (var (one, several) in alone.Days.Zip(together[0].Days))
        {
            var (expected, found) = (one.Update.Record, several.Update.Record);
            Assert.Equal(expected.Vocabulary, found.Vocabulary);
            Assert.Equal((expected.Before.Rows, expected.Before.Clicks), (found.Before.Rows, found.Before.Clicks));
            Assert.Equal(expected.Before.LogLoss, found.Before.LogLoss, apart);
            Assert.Equal(expected.Before.Auc, found.Before.Auc, 20 * apart); // pairs of rows that are nearly alike may change places
            Assert.Equal(count, several.Update.Run.Training.Ranks);
        }

        // All ranks know the same of each day, and only one of them has written.
        Assert.All(together, t => Assert.Equal(
            together[0].Days.Select(d => d.Update.Record.Before), t.Days.Select(d => d.Update.Record.Before)));
        Assert.False(Directory.Exists(_folder.At("together-1")));
        foreach (var run in Runs)
        {
            Assert.Equal(File.ReadAllBytes(_folder.At($"alone/{run}/encoder.bin")), File.ReadAllBytes(_folder.At($"together/{run}/encoder.bin")));
            AssertSameWeights("together", "again", run);
            Assert.All(Probabilities($"alone/{run}").Zip(Probabilities($"together/{run}")), p => Assert.Equal(p.First, p.Second, apart));
        }

        var (calibrated, asWell) = (CalibrationChoice.Of(_folder.At("alone"), 1, default), CalibrationChoice.Of(_folder.At("together"), 1, default));
        Assert.Equal(calibrated!.Calibrated, asWell!.Calibrated, apart);
    }

    [Theory]
    [InlineData(0, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(4, 3)]
    [InlineData(4, 1)]
    public void Run_StoppedAndResumed_ComesToTheSame(int evaluations, int then)
    {
        Run("whole", 2);
        using (var stop = new CancellationTokenSource())
        {
            // The last rank alone is told to stop.
            Assert.ThrowsAny<OperationCanceledException>(() => Run("run", new Ranked(2)
            {
                Training = r => r == 1 ? new At(evaluations, stop.Cancel) : null,
                Cancellation = r => r == 1 ? stop.Token : default,
            }));
        }

        Run("run", new Ranked(then) { Resume = true, ShardTables = then == 3 });
        foreach (var run in Runs)
        {
            if (then == 2)
                AssertSameWeights("whole", "run", run);
            Assert.All(Probabilities($"whole/{run}").Zip(Probabilities($"run/{run}")), p => Assert.Equal(p.First, p.Second, 1e-5));
        }
    }

    [Fact]
    public void Run_ARankThatFails_LeavesTheDayBefore()
    {
        Run("whole", 2);
        Assert.Throws<InvalidOperationException>(() => Run("run", new Ranked(2)
        {
            Training = r => r == 1 ? new At(4, () => throw new InvalidOperationException("gone")) : null,
        }));
        Assert.Equal("days/second\nfirst\n", File.ReadAllText(_folder.At("run/newest")));
        Assert.Equal(_folder.At("run/days/second"), new RunFolder(_folder.At("run")).Path);
        Run("run", new Ranked(2) { Resume = true });
        AssertSameWeights("whole", "run", "days/day4");

        // With nothing new all ranks come to an end.
        Assert.All(Run("run", new Ranked(3) { Resume = true }), r => Assert.Empty(r.Days));
    }

    [Fact]
    public void Update_StoppedWhileItScores_StopsAllAndLeavesNothing()
    {
        Run("run", 1);
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => ThreadRanks.Run(2, rank => RunUpdater.Update(
            new UpdateRequest(_folder.At("run"), [_folder.File("day5.csv", DayRows.Of(5))], _folder.At("more"), 1) { Ranks = rank },
            rank.Rank == 1 ? stop.Token : default)));
        Assert.False(Directory.Exists(_folder.At("more")));
    }

    [Theory]
    [InlineData("epochs: 2, rate", "epochs: 1, rate", "found days' phase 1, epochs 1, expected 2 as on rank 0")]
    [InlineData("waiting_mb: 1", "one_class: true", "found days' phase 2, waiting_mb 0, expected 1; days' phase 2, one_class True, expected False as on rank 0")]
    [InlineData("days: logs/*", "days: logs/day3*", "found days' phase 2, days day3, expected day3, day4 as on rank 0")]
    [InlineData("data: day2.csv", "data: other/day2.csv", "found rows 1, day2.csv of ")]
    public void Run_RanksOfOtherDays_AllSayWhatDiffers(string from, string to, string expected)
    {
        _folder.File("other/day2.csv", DayRows.Of(5));
        var said = Assert.Throws<ConsortException>(() => Run("run", new Ranked(2)
        {
            Days = r => r == 1 ? Days.Replace(from, to, StringComparison.Ordinal) : Days,
        }));
        Assert.True(said.IsOfAllRanks);
        Assert.Contains($"rank 1 on {Environment.MachineName}: {expected}", said.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("run/days/second")));
    }

    [Fact]
    public void Run_ADayOfOneClass_IsRefusedByAllRanks()
    {
        _folder.File("day2.csv", DayRows.Of(2).Replace("\n1,", "\n0,", StringComparison.Ordinal));
        var said = Assert.Throws<ConsortException>(() => Run("run", 2));
        Assert.True(said.IsOfAllRanks);
        Assert.Contains("day2.csv: found 1,500 rows, none of them a click", said.Message, StringComparison.Ordinal);
        Assert.Equal("first\n", File.ReadAllText(_folder.At("run/newest")));
    }

    private sealed record Ranked(int Count)
    {
        public bool Resume { get; init; }

        public bool ShardTables { get; init; }

        public WirePrecision Wire { get; init; }

        public Func<int, string> Days { get; init; } = _ => RankedDaysTests.Days;

        public Func<int, IProgress<TrainingProgress>?> Training { get; init; } = _ => null;

        public Func<int, CancellationToken> Cancellation { get; init; } = _ => default;
    }

    private DailyResult[] Run(string folder, int count) => Run(folder, new Ranked(count));

    // The others do not see the folder: theirs is of another name.
    private DailyResult[] Run(string folder, Ranked ranks)
    {
        return ranks.Count == 1 ? [Of(null)] : ThreadRanks.Run(ranks.Count, Of);

        DailyResult Of(IRanks? rank)
        {
            var number = rank?.Rank ?? 0;
            var file = _folder.File($"daily{number}.yaml", Text.Replace("CACHE", _folder.At("cache"), StringComparison.Ordinal) + ranks.Days(number));
            var daily = DailyExperiment.Load(file);
            return DailyRunner.Run(
                new RunRequest(daily.First, _folder.At(number == 0 ? folder : $"{folder}-{number}"), 1, ranks.Resume, null, ranks.Training(number))
                {
                    Ranks = rank,
                    ShardTables = ranks.ShardTables,
                    Wire = ranks.Wire,
                },
                daily.Phases, ranks.Cancellation(number));
        }
    }

    private void AssertSameWeights(string one, string other, string run)
    {
        foreach (var weights in Directory.GetFiles(_folder.At($"{one}/{run}/checkpoints"), "best-*"))
            Assert.Equal(File.ReadAllBytes(weights), File.ReadAllBytes(_folder.At($"{other}/{run}/checkpoints/{Path.GetFileName(weights)}")));
    }

    private List<double> Probabilities(string run)
    {
        using var finished = new FinishedRun(_folder.At(run), 1);
        var probabilities = new List<double>();
        finished.Predict(_folder.At("logs/day4.csv"), batch => probabilities.AddRange(batch.EnsembleProbabilities()), null, default);
        return probabilities;
    }

    // Acts at an evaluation, counted from 0.
    private sealed class At(int evaluations, Action act) : IProgress<TrainingProgress>
    {
        private int _seen;

        public void Report(TrainingProgress value)
        {
            if (value is { Latest: not null, Batches: 0 } && _seen++ == evaluations)
                act();
        }
    }
}
