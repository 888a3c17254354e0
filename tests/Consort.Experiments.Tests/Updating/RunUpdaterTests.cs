using System.Runtime.InteropServices;
using System.Text.Json;
using Consort.Data.Growth;
using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Experiments.Updating;
using Consort.Learning.Runs;
using Consort.Learning.Training;
using Consort.Serving;
using Consort.Serving.Calibrations;
using Encoder = Consort.Data.Encoders.Encoder;

namespace Consort.Experiments.Tests.Updating;

/// <summary>A run that goes on with days whose tokens come and go: shared, crossed and listed ones among them.</summary>
public sealed class RunUpdaterTests : IDisposable
{
    private const string Text =
        """
        name: days
        data: { schema: schema.yaml, source: day1.csv, cache: CACHE }
        embedding: { dimension: 4, fields: { user: { dimension: 3 } } }
        members:
          - { model: DeepFM, hidden_units: [8], batch_norm: true }
          - { model: DCN, hidden_units: [8], cross_layers: 2 }
        training: { epochs: 3, batch_size: 64, learning_rate: 0.01, patience: 0, embedding_update: UPDATE, ema: EMA, embedding_l2: 1e-5 }
        strategy: { name: STRATEGY }
        """;

    private readonly TempFolder _folder = new();

    public RunUpdaterTests()
    {
        _folder.File("schema.yaml", DayRows.Schema);
        for (var day = 1; day <= 3; day++)
            _folder.File($"day{day}.csv", DayRows.Of(day));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("dense", "0", "kdef")]
    [InlineData("touched", "0.99", "supervised")]
    [InlineData("deferred", "0.99", "mutual")]
    public void Update_WithoutEpochs_ScoresKnownTokensToTheSameBit(string update, string ema, string strategy)
    {
        Train(update, ema, strategy);
        var grown = Update("run", "day2.csv", "grown", new() { Epochs = 0 });
        Assert.True(grown.Record.Vocabulary.Admitted > 10, $"{grown.Record.Vocabulary}");
        Assert.Equal(Logits("run", "day1.csv"), Logits("grown", "day1.csv"));
        Assert.NotEqual(Logits("run", "day2.csv"), Logits("grown", "day2.csv")); // unseen ids have rows of their own now
    }

    [Theory]
    [InlineData("dense")]
    [InlineData("deferred")]
    public void Update_WithoutEpochs_MovesMomentsWithTheirRows(string update)
    {
        Train(update, "0", "supervised");
        Update("run", "day2.csv", "grown", new() { Epochs = 0, Growth = new() { MaxAge = 0, MaxFeatures = 60 } });
        var (run, grown) = (new RunFolder(_folder.At("run")), new RunFolder(_folder.At("grown")));
        var (before, after) = (Encoder.Load(run.Encoder), Encoder.Load(grown.Encoder));
        var (old, now) = (Tensors(run.LastCheckpoint), Tensors(_folder.At("grown/start.ckpt")));
        var names = old.Keys.Where(k => k.StartsWith("optimizer:adam", StringComparison.Ordinal)).ToArray();
        Assert.True(names.Length >= 6, string.Join(' ', names)); // m and v of dense numbers and of tables
        var (known, drawn) = (0, 0);
        foreach (var (index, column) in after.Space.Categorical.Index().Where(c => c.Item.Name is "item" or "tags" or "user_item"))
        {
            var from = before.Space.Categorical[index];
            var places = Enumerable.Range(from.Offset + 2, from.Size - 2).ToDictionary(before.Token);
            foreach (var id in Enumerable.Range(column.Offset + 2, column.Size - 2))
            {
                // Tables of 4 numbers a row hold all columns but the user's, whose ids come first.
                foreach (var name in names.Where(n => n.Contains("shared/embedding", StringComparison.Ordinal)))
                {
                    var (width, row) = WidthAndRow(now[name].Length, after, id);
                    var numbers = now[name].AsSpan(row * width, width).ToArray();
                    if (places.TryGetValue(after.Token(id), out var place))
                        Assert.Equal(old[name].AsSpan(WidthAndRow(old[name].Length, before, place).Row * width, width).ToArray(), numbers);
                    else
                        Assert.All(numbers, n => Assert.Equal(0, n));
                    (known, drawn) = places.ContainsKey(after.Token(id)) ? (known + 1, drawn) : (known, drawn + 1);
                }
            }
        }

        Assert.True(known > 20 && drawn > 10, $"{known} known, {drawn} drawn");
        Assert.Equal(old["optimizer:adam.v/dense"], now["optimizer:adam.v/dense"]);
    }

