using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Tables;

namespace Consort.Cli.Commands;

/// <summary>Encodes raw files into a dataset that training reads.</summary>
internal sealed class EncodeCommand : ExampleCommand
{
    private readonly Option<string?> _schema =
        Shared.Text("--schema", "NAME|FILE", $"A preset ({string.Join(", ", Schema.Presets)}) or a schema file (YAML); required without --like.");
    private readonly Option<string[]> _train = Shared.Rows("--train", "Training rows");
    private readonly Option<string[]> _valid = Shared.Rows("--valid", "Validation rows");
    private readonly Option<string[]> _test = Shared.Rows("--test", "Test rows");
    private readonly Option<string[]> _source = Shared.Rows("--source", "Rows that are dealt to the splits");
    private readonly Option<string> _by = Shared.TextOr("--by", string.Join('|', SplitWords.Ways),
        "How rows of --source are dealt: by a seed, in their order, by a time, or all rows of a group (or of one text in a column) to one split.",
        "seed").AcceptOnlyFromAmong([.. SplitWords.Ways]);
    private readonly Option<long> _seed = Shared.Number<long>("--seed", "Seed of --by seed, group and hash.", 0, 0, long.MaxValue);
    private readonly Option<string?> _column =
        Shared.Text("--column", "FIELD", "The field that decides, of --by time and hash; of --by group the schema's field of kind group.");
    private readonly Option<string?> _validFrom = Shared.Text("--valid-from", "TIME", "When validation rows begin, of --by time.");
    private readonly Option<string?> _testFrom = Shared.Text("--test-from", "TIME", "When test rows begin, of --by time.");
    private readonly Option<double> _gap = Shared.Number(
        "--gap", "Days before either whose rows are left out, of --by time.", 0.0, 0, 10_000);
    private readonly Option<string[]> _leaveOut = new("--leave-out")
    {
        Description = "Days (2026-11-30) whose rows are left out, of --by time.",
        HelpName = "DAY",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<double> _negatives = Shared.Number("--negatives",
        "Share of the training rows without a click that is kept; models then tell of all rows all the same.", 1.0, 1e-9, 1);
    private readonly Option<long> _sampleSeed = Shared.Number<long>("--sample-seed", "Seed of --negatives.", 0, 0, long.MaxValue);

    private readonly Option<double[]> _shares = new("--shares")
    {
        Description = "Shares of train, valid and test. [default: 0.8,0.1,0.1]", // the library would write 0.8|0.1|0.1
        HelpName = "A,B,C",
        CustomParser = ReadShares,
    };

    private readonly Option<string?> _like =
        Shared.Text("--like", "DIR", "An encoded dataset, by whose encoder the rows of --transfer are encoded.");
    private readonly Option<string[]> _transfer = Shared.Rows("--transfer", "Rows without labels, for --like");
    private readonly EncodeShards _shards = new();
    private readonly Option<string> _out = Shared.Needed(
        "--out", "DIR", "Folder of the encoded dataset; of --count-only and --merge the file.", alias: "-o");
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public EncodeCommand(Terminal terminal) : base(
        "encode", "Encode raw files into a dataset: vocabularies from the training rows, ids for all rows.", terminal,
        "encode --schema criteo --source train.txt --by seed --seed 1 --out data/criteo",
        "encode --schema frappe --train train.csv --valid valid.csv --test test.csv --out data/frappe",
        "encode --like data/frappe --transfer more.csv --out data/frappe-more",
        "encode --schema criteo --train day_*.tsv --count-only --shard 0/4 --out counters_0.bin",
        "encode --merge counters_*.bin --out encoder.bin",
        "encode --schema criteo --train day_*.tsv --store --shard 0/4 --encoder encoder.bin --out data/part_0",
        "encode --merge-parts data/part_* --out data/criteo")
    {
        Take([_schema, _train, _valid, _test, _source, _by, _seed, _shares, _column, _validFrom, _testFrom, _gap,
            _leaveOut, _negatives, _sampleSeed, _like, _transfer, .. _shards.Options, _out, _threads, _json, _quiet]);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        var (isWhole, isStore) = (_shards.IsAbsent(arguments), _shards.IsStore(arguments));
        var (folder, threads) = (arguments.GetRequiredValue(_out), arguments.GetValue(_threads));
        var progress = arguments.GetValue(_quiet) ? null : new EncodingLine(Terminal.Status);
        Terminal.StopWithin(Shared.TimeToSave);
        if (_shards.IsMerge(arguments))
        {
            if (new[] { _schema, _like }.Any(o => arguments.GetValue(o) is not null))
                throw new ConsortException("encode: found --schema or --like beside what is merged, expected neither: it says by itself what it is of");
            _shards.Merge(arguments, folder, json, Terminal, progress);
            return CommandLine.Success;
        }
        using var like = Like(arguments);
        if (like is not null && !isWhole)
            throw new ConsortException("encode: found --like beside --shard, expected --schema: rows without labels are encoded whole");
        var schema = like is null ? Schema.Load(arguments.GetValue(_schema)!) : like.Encoder.Schema;
        var plan = like is null ? Plan(arguments) : null;
        if (!isWhole && !isStore)
        {
            Output.CheckApart("--json", json, [arguments.GetValue(_schema)!, .. plan!.Files]);
            _shards.Count(arguments, schema, plan, threads, folder, json, Terminal, progress);
            return CommandLine.Success;
        }
        var request = plan is null ? EncodeRequest.Transfer(like!, FilesOf(arguments, _transfer), folder, threads)
            : isStore ? _shards.Store(arguments, schema, plan, folder, threads) : new EncodeRequest(schema, plan, folder, threads);
        request = request with { Sources = Shared.Sources };
        Output.CheckApart("--json", json, [arguments.GetValue(_schema) ?? like!.Folder, .. request.Split.Files]);
        var result = DatasetEncoder.EncodeOrReuse(request, progress, Terminal.Cancellation);
        Terminal.Status.Clear();
        var memory = Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0;
        if (json is not null)
            JsonFile.Write(json, Json(result, request, memory, EncodedDataset.ContentHashOf(result.Folder)));
        Show(result, memory, like?.Folder, isStore);
        return CommandLine.Success;
    }

    // Either rows of which an encoder is made, or rows without labels for one that is there.
    private EncodedDataset? Like(ParseResult arguments)
    {
        var (isLike, hasSchema) = (arguments.GetValue(_like) is not null, arguments.GetValue(_schema) is not null);
        if (isLike == hasSchema)
            throw new ConsortException("encode: expected either --schema, or --like with --transfer");
        if (isLike != arguments.GetValue(_transfer) is { Length: > 0 })
            throw new ConsortException("encode: expected --like and --transfer together: rows without labels and the dataset whose encoder encodes them");
        if (isLike && new[] { _source, _train, _valid, _test }.Any(o => arguments.GetValue(o) is { Length: > 0 }))
            throw new ConsortException("encode: found --source, --train, --valid or --test beside --like, expected --transfer alone: its rows have no splits");
        return isLike ? EncodedDataset.Open(arguments.GetValue(_like)!) : null;
    }

    private static string[] FilesOf(ParseResult arguments, Option<string[]> option) => Shared.Places(arguments.GetValue(option) ?? []);

    private SplitPlan Plan(ParseResult arguments)
    {
        string[] Of(Option<string[]> option) => FilesOf(arguments, option);
        var (source, train, valid, test) = (Of(_source), Of(_train), Of(_valid), Of(_test));
        if (source.Length > 0 == train.Length > 0)
            throw new ConsortException("encode: expected either --source or --train");
        if (train.Length > 0)
            return SplitPlan.Given(train, valid, test) with { Sample = Sample(arguments) };
        if (valid.Length + test.Length > 0)
            throw new ConsortException("encode: found --valid or --test beside --source, expected them beside --train");
        var shares = arguments.GetValue(_shares) is { Length: 3 } given ? given : [0.8, 0.1, 0.1];
        return SplitWords.Plan(arguments.GetValue(_by)!, source, arguments.GetValue(_column), (ulong)arguments.GetValue(_seed), shares,
            () => Time(arguments)) with
        { Sample = Sample(arguments) };
    }

    private NegativeSample? Sample(ParseResult arguments) => arguments.GetValue(_negatives) is < 1 and var share
        ? NegativeSample.Of(share, (ulong)arguments.GetValue(_sampleSeed)) : null;

    private TimeSplit Time(ParseResult arguments)
    {
        DateTime? From(Option<string?> option) => arguments.GetValue(option) is { } text
            ? TimeSplit.ReadTime(text) ?? throw new ConsortException($"{option.Name}: {TimeSplit.Mistake(text)}") : null;
        return TimeSplit.Of(arguments.GetValue(_column), From(_validFrom), From(_testFrom), arguments.GetValue(_gap),
            [.. (arguments.GetValue(_leaveOut) ?? []).Select(text => TimeSplit.ReadDay(text)
                ?? throw new ConsortException($"--leave-out: found \"{text}\", expected a day as 2026-11-30"))]);
    }

    private void Show(EncodeResult result, double memory, string? like, bool isPart)
    {
        Terminal.Show(ResultTable.Of(
            result.Splits, new("split", s => s.Name), new("rows", s => s.Rows, "N0"), new("clicks", s => s.Clicks, "N0"),
            new("click rate", s => s.Clicks / (double)Math.Max(1, s.Rows), "P2")));
        var output = Terminal.Output;
        var space = result.Space;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{space.Categorical.Count} categorical and {space.Numeric.Count} numeric columns, {space.Features:N0} features"));
        output.WriteLine(result.Reused
            ? $"reused: {result.Reason}"
            : string.Create(
                CultureInfo.InvariantCulture,
                $"encoded ({result.Reason}) in {Pace.Time(result.Seconds)}: {result.RowsPerSecond:N0} rows/s, {result.SourceBytes / 1e6 / Math.Max(1e-9, result.Seconds):N1} MB/s, peak memory {memory:N0} MB"));
        output.WriteLine($"dataset      {result.Folder}");
        output.WriteLine($"key          {result.Key}");
        output.WriteLine(isPart
            ? $"next         when all parts are there: {Terminal.Command} encode --merge-parts PARTS… --out DIR"
            : like is null
            ? $"next         put `data: {{ encoded: {result.Folder} }}` into an experiment file, or: {Terminal.Command} data describe {Shell.Quote(result.Folder)}"
            : $"next         put `data: {{ encoded: {like}, transfer: {result.Folder} }}` into the experiment file of a student");
    }

    private static object Json(EncodeResult result, EncodeRequest request, double memory, string hash) => new
    {
        SourceKind = string.Join('+', request.Split.Files.Select(f => request.Sources.KindOf(f, request.Schema)).Distinct()),
        RowsPerSecond = Math.Round(result.RowsPerSecond, 1),
        PeakMemoryMb = Math.Round(memory, 1),
        result.Rows,
        result.Space.Features,
        result.Key,
        Sha256 = hash,
        result.Reused,
        result.Reason,
        Seconds = Math.Round(result.Seconds, 3),
        result.SourceBytes,
        result.Folder,
        Categorical = result.Space.Categorical.Count,
        Numeric = result.Space.Numeric.Count,
        result.Splits,
    };

    private static double[]? ReadShares(ArgumentResult result)
    {
        var parts = string.Join(',', result.Tokens.Select(t => t.Value)).Split(',', StringSplitOptions.TrimEntries);
        var shares = new double[parts.Length];
        for (var i = 0; i < parts.Length; i++)
        {
            if (double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out shares[i]))
                continue;
            result.AddError($"--shares: found \"{parts[i]}\", expected a number");
            return null;
        }

        if (shares.Length == 3)
            return shares;
        result.AddError(string.Create(
            CultureInfo.InvariantCulture, $"--shares: found {shares.Length} numbers, expected train,valid,test such as 0.8,0.1,0.1"));
        return null;
    }
}
