using System.CommandLine;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Distributed.Planning;
using Consort.Experiments.Updating;
using Consort.Foundation.Options;
using Consort.Foundation.Ranks;
using Consort.Foundation.Tables;
using Consort.Learning.Strategies;
using Consort.Learning.Training;
using Consort.Models;
using Consort.Models.Embeddings;

namespace Consort.Cli.Commands;

/// <summary>Predicts what several machines like this one would make of a training.</summary>
internal sealed class PlanCommand : ExampleCommand
{
    private const double Giga = 1L << 30, Mega = 1 << 20;
    private const int SimulatedPieces = 400_000;
    private static readonly Stragglers Usual = new(Jitter: 0.05, SlowShare: 0.001, SlowFactor: 3);

    private readonly Argument<string?> _experiment = new("EXPERIMENT")
    {
        Description = "Whose family is trained (YAML); one DeepFM of three layers of 400 unless given.",
        Arity = ArgumentArity.ZeroOrOne,
    };
    private readonly Option<string?> _data =
        Shared.Text("--data", "DIR", "Folder that the experiment's data files lie in; its own folder unless given.");
    private readonly Option<double> _rows = Shared.NeededNumber("--rows", "Training rows of an epoch.", 1, 1e15);
    private readonly Option<double> _vocabulary = Shared.Number("--vocab", "Tokens of all fields together.", 1e6, 1, 1e12);
    private readonly Option<int> _ranks = Shared.Number("--ranks",
        "Ranks, a machine each unless --ranks-per-machine; the powers of two below are predicted as well.", 8, 1, 1024);
    private readonly Option<string> _network = Shared.TextOr("--network", "SPEED",
        "What lies between them: 25Gb, 100Gb/5us (bits a second, and the time of a small message), or memory for processes of one machine.",
        "25Gb");
    private readonly Option<int> _perMachine =
        Shared.Number("--ranks-per-machine", "Ranks that share a machine, each with --threads of its own.", 1, 1, 1024);
    private readonly Option<bool> _shardTables = Shared.Flag("--shard-tables", "Each rank holds a part of the embeddings' rows.");
    private readonly Option<string> _wire = Shared.Wire();
    private readonly Option<int?> _batch = Shared.NumberOrNone<int>("--batch",
        "Rows of a step on each rank; the experiment's batch_size unless given, 4096 without an experiment.", 1, 1 << 20);
    private readonly Option<int> _fields = Shared.Number("--fields", "Categorical fields.", 26, 1, 10_000);
    private readonly Option<int> _numbers = Shared.Number("--numbers", "Numeric fields.", 13, 0, 10_000);
    private readonly Option<double> _zipf = Shared.Number("--zipf", "Exponent of the tokens' frequencies.", 1.1, 0.0, 3.0, "S");
    private readonly Option<string?> _encoded = Shared.Text("--encoded", "DIR",
        "An encoded dataset whose training rows are counted: how many tokens batches have is then theirs, and so are the fields.");
    private readonly Option<double?> _meanLength = Shared.NumberOrNone<double>("--mean-length",
        "Steps of a history in the mean, as far as the schema lets it be so long: fields are then made up as the experiment's schema has them.",
        0, FieldList.Most);
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();

