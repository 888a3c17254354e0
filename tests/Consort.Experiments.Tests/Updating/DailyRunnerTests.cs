using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Experiments.Updating;
using Consort.Learning.Runs;
using Consort.Learning.Training;

namespace Consort.Experiments.Tests.Updating;

/// <summary>Days as phases of an experiment file: the same bits as by one update after the other, and one folder that stands for all.</summary>
public sealed class DailyRunnerTests : IDisposable
{
    private const string Text =
        """
        name: days
        data: { schema: schema.yaml, source: day1.csv, cache: CACHE }
        embedding: { dimension: 4 }
        members:
          - { model: DeepFM, hidden_units: [8], batch_norm: true, dropout: 0.1 }
          - { model: DCN, hidden_units: [8], cross_layers: 2 }

        """;

    private const string OnePhase =
        """
        training: { epochs: 2, batch_size: 64, learning_rate: 0.01, patience: 0, embedding_update: deferred }
        strategy: { name: kdef }

        """;

    private const string Listed =
        """
        training: { batch_size: 64 }
        phases:
          - { name: alone, epochs: 1, learning_rate: 0.01, patience: 0 }
          - { name: together, strategy: { name: mutual }, epochs: 1, learning_rate: 0.01, patience: 0, dropout: 0 }

        """;

    private const string Days = "  - { name: second, data: day2.csv, epochs: 2, rate: 0.005 }\n  - { days: logs/*, max_features: 50, waiting_mb: 1 }\n";

    private readonly TempFolder _folder = new();

