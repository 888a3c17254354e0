using System.Text.Json;
using Consort.Data.Datasets;
using Consort.Foundation.Ranks;
using Consort.Learning.Ranks;
using Consort.Learning.Runs;
using Consort.Learning.Strategies;
using Consort.Learning.Teachers;
using Consort.Learning.Tests.Ranks;
using Consort.Learning.Training;
using Consort.Models;
using Consort.Models.Embeddings;
using Consort.Models.Layers;
using Consort.Models.Zoo;

namespace Consort.Learning.Tests.Training;

/// <summary>What a training test runs: a family, phases, and what came of it.</summary>
internal sealed record TrainerRig(EncodedDataset Data)
{
    private static readonly MlpOptions Tower = new() { HiddenUnits = [8, 6], BatchNorm = true, Dropout = 0.2 };

    public Family Family { get; init; } = Own(Noisy(), Noisy());

    public TrainingOptions Options { get; init; } = new() { BatchSize = SmallData.BatchSize, Seed = 5 };

    public IReadOnlyList<Phase> Phases { get; init; } = [new Phase { Strategy = new Supervised(), Epochs = 3, LearningRate = 0.01 }];

    public string Identity { get; init; } = "identity";

    /// <summary>Finds the teachers that phases name.</summary>
    public Func<string, TrainedFamily>? Teacher { get; init; }

    public int Threads { get; init; } = 2;

    /// <summary>Whether each of several ranks has a part of the tables.</summary>
    public bool ShardTables { get; init; }

    /// <summary>Whether ranks exchange dense gradients during the backward pass.</summary>
    public bool Overlaps { get; init; } = true;

    /// <summary>What gradients are rounded to as they travel.</summary>
    public WirePrecision Wire { get; init; }

    /// <summary>A model in which all that differs between training and scoring takes part.</summary>
    public static CtrModel Noisy() => new DeepFm(Tower);

    public static CtrModel Plain() => new Dnn(Tower with { BatchNorm = false, Dropout = 0 });

    public static Family Own(params CtrModel[] members) =>
        new(new EmbeddingOptions { Dimension = 4, Shared = false, InitialDeviation = 0.1 }, members);

    public static Family Shared(params CtrModel[] members) =>
        new(new EmbeddingOptions { Dimension = 4, Shared = true, InitialDeviation = 0.1 }, members);

    public Outcome Run(string folder, bool resume = false, CancellationToken cancellation = default) =>
        RunAs(null, folder, resume, cancellation);

    /// <summary>Runs on several ranks, which are threads and each have a rig of their own; gives what each came to.</summary>
    public static Outcome[] RunTogether(Func<TrainerRig> rig, int ranks, string folder, bool resume = false) =>
        ThreadRanks.Run(ranks, rank => rig().RunAs(rank, folder, resume));

    /// <summary>The same, and stops: the last rank is told to in that step.</summary>
    public static void StopTogether(Func<TrainerRig> rig, int ranks, string folder, int steps) => ThreadRanks.Run(ranks, rank =>
    {
        using var source = new CancellationTokenSource();
        var own = rig();
        own = own with { Phases = own.Stopping(steps, rank.Rank == ranks - 1 ? source.Cancel : () => { }) };
        Assert.Throws<OperationCanceledException>(() => { own.RunAs(rank, folder, false, source.Token); });
        return true;
    });

    public TrainingRun Training(string folder, IRanks? ranks) => new(
        Family, Data, Options, Phases, new RunFolder(folder), Threads, null,
        name => name.IsPredictions ? new PredictionTeacher(name) : new FrozenTeacher(Teacher!(name.Path), name.Path),
        vectors: null, isMeasureOnly: false, ranks, new RankOptions(ShardTables, Overlaps, Wire));

    private Outcome RunAs(IRanks? ranks, string folder, bool resume, CancellationToken cancellation = default)
    {
        using var trainer = Training(folder, ranks);
        var result = trainer.Run(Identity, resume, cancellation);
        return new Outcome(result, Numbers(trainer));
    }

    /// <summary>Runs, and stops after that many steps of all phases together.</summary>
    public void RunAndStop(string folder, int steps, bool resume = false)
    {
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(
            () => { (this with { Phases = Stopping(steps, source.Cancel) }).Run(folder, resume, source.Token); });
    }

    /// <summary>The same, with something to do in each step.</summary>
    public TrainerRig At(Action step) =>
        this with { Phases = [.. Phases.Select(p => p with { Strategy = new StoppingStrategy(p.Strategy, step) })] };

    private IReadOnlyList<Phase> Stopping(int steps, Action stop) => At(() =>
    {
        if (--steps == 0)
            stop();
    }).Phases;

    private static Dictionary<string, float[]> Numbers(TrainingRun trainer) =>
        trainer.Tensors().ToDictionary(t => t.Name, t => t.Read(0, (int)t.Source.Elements).ToArray());

    // Calls back at each step, and leaves all else to another strategy.
    private sealed class StoppingStrategy(Strategy inner, Action step) : Strategy
    {
        public override string Name => inner.Name;

        public override IReadOnlyList<string> TermNames => inner.TermNames;

        public override bool LearnsFromTeachers => inner.LearnsFromTeachers;

        public override bool ShipsOneMember => inner.ShipsOneMember;

        public override bool ReadsPeersAsScored => inner.ReadsPeersAsScored;

        public override bool LearnsWithoutLabels => inner.LearnsWithoutLabels;

        public override Span<double> State => inner.State;

        public override void Open(int teachers) => inner.Open(teachers);

        public override int WarmEpochs(bool isFresh) => inner.WarmEpochs(isFresh);

        public override void BeginEpoch(int epoch, bool isFresh) => inner.BeginEpoch(epoch, isFresh);

        public override void Apply(BatchLogits batch, Span<double> terms)
        {
            inner.Apply(batch, terms);
            step();
        }
    }
}

/// <summary>A result with the weights it was measured with.</summary>
internal sealed record Outcome(TrainingResult Result, IReadOnlyDictionary<string, float[]> Numbers)
{
    private static readonly JsonSerializerOptions Json = new(RunFolder.Json) { WriteIndented = true };

    /// <summary>Everything that must not depend on the clock, as text.</summary>
    public string Text => JsonSerializer.Serialize(
        new { Epochs = Result.Epochs.Select(e => e with { Seconds = 0 }), Result.Valid, Result.Test, Result.Parameters }, Json);

    public static void AssertSame(Outcome expected, Outcome found)
    {
        Assert.Equal(expected.Text, found.Text);
        Assert.Equal(expected.Numbers.Keys, found.Numbers.Keys);
        foreach (var (name, numbers) in expected.Numbers)
            Assert.True(numbers.AsSpan().SequenceEqual(found.Numbers[name]), $"{name} differs");
    }
}