    [Fact]
    public void Update_SeveralDays_KeepsAChainAndForgetsWhatIsGone()
    {
        Train("dense", "0", "kdef");
        var second = Update("run", "day2.csv", "d2", new() { Growth = new() { MaxAge = 1 } });
        var third = Update("d2", "day3.csv", "d3", new() { Growth = new() { MaxAge = 1 } });
        Assert.Equal(0, second.Record.Vocabulary.Evicted); // missed for one day
        Assert.True(third.Record.Vocabulary.Evicted > 10, $"{third.Record.Vocabulary}");
        Assert.Equal((2, second.Record.Vocabulary.Size), (third.Record.Number, third.Record.Vocabulary.Before));
        Assert.Equal(["run", "d2"], third.Record.Chain.Select(c => c.Run));
        Assert.Equal(third.Record.Chain, UpdateRecord.Read(_folder.At("d3"))!.Chain);
        Assert.Equal(new FinishedRun(_folder.At("d2"), 1).Measure(_folder.At("day3.csv"), null, default).Metrics.Ensemble.Auc,
            third.Record.Before.Auc);

        // Counts decide who stays within a budget.
        var most = Update("d2", "day3.csv", "small", new() { Growth = new() { MaxFeatures = 50 } });
        Assert.Equal(50, Enumerable.Sum(Encoder.Load(new RunFolder(_folder.At("small")).Encoder).Space.Categorical
            .Where(c => c.Name != "last"), c => c.Size - 2));
        Assert.True(most.Record.Vocabulary.Evicted > 0);
    }