    public PlanCommand(Terminal terminal) : base(
        "plan", "Predict rows a second, memory and traffic of a training on several machines like this one.", terminal,
        "plan --rows 4.4e9 --vocab 1e8 --ranks 64 --network 25Gb", "plan configs/kdef.yaml --rows 45e6 --ranks 4 --json plan.json",
        "plan configs/histories/DIN.yaml --data data/histories --rows 1e9 --vocab 1e7 --mean-length 20")
    {
        Take(_experiment, _data, _rows, _vocabulary, _ranks, _perMachine, _shardTables, _wire, _network, _batch, _fields, _numbers, _zipf,
            _encoded, _meanLength, _threads, _json);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        if (arguments.GetValue(_encoded) is not null && arguments.GetValue(_meanLength) is not null)
            throw new ConsortException($"{_meanLength.Name}: found beside {_encoded.Name}, whose histories have their own length, expected one of them");
        Shared.RequireFolder(arguments.GetValue(_data));
        var wire = Wire(arguments.GetValue(_network)!); // before anything is measured
        var path = arguments.GetValue(_experiment);
        var (family, strategy, schema, usual) = Trained(path, arguments.GetValue(_data), arguments.GetValue(_encoded));
        var batch = arguments.GetValue(_batch) ?? usual;
        using var dataset = arguments.GetValue(_encoded) is { } encoded ? EncodedDataset.Open(encoded) : null;
        var counted = dataset is null ? null : CountedTokens.Of(dataset.Train, Terminal.Cancellation);
        var rows = counted is null ? MadeUp(arguments, schema) : MadeUpRows.Like(dataset!.Space, counted.Lengths);
        var tokens = counted
            ?? (ITokens)new EqualFields(rows.IdsOfVocabularies, arguments.GetValue(_vocabulary), arguments.GetValue(_zipf));
        var probe = new MachineProbe(family, arguments.GetValue(_threads), rows, dataset?.Train);
        var demand = Demand(probe, counted is null && arguments.GetValue(_meanLength) is null && HasLists(schema) ? path : null);
        var precision = WirePrecisions.Names[arguments.GetValue(_wire)!];
        var (perMachine, shardTables) = (arguments.GetValue(_perMachine), arguments.GetValue(_shardTables));
        RankLayout[] layouts = [.. Counts(arguments.GetValue(_ranks)).Select(n => new RankLayout(n, perMachine, shardTables, precision))];
        // As many ranks at once as a machine has.
        var speeds = layouts.Select(l => l.Here).Distinct().ToDictionary(n => n, n => probe.Measure(n, strategy, Terminal.Cancellation));
        var machine = speeds[layouts[0].Here];
        var network = wire ?? Network.Shared(machine.Streams);
        Prediction[] predictions = [.. layouts.Select(layout => Predict(StepCost.Of(
            demand, speeds[layout.Here], network, tokens, layout,
            (double)layout.Ranks * batch), arguments.GetValue(_rows)))];
        JsonFile.Write(json, new
        {
            Network = network.Name,
            Threads = arguments.GetValue(_threads),
            Batch = batch,
            RanksPerMachine = perMachine,
            ShardTables = shardTables,
            Wire = precision.Name(),
            demand.FlopsPerRow,
            demand.DenseNumbers,
            Machine = new
            {
                machine.SecondsPerStep,
                machine.SecondsPerRow,
                machine.LossSecondsPerRow,
                StreamGbPerSecond = machine.Streams / 1e9,
                LineGbPerSecond = machine.Lines / 1e9,
                GflopsPerSecond = demand.FlopsPerRow / machine.SecondsPerRow / 1e9,
            },
            Ranks = predictions,
        });
        Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"this machine: {demand.FlopsPerRow / machine.SecondsPerRow / 1e9:N1} GFLOP/s in a step, {machine.Streams / 1e9:N1} GB/s copied, {machine.Lines / 1e9:N1} GB/s at random; {demand.FlopsPerRow / 1e6:N2} MFLOP a row; {batch:N0} rows a step on each rank; network {network.Name}"));
        Terminal.Show(Table(predictions));
        return CommandLine.Success;
    }

    private MadeUpRows MadeUp(ParseResult arguments, Schema? schema)
    {
        if (arguments.GetValue(_meanLength) is not { } length)
            return MadeUpRows.Alike(arguments.GetValue(_fields), arguments.GetValue(_numbers));
        var shown = string.Create(CultureInfo.InvariantCulture, $"{_meanLength.Name} {length}");
        return schema is null ? throw new ConsortException(
                $"{shown}: found no schema, expected an experiment whose data have one: its fields are made up; or --encoded DIR")
            : !HasLists(schema) ? throw new ConsortException(
                $"{shown}: found no list and no sequence among the fields of {arguments.GetValue(_experiment)}, expected one")
            : MadeUpRows.Of(schema, length);
    }

    // Fields that are all alike are none that a model of histories could name.
    private TrainingDemand Demand(MachineProbe probe, string? alike)
    {
        try
        {
            return probe.Demand();
        }
        catch (ConsortException e) when (alike is not null)
        {
            throw new ConsortException($"{alike}: found members that do not go with fields that are all alike, as plan makes them up ({e.Message}); expected {_meanLength.Name} N, the steps of a history in the mean, for fields as the schema has them, or {_encoded.Name} DIR, whose rows are counted", e);
        }
    }

    private static bool HasLists(Schema? schema) => schema is not null && schema.Fields.Any(f => f.List is not null);

    private static (Family Family, Strategy Strategy, Schema? Schema, int Batch) Trained(string? path, string? data, string? encoded)
    {
        if (path is not null)
        {
            var experiment = encoded is null ? DailyExperiment.Load(path, data, catalogues: Shared.Catalogues).First
                : DailyExperiment.LoadEncoded(path, encoded, data, Shared.Catalogues);
            var last = experiment.Phases[^1];
            return (experiment.Family, last.Strategy, experiment.Data?.Schema, last.Overrides.BatchSize ?? experiment.Training.BatchSize);
        }

        var options = OptionMap.Parse("{ model: DeepFM, hidden_units: [400, 400, 400], batch_norm: true }", "plan");
        var family = new Family(new EmbeddingOptions(), [ModelCatalogue.Create(options)]);
        return (family, new Supervised(), null, new TrainingOptions().BatchSize);
    }

    // Null for the memory of one machine, whose speed is measured.
    private static Network? Wire(string text) => text == "memory" ? null
        : Network.Parse(text)
        ?? throw new ConsortException($"--network: found \"{text}\", expected a speed such as 25Gb or 100Gb/5us (0.001 to 1e6 Gb, 0.001 to 1e9 us), or memory");

    private static IEnumerable<int> Counts(int most)
    {
        for (var ranks = 1; ranks < most; ranks *= 2)
            yield return ranks;
        yield return most;
    }

    private static Prediction Predict(StepCost cost, double rows)
    {
        var steps = Math.Max(1, SimulatedPieces / (cost.Ranks * Math.Max(1, cost.Exchanges)));
        var simulated = cost.Ranks == 1 ? cost.Seconds : StragglerSimulation.Seconds(cost, Usual, steps, seed: 1);
        return new Prediction(
            cost.Ranks, cost.RowsPerSecond, rows / cost.RowsPerSecond / 3600, 1000 * cost.Seconds, 1000 * cost.Compute, 1000 * cost.Tables,
            1000 * cost.Wire, cost.WireBytes / Mega, cost.MemoryBytes / Giga, cost.Bound, cost.Batch / simulated);
    }

    private static ResultTable Table(IEnumerable<Prediction> predictions) => ResultTable.Of(predictions,
        new("ranks", p => p.Ranks, "N0"), new("rows/s", p => p.RowsPerSecond, "N0"),
        new("with stragglers", p => p.RowsPerSecondWithStragglers, "N0"),
        new("epoch, hours", p => p.EpochHours, "N2"), new("step, ms", p => p.StepMs, "N1"), new("compute", p => p.ComputeMs, "N1"),
        new("tables", p => p.TablesMs, "N1"), new("network", p => p.NetworkMs, "N1"), new("MB sent", p => p.SentMb, "N2"),
        new("GB a rank", p => p.MemoryGb, "N1"), new("bound by", p => p.Bound));

    private sealed record Prediction(
        int Ranks, double RowsPerSecond, double EpochHours, double StepMs, double ComputeMs, double TablesMs, double NetworkMs,
        double SentMb, double MemoryGb, string Bound, double RowsPerSecondWithStragglers);
}