    public DailyRunnerTests()
    {
        _folder.File("schema.yaml", DayRows.Schema);
        for (var day = 1; day <= 4; day++)
            _folder.File(day > 2 ? $"logs/day{day}.csv" : $"day{day}.csv", DayRows.Of(day));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_DaysAsPhases_EqualTrainingAndUpdates(bool isListed)
    {
        var before = isListed ? Listed : OnePhase;
        ExperimentRunner.Run(new RunRequest(Experiment.Load(Write("plain.yaml", before)), _folder.At("plain"), 2), default);
        Update("plain", "day2.csv", "d2", new() { Epochs = 2, Rate = 0.005 });
        Update("d2", "logs/day3.csv", "d3", new() { Growth = new() { MaxFeatures = 50, WaitingMegabytes = 1 } });
        Update("d3", "logs/day4.csv", "d4", new() { Growth = new() { MaxFeatures = 50, WaitingMegabytes = 1 } });

        var result = Run("daily.yaml", before, "run");
        Assert.Equal(["second", "day3", "day4"], result.Days.Select(d => d.Name));
        foreach (var (plain, day) in new[] { ("plain", "first"), ("d2", "days/second"), ("d3", "days/day3"), ("d4", "days/day4") })
        {
            var weights = new FinishedRun(_folder.At(plain), 1).Weights;
            Assert.Equal(File.ReadAllBytes(weights), File.ReadAllBytes(_folder.At($"run/{day}/checkpoints/{Path.GetFileName(weights)}")));
            Assert.Equal(File.ReadAllBytes(_folder.At($"{plain}/encoder.bin")), File.ReadAllBytes(_folder.At($"run/{day}/encoder.bin")));
        }

        // The folder is the newest day's run to whoever opens it.
        using var run = new FinishedRun(_folder.At("run"), 1);
        Assert.Equal(_folder.At("run/days/day4"), run.Folder.Path);
        Assert.Equal(_folder.At("run/days/day4"), result.Newest);
        Assert.Equal(UpdateRecord.Read(_folder.At("d4"))!.Before, UpdateRecord.Read(_folder.At("run"))!.Before);
        Assert.Equal(_folder.At("run"), SeenRows.By(_folder.At("run"), _folder.At("logs/day4.csv")));
        Assert.EndsWith("first", SeenRows.By(_folder.At("run"), _folder.At("day1.csv")), StringComparison.Ordinal);
        RunPacker.Pack(new PackRequest(_folder.At("run"), _folder.At("run.consort"), 1), default);
        using var scorer = Serving.Scorer.Load(_folder.At("run.consort"));
        Assert.Equal(["first", "second", "day3", "day4"], scorer.Package.Card!.Value.GetProperty("lineage").EnumerateArray()
            .Select(l => l.GetProperty("run").GetString()));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void Run_StoppedAndResumed_ComesToTheSameBits(int evaluations)
    {
        Run("daily.yaml", OnePhase, "whole");
        using (var stop = new CancellationTokenSource())
            Assert.ThrowsAny<OperationCanceledException>(() => Run("daily.yaml", OnePhase, "run", training: new StopAt(evaluations, stop), cancellation: stop.Token));
        Assert.Contains("--resume", Refused("daily.yaml", "run"), StringComparison.Ordinal);
        Run("daily.yaml", OnePhase, "run", isResumed: true);
        foreach (var day in new[] { "first", "days/second", "days/day3", "days/day4" })
            foreach (var weights in Directory.GetFiles(_folder.At($"whole/{day}/checkpoints"), "best-*"))
                Assert.Equal(File.ReadAllBytes(weights), File.ReadAllBytes(_folder.At($"run/{day}/checkpoints/{Path.GetFileName(weights)}")));

        // What has finished is not measured again, and its rows need not be there.
        File.Delete(_folder.At("logs/day3.csv"));
        var again = Run("daily.yaml", OnePhase, "run", isResumed: true);
        Assert.Null(again.First);
        Assert.Empty(again.Days);
    }

    [Fact]
    public void Run_Resumed_TakesDaysThatHaveComeSince()
    {
        File.Move(_folder.At("logs/day4.csv"), _folder.At("later"));
        Assert.EndsWith("day3", Run("daily.yaml", OnePhase, "run").Newest, StringComparison.Ordinal);
        File.Move(_folder.At("later"), _folder.At("logs/day4.csv"));
        Assert.Equal(["day4"], Run("daily.yaml", OnePhase, "run", isResumed: true).Days.Select(d => d.Name));
        Assert.Equal(3, UpdateRecord.Read(_folder.At("run"))!.Number);
    }

    [Fact]
    public void Run_DaysOfAPatternThatWereSeen_ArePassedOver()
    {
        var said = new List<string>();
        var result = Run("all.yaml", OnePhase, "run", "  - { days: day*.csv }\n", notice: said.Add);
        Assert.Equal(["day2"], result.Days.Select(d => d.Name));
        Assert.Empty(said); // that the training's own file is passed over is no news
        File.Copy(_folder.At("day1.csv"), _folder.At("day1b.csv"));
        Run("all.yaml", OnePhase, "run", "  - { days: day*.csv }\n", isResumed: true, notice: said.Add);
        Assert.Equal([$"passes over day day1b: {_folder.At("run/first")} has seen its rows; `again: true` trains on them once more"], said);
        File.Delete(_folder.At("day1b.csv"));
        said.Clear();
        File.Copy(_folder.At("day2.csv"), _folder.At("day2b.csv"));
        Run("all.yaml", OnePhase, "run", "  - { days: day*.csv }\n", isResumed: true, notice: said.Add);
        Assert.Equal([$"passes over day day2b: {_folder.At("run/days/day2")} has seen its rows; `again: true` trains on them once more"], said);
        Assert.Equal(3, Run("again.yaml", OnePhase, "again", "  - { days: day*.csv, again: true }\n").Days.Count);
    }

    [Fact]
    public void Run_TheNewestDaysFolderTakenAway_FallsBackAndTakesTheDayAgain()
    {
        Run("daily.yaml", OnePhase, "run");
        var weights = File.ReadAllBytes(new FinishedRun(_folder.At("run"), 1).Weights);
        Directory.Move(_folder.At("run/days/day4"), _folder.At("run/days/day4.bad")); // beside the others it stands for nothing
        Assert.Contains("run/newest: names days/day4, which is not there; put the folder back, or ",
            Assert.Throws<ConsortException>(() => new FinishedRun(_folder.At("run"), 1)).Message, StringComparison.Ordinal);
        var said = new List<string>();
        var again = Run("daily.yaml", OnePhase, "run", isResumed: true, notice: said.Add);
        Assert.Equal(["day4"], again.Days.Select(d => d.Name));
        Assert.Equal(weights, File.ReadAllBytes(new FinishedRun(_folder.At("run"), 1).Weights));
        Assert.Equal([$"{_folder.At("run")}: days/day4 is not there any more, so days/day3 stands for all again; a day whose rows are there is taken anew"], said);

        // Two at once, of which the rows of one are there.
        Directory.Delete(_folder.At("run/days/day4"), recursive: true);
        Directory.Delete(_folder.At("run/days/day3"), recursive: true);
        File.Delete(_folder.At("logs/day3.csv"));
        Assert.Equal(["day4"], Run("daily.yaml", OnePhase, "run", isResumed: true).Days.Select(d => d.Name));
        Assert.Equal("days/day4\ndays/second\nfirst\n", File.ReadAllText(_folder.At("run/newest")));
    }

    [Theory]
    [InlineData("days/day3", "day day3: ", "run/days/day3 is not there, and later days stand on it")]
    [InlineData("first", "run/first: is not there, and days stand on it")]
    [InlineData("days/day4/update.json", "run/days/day4: found a day's run without its update.json")]
    public void Run_SomethingThatDaysStandOnTakenAway_SaysWhatToDo(string gone, params string[] expected)
    {
        Run("daily.yaml", OnePhase, "run");
        if (Directory.Exists(_folder.At($"run/{gone}")))
            Directory.Delete(_folder.At($"run/{gone}"), recursive: true);
        else
            File.Delete(_folder.At($"run/{gone}"));
        var refused = Refused("daily.yaml", "run", isResumed: true);
        Assert.All(expected, e => Assert.Contains(e, refused, StringComparison.Ordinal));
        Assert.StartsWith("days/day4\n", File.ReadAllText(_folder.At("run/newest")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('0', "found 1,500 rows, none of them a click, expected both kinds")]
    [InlineData('1', "found 1,500 rows, all of them clicks, expected both kinds")]
    public void Run_ADayOfOneClass_IsRefusedUnlessThePhaseTakesIt(char label, string expected)
    {
        var lines = DayRows.Of(4).TrimEnd('\n').Split('\n');
        _folder.File("logs/day4.csv", string.Join('\n', lines.Select((l, i) => i == 0 ? l : label + l[1..])) + "\n");
        Assert.Contains(expected, Refused("daily.yaml", "run"), StringComparison.Ordinal);
        Assert.Equal(_folder.At("run/days/day3"), new RunFolder(_folder.At("run")).Path);
        Assert.False(Directory.Exists(_folder.At("run/days/day4")));
        var all = Days.Replace("max_features: 50", "one_class: true, max_features: 50", StringComparison.Ordinal);
        Assert.Equal(["day4"], Run("daily.yaml", OnePhase, "run", all, isResumed: true).Days.Select(d => d.Name));
    }

    [Fact]
    public void Run_ResumedWhereNothingIs_SaysThatItBeginsAnew()
    {
        var said = new List<string>();
        Run("daily.yaml", OnePhase, "run", "  - { data: day2.csv }\n", isResumed: true, notice: said.Add);
        Assert.Equal([$"--resume: found no checkpoint in {_folder.At("run")}, so training begins anew"], said);
    }

    [Fact]
    public void Run_Progress_SaysWhichDay()
    {
        var phases = new Phases();
        Run("daily.yaml", OnePhase, "run", training: phases);
        Assert.Equal(["train", "update second", "update day3", "update day4"], phases.Names);
    }

    [Fact]
    public void Run_WhatHasChangedSince_IsRefused()
    {
        Run("daily.yaml", OnePhase, "run");
        Assert.Contains("day second was trained with other options (epochs: 2, now 1)",
            Refused("daily.yaml", "run", Days.Replace("epochs: 2", "epochs: 1", StringComparison.Ordinal), isResumed: true),
            StringComparison.Ordinal);
        Assert.Contains("training, epochs: 2, now 3",
            Refused("daily.yaml", "run", before: OnePhase.Replace("epochs: 2", "epochs: 3", StringComparison.Ordinal), isResumed: true),
            StringComparison.Ordinal);
        File.AppendAllText(_folder.At("logs/day3.csv"), "1,u1,i1,1,i1,t1\n");
        Assert.Contains("day3.csv: found ", Refused("daily.yaml", "run", isResumed: true), StringComparison.Ordinal);
        Assert.Contains("holds a run and its days", Assert.Throws<ConsortException>(
            () => Update("plain", "day2.csv", "run", new())).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("  - { data: day9.csv }", "daily.yaml:10, key data: found no day9.csv in ")]
    [InlineData("  - { data: day2.csv, max_feature: 5 }", "daily.yaml:10: unknown key \"max_feature\"; did you mean \"max_features\"?")]
    [InlineData("  - { dayz: logs/* }", "daily.yaml:10: unknown key \"dayz\"; did you mean \"days\"?")]
    [InlineData("  - { data: day2.csv }\n  - name: third\n    dat: logs/day3.csv", "daily.yaml:12: unknown key \"dat\"; did you mean \"data\"?")]
    [InlineData("  - { data: day2.csv, oov_rate: 2 }", "daily.yaml:10, key oov_rate: found 2, expected 0 to 0.5")]
    [InlineData("  - { data: day2.csv, days: logs/* }", "daily.yaml:10, key data: found both data and days")]
    [InlineData("  - { days: day2.csv, name: x }", "daily.yaml:10, key name: found \"x\" beside days, expected none")]
    [InlineData("  - { data: day2.csv, name: a/b }", "daily.yaml:10, key name: found \"a/b\", expected letters")]
    [InlineData("  - { data: day2.csv }\n  - { days: day2.csv }", "daily.yaml:11, key days: found a second day named day2")]
    [InlineData("  - { data: day2.csv }\n  - { name: more, epochs: 1 }", "daily.yaml:11, key phases: found a phase over the rows of `data` behind one")]
    [InlineData("  - { data: day1.csv }", "daily.yaml:10, key data: found rows that ")]
    [InlineData("  - { name: a, data: day2.csv }\n  - { name: b, data: day2.csv }", "daily.yaml:11, key data: found the same rows twice, ")]
    [InlineData("  - { data: [day2.csv, day2.csv] }", "daily.yaml:10, key data: found the same rows twice, ")]
    [InlineData("  - { days: nowhere/* }", "daily.yaml:10, key days: found no nowhere/* in ")]
    [InlineData("  - { days: [day2.csv, day9.csv] }", "daily.yaml:10, key days: found no day9.csv in ")]
    [InlineData("  - { name: a, data: nowhere/* }", "daily.yaml:10, key data: found no nowhere/* in ")]
    [InlineData("  - { data: nowhere/* }", "daily.yaml:10, key data: found no nowhere/* in ")]
    [InlineData("  - { days: [] }", "daily.yaml:10, key days: found no rows, expected either data")]
    [InlineData("  - { data: \"-\" }", "daily.yaml:10, key data: found standard input, which is no file, expected one")]
    [InlineData("  - { data: day2.csv, batch_norm: stay, batch_norm_momentum: 0.5 }",
        "daily.yaml:10, key batch_norm_momentum: found it beside `batch_norm: stay`, expected none")]
    public void Load_WhatIsWrongWithDays_IsSaidBeforeTraining(string phases, string expected)
    {
        Assert.StartsWith(_folder.At(expected), Refused("daily.yaml", "run", phases + "\n"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("run")));
    }

    [Fact]
    public void Run_ADevice_IsRefusedBeforeTraining()
    {
        Assert.SkipUnless(File.Exists("/dev/null"), "no /dev/null here");
        Assert.StartsWith(_folder.At("daily.yaml:10, key data: found /dev/null, which is no file, expected one"),
            Refused("daily.yaml", "run", "  - { data: /dev/null }\n"), StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.At("run")));
    }

    [Theory]
    [InlineData("  - { data: day2.csv }\n", "day2.csv")]
    [InlineData("  - { days: [day2.csv, logs/day3.csv] }\n", "day2.csv")]
    [InlineData("  - { days: [day2.csv, logs/day3.csv] }\n", "logs/day3.csv", "day2.csv")]
    [InlineData("  - { days: logs/* }\n", "logs/day3.csv", "logs/day4.csv")]
    [InlineData("  - { days: logs/* }\n", "logs")]
    [InlineData("  - { days: logs }\n", "logs")]
    [InlineData("  - { name: both, data: logs/* }\n", "logs/day3.csv")]
    [InlineData("  - { name: both, data: logs }\n", "logs")]
    [InlineData("  - { name: both, data: logs/* }\n", "logs")]
    public void Run_RowsOfDoneDaysDeleted_ResumesWithNothingToDo(string phases, params string[] gone)
    {
        Run("daily.yaml", OnePhase, "run", phases);
        var newest = File.ReadAllText(_folder.At("run/newest"));
        foreach (var path in gone)
            if (Directory.Exists(_folder.At(path)))
                Directory.Delete(_folder.At(path), recursive: true);
            else
                File.Delete(_folder.At(path));
        var again = Run("daily.yaml", OnePhase, "run", phases, isResumed: true);
        Assert.Null(again.First);
        Assert.Empty(again.Days);
        Assert.Equal(newest, File.ReadAllText(_folder.At("run/newest")));
    }

    [Fact]
    public void Run_ADayThatIsNotDoneAndNotThere_IsRefusedBesideOnesThatAre()
    {
        Run("daily.yaml", OnePhase, "run", "  - { data: day2.csv }\n");
        File.Delete(_folder.At("day2.csv"));
        Assert.StartsWith(_folder.At("daily.yaml:11, key data: found no day9.csv in "),
            Refused("daily.yaml", "run", "  - { data: day2.csv }\n  - { data: day9.csv }\n", isResumed: true), StringComparison.Ordinal);
        Assert.StartsWith(_folder.At("daily.yaml:11, key days: found no logz in "),
            Refused("daily.yaml", "run", "  - { data: day2.csv }\n  - { days: logz }\n", isResumed: true), StringComparison.Ordinal);
        Assert.Equal(["day3", "day4"], Run("daily.yaml", OnePhase, "run", "  - { data: day2.csv }\n  - { days: [logs/*, late/*] }\n",
            isResumed: true).Days.Select(d => d.Name));
    }

    [Fact]
    public void Run_ADayOfOneRow_NamesItOnceAndTheHoldOut()
    {
        _folder.File("one.csv", string.Join('\n', DayRows.Of(3).Split('\n').Take(2)) + "\n");
        var refused = Refused("daily.yaml", "run", "  - { data: one.csv }\n");
        Assert.Equal($"{_folder.At("one.csv")}: found no validation rows, expected some to choose the best weights by; take more rows, or hold out a larger share of them (--hold-out 0.1 of the rows are for validation)", refused);
    }

    [Fact]
    public void Run_ADayWithoutItsLabel_IsRefusedAndTheDayBeforeStands()
    {
        _folder.File("bare.csv", "user,item,price,last,tags\nu1,i1,1,i1,t1\n");
        var phases = "  - { data: day2.csv }\n  - { data: bare.csv }\n";
        Assert.Contains("bare.csv", Refused("daily.yaml", "run", phases), StringComparison.Ordinal);
        Assert.Equal(_folder.At("run/days/day2"), new RunFolder(_folder.At("run")).Path);
        Assert.False(Directory.Exists(_folder.At("run/days/bare")));
        _folder.File("bare.csv", DayRows.Of(3));
        Assert.Equal(["bare"], Run("daily.yaml", OnePhase, "run", phases, isResumed: true).Days.Select(d => d.Name));
    }

    [Fact]
    public void Load_DaysWhereNobodyTakesThem_NamesTrain()
    {
        var file = Write("daily.yaml", OnePhase, Days);
        Assert.Contains("daily.yaml:10, key data: found a phase with rows of its own", Assert.Throws<ConsortException>(
            () => Experiment.Load(file)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("days/../..\n", "damaged")]
    [InlineData("", "empty")]
    public void Open_ADamagedPointer_SaysHowToMendIt(string text, string expected)
    {
        Run("daily.yaml", OnePhase, "run", "  - { data: day2.csv }\n");
        File.WriteAllText(_folder.At("run/newest"), text);
        Assert.Contains($"run/newest: the file is {expected}, expected first or days/NAME; write a line for each day's run, the newest first",
            Assert.Throws<ConsortException>(() => new FinishedRun(_folder.At("run"), 1)).Message, StringComparison.Ordinal);
    }

    private string Refused(string file, string folder, string days = Days, string before = OnePhase, bool isResumed = false) =>
        Assert.Throws<ConsortException>(() => Run(file, before, folder, days, isResumed)).Message;

    private DailyResult Run(string file, string before, string folder, string days = Days, bool isResumed = false,
        Action<string>? notice = null, IProgress<TrainingProgress>? training = null, CancellationToken cancellation = default)
    {
        var daily = DailyExperiment.Load(Write(file, before, days));
        return DailyRunner.Run(
            new RunRequest(daily.First, _folder.At(folder), 2, isResumed, Training: training) { Notice = notice }, daily.Phases, cancellation);
    }

    private string Write(string name, string before, string days = "")
    {
        if (days.Length > 0 && !before.Contains("phases:", StringComparison.Ordinal))
            days = "phases:\n" + days;
        return _folder.File(name, Text.Replace("CACHE", _folder.At($"cache-{name}"), StringComparison.Ordinal) + before + days);
    }

    private UpdateResult Update(string run, string day, string folder, UpdateOptions options) => RunUpdater.Update(
        new UpdateRequest(_folder.At(run), [_folder.At(day)], _folder.At(folder), 2) { Options = options }, default);

    private sealed class Phases : IProgress<TrainingProgress>
    {
        public List<string> Names { get; } = [];

        public void Report(TrainingProgress value)
        {
            if (!Names.Contains(value.Phase))
                Names.Add(value.Phase);
        }
    }

    private sealed class StopAt(int evaluations, CancellationTokenSource stop) : IProgress<TrainingProgress>
    {
        private int _seen;

        public void Report(TrainingProgress value)
        {
            if (value.Latest is not null && _seen++ == evaluations)
                stop.Cancel();
        }
    }
}