    // The checkpoints of two runs differ by the seconds that they took.
    [Fact]
    public void Update_TheSameDaysTwice_HaveTheSameIdentity()
    {
        Train("dense", "0", "supervised");
        foreach (var way in new[] { "a", "b" })
        {
            Update("run", "day2.csv", $"{way}/d2", new());
            Update($"{way}/d2", "day3.csv", $"{way}/d3", new());
        }

        Assert.NotEqual(File.ReadAllBytes(_folder.At("a/d2/checkpoints/last.ckpt")), File.ReadAllBytes(_folder.At("b/d2/checkpoints/last.ckpt")));
        Assert.Equal(UpdateRecord.Read(_folder.At("a/d3"))!.Identity, UpdateRecord.Read(_folder.At("b/d3"))!.Identity);
        Assert.Equal(LastCheckpoint.IdentityOf(new RunFolder(_folder.At("a/d3"))), LastCheckpoint.IdentityOf(new RunFolder(_folder.At("b/d3"))));

        // Other weights are another identity.
        Update("a/d2", "day3.csv", "c", new() { HoldOut = 0.2 });
        Assert.NotEqual(UpdateRecord.Read(_folder.At("a/d3"))!.Identity, UpdateRecord.Read(_folder.At("c"))!.Identity);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public void Update_TokenThatComesOnceADay_GetsAnIdWhereItMayWait(int megabytes, bool isAdmitted)
    {
        Train("dense", "0", "supervised");
        _folder.File("rare.csv", DayRows.Of(2) + "1,rare,i9,1.5,i9,t2\n");
        var options = new UpdateOptions
        {
            Epochs = 0,
            HoldOut = 0.001,
            Growth = new() { MinCount = 3, WaitingMegabytes = megabytes, CountDecay = 1 },
        };
        Update("run", "rare.csv", "d1", options);
        Assert.Equal(0, Update("d1", "rare.csv", "d2", options).Record.Vocabulary.Admitted);
        Assert.Equal(isAdmitted ? 1 : 0, Update("d2", "rare.csv", "d3", options).Record.Vocabulary.Admitted);
        Assert.Equal(isAdmitted, Holds("d3"));
        Assert.Equal(isAdmitted, File.Exists(_folder.At("d3/waiting.bin")));
        if (!isAdmitted)
            return;
        File.WriteAllText(_folder.At("d3/waiting.bin"), "damaged");
        Assert.Contains("d3/waiting.bin: the file is damaged", Assert.Throws<ConsortException>(() =>
            Update("d3", "rare.csv", "d4", options)).Message.Replace('\\', '/'), StringComparison.Ordinal);

        bool Holds(string run)
        {
            var encoder = Encoder.Load(new RunFolder(_folder.At(run)).Encoder);
            var users = encoder.Space.Categorical[0];
            return Enumerable.Range(users.Offset + 2, users.Size - 2).Any(id => encoder.Token(id) == "rare");
        }
    }

    [Fact]
    public void Update_StoppedAndResumed_GivesTheSameBits()
    {
        Train("deferred", "0.99", "mutual");
        Update("run", "day2.csv", "whole", new() { Epochs = 2 });
        using var stop = new CancellationTokenSource();
        var request = Request("run", "day2.csv", "stopped", new() { Epochs = 2 });
        Assert.ThrowsAny<OperationCanceledException>(() =>
            RunUpdater.Update(request with { Training = new StopAfter(stop) }, stop.Token));
        Assert.True(File.Exists(new RunFolder(_folder.At("stopped")).LastCheckpoint));
        Assert.Contains("other options", Assert.Throws<ConsortException>(() =>
            RunUpdater.Update(request with { Resume = true, Options = new() { Epochs = 3 } }, default)).Message, StringComparison.Ordinal);
        RunUpdater.Update(request with { Resume = true }, default);
        foreach (var file in new[] { "checkpoints/best-update.ckpt", "encoder.bin", "ages.bin", "experiment.yaml" })
            Assert.Equal(File.ReadAllBytes(_folder.At($"whole/{file}")), File.ReadAllBytes(_folder.At($"stopped/{file}")));
        Assert.False(File.Exists(_folder.At("stopped/start.ckpt")));

        // What has finished is only measured again.
        var again = RunUpdater.Update(request with { Resume = true }, default);
        Assert.True(again.Run.HadFinished);
    }

    [Fact]
    public void Update_Packed_IsCalibratedOnTheDaysRowsAndNamesItsChain()
    {
        Train("dense", "0", "supervised");
        Update("run", "day2.csv", "d2", new() { HoldOut = 0.3 });
        var packed = RunPacker.Pack(
            new PackRequest(_folder.At("d2"), _folder.At("d2.consort"), 1) { Calibration = CalibrationKind.Platt }, default);
        Assert.Equal(CalibrationKind.Platt, packed.Calibration.Kind);
        Assert.Null(packed.NotMeasured);
        using var scorer = Scorer.Load(_folder.At("d2.consort"));
        var lineage = scorer.Package.Card!.Value.GetProperty("lineage").EnumerateArray().ToArray();
        Assert.Equal(["run", "d2"], lineage.Select(l => l.GetProperty("run").GetString()));

        // Its rows are found again where the cache is gone.
        var data = RunData.Read(new RunFolder(_folder.At("d2")))!;
        Directory.Delete(data.Encoded.Path, recursive: true);
        using var rows = RunRows.Open(new RunFolder(_folder.At("d2")), null, 1, null, default);
        Assert.Equal(data.Key, rows.Key);
    }

    [Fact]
    public void Update_NumbersThatFollow_AreScaledByTheNewRowsToo()
    {
        Train("dense", "0", "supervised");
        Update("run", "day3.csv", "follows", new() { Growth = new() { Numbers = NumberGrowth.Follow, CountDecay = 0.5 } });
        Update("run", "day3.csv", "stays", new());
        double MeanOf(string run) => Encoder.Load(new RunFolder(_folder.At(run)).Encoder).Middle(3)!.Value;
        Assert.Equal(MeanOf("run"), MeanOf("stays"));
        Assert.InRange(MeanOf("follows"), MeanOf("run") + 0.5, MeanOf("run") + 2.5); // day 3 costs 2 more
    }

    [Fact]
    public void Update_NormThatStays_KeepsRunningStatistics()
    {
        Train("dense", "0", "supervised");
        Update("run", "day3.csv", "follows", new());
        Update("run", "day3.csv", "slowly", new() { BatchNormMomentum = 0.001 });
        Update("run", "day3.csv", "stays", new() { BatchNorm = NormStatistics.Stay });
        List<FinishedRun> runs = [Finished("run"), Finished("stays"), Finished("slowly"), Finished("follows")];
        double Moved(int run) => Statistics(runs[run]).Zip(Statistics(runs[0]), (a, b) => Math.Abs((double)a - b)).Max();
        Assert.Equal(0, Moved(1));
        Assert.InRange(Moved(2), 1e-7, Moved(3) / 2);
        Assert.NotEqual(Logits("follows", "day3.csv"), Logits("stays", "day3.csv"));
        // An update of that update says for itself.
        Update("stays", "day2.csv", "again", new());
        using var again = Finished("again");
        Assert.NotEqual(Statistics(runs[1]), Statistics(again));
        runs.ForEach(r => r.Dispose());

        FinishedRun Finished(string run) => new(_folder.At(run), 1);
        static float[] Statistics(FinishedRun run) =>
            [.. run.Store.Slots.Where(s => !s.Parameter.IsTrained).SelectMany(s => run.Store.Values(s.Parameter).ToArray())];
    }

    [Fact]
    public void Update_WhatCannotBe_IsRefusedAndLeavesNothing()
    {
        Train("dense", "0", "supervised");
        Assert.Contains("found no run there", Refused("nothing", "day2.csv", "new"), StringComparison.Ordinal);
        Assert.Contains("stays as it is", Refused("run", "day2.csv", "run"), StringComparison.Ordinal);
        _folder.File("bad.csv", "click,user,item,price,last,tags\n1,u1,i1,cheap,i2,a\n");
        Assert.Equal($"{_folder.At("bad.csv")}:2, column price: found \"cheap\", expected a number or empty", Refused("run", "bad.csv", "new"));
        Assert.False(Directory.Exists(_folder.At("new")));
        Update("run", "day2.csv", "new", new());
        Assert.Contains("holds a run already", Refused("run", "day2.csv", "new"), StringComparison.Ordinal);
    }

    private string Refused(string run, string day, string folder) =>
        Assert.Throws<ConsortException>(() => Update(run, day, folder, new())).Message;

    private void Train(string update, string ema, string strategy) => ExperimentRunner.Run(
        new RunRequest(
            Experiment.Parse(
                Text.Replace("CACHE", _folder.At("cache"), StringComparison.Ordinal).Replace("UPDATE", update, StringComparison.Ordinal)
                    .Replace("EMA", ema, StringComparison.Ordinal).Replace("STRATEGY", strategy, StringComparison.Ordinal),
                "exp.yaml", _folder.Path), _folder.At("run"), 2), default);

    private UpdateRequest Request(string run, string day, string folder, UpdateOptions options) =>
        new(_folder.At(run), [_folder.At(day)], _folder.At(folder), 2) { Options = options };

    private UpdateResult Update(string run, string day, string folder, UpdateOptions options) =>
        RunUpdater.Update(Request(run, day, folder, options), default);

    private List<double> Logits(string run, string day)
    {
        using var finished = new FinishedRun(_folder.At(run), 1);
        var logits = new List<double>();
        finished.Predict(_folder.At(day), batch => logits.AddRange(batch.EnsembleLogits()), null, default);
        return logits;
    }

    // Safetensors: the length of a header, the header, the numbers.
    private static Dictionary<string, float[]> Tensors(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var end = 8 + (int)BitConverter.ToInt64(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, end - 8));
        return header.RootElement.EnumerateObject().Where(t => t.Name != "__metadata__").ToDictionary(t => t.Name, t =>
        {
            var offsets = t.Value.GetProperty("data_offsets");
            var (from, to) = (offsets[0].GetInt32(), offsets[1].GetInt32());
            return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(end + from, to - from)).ToArray();
        });
    }

    private static (int Width, int Row) WidthAndRow(int length, Encoder encoder, int id)
    {
        var users = encoder.Space.Categorical[0].Size;
        var rows = encoder.Space.Features;
        return length % (rows - users) == 0 && length / (rows - users) == 4 ? (4, id - users) : (length / rows, id);
    }

    private sealed class StopAfter(CancellationTokenSource stop) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value.Latest is not null)
                stop.Cancel();
        }
    }
}
