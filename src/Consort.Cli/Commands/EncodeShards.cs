using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Shards;
using Consort.Foundation.Tables;

namespace Consort.Cli.Commands;

/// <summary>
/// What `encode` does where several processes encode one dataset: counts a shard, merges counters, stores a part, merges parts.
/// </summary>
internal sealed class EncodeShards
{
    private readonly Option<bool> _countOnly = Shared.Flag(
        "--count-only", "Count the training rows of a shard and write the counters to --out; --merge makes the encoder of them.");
    private readonly Option<string[]> _merge = Many("--merge", "FILE", "Counters of all shards, of which --out becomes the encoder.");
    private readonly Option<bool> _store = Shared.Flag("--store", "Store the rows of a shard as a part of the dataset, by --encoder.");
    private readonly Option<string[]> _mergeParts = Many(
        "--merge-parts", "DIR", "All parts of a dataset, which stay where they are; --out becomes the folder that stands for them.");
    private readonly Option<string?> _shard = Shared.Text("--shard", "I/N", "Shard I of N, from 0/N to N-1/N, of --count-only and --store.");
    private readonly Option<string?> _encoder = Shared.Text("--encoder", "FILE",
        "The encoder that --merge made: of --store; and of --count-only and --merge, where the schema has crosses or lookups, the second time.");

    public IEnumerable<Symbol> Options => [_countOnly, _merge, _store, _mergeParts, _shard, _encoder];

    /// <summary>Whether rows are taken whole, as ever.</summary>
    /// <exception cref="ConsortException">The options do not fit together.</exception>
    public bool IsAbsent(ParseResult arguments)
    {
        var chosen = new Option[] { _countOnly, _merge, _store, _mergeParts }
            .Where(o => arguments.GetResult(o) is { Implicit: false }).ToArray();
        if (chosen.Length > 1)
            throw new ConsortException($"encode: found {chosen[0].Name} and {chosen[1].Name}, expected one of them");
        var (isShard, isEncoder) = (IsStore(arguments) || arguments.GetValue(_countOnly), arguments.GetValue(_encoder) is not null);
        if (isShard != arguments.GetValue(_shard) is not null)
            throw new ConsortException(isShard ? $"encode: found {chosen[0].Name} without --shard, expected which, such as --shard 0/4"
                : "encode: found --shard, expected it beside --count-only or --store");
        if (IsStore(arguments) && !isEncoder)
            throw new ConsortException("encode: found --store without --encoder, expected the encoder that --merge made");
        if (isEncoder && (chosen.Length == 0 || chosen[0] == _mergeParts))
            throw new ConsortException("encode: found --encoder, expected it beside --store, --count-only or --merge");
        return chosen.Length == 0;
    }

    /// <summary>Whether a shard is stored.</summary>
    public bool IsStore(ParseResult arguments) => arguments.GetValue(_store);

    /// <summary>Whether there is something to merge, which needs no schema.</summary>
    public bool IsMerge(ParseResult arguments) =>
        arguments.GetValue(_merge) is { Length: > 0 } || arguments.GetValue(_mergeParts) is { Length: > 0 };

    /// <summary>What storing a shard is.</summary>
    public EncodeRequest Store(ParseResult arguments, Schema schema, SplitPlan plan, string folder, int threads) =>
        ShardStore.Of(Request(arguments, schema, plan, threads), arguments.GetValue(_encoder)!, folder);

    /// <summary>Counts a shard.</summary>
    public void Count(ParseResult arguments, Schema schema, SplitPlan plan, int threads, string path, string? json, Terminal terminal,
        IProgress<EncodeProgress>? progress)
    {
        var (request, encoder) = (Request(arguments, schema, plan, threads), arguments.GetValue(_encoder));
        Output.CheckApart("--out", path, [.. plan.Files, .. encoder is null ? [] : new[] { encoder }]);
        Output.CheckApartFromOut(json, path);
        var result = ShardCount.Write(request, path, encoder, progress, terminal.Cancellation);
        terminal.Status.Clear();
        var rate = result.Rows / Math.Max(1e-9, result.Seconds);
        JsonFile.Write(json, new
        {
            Shard = request.Shard.Index,
            Shards = request.Shard.Count,
            result.Rows,
            result.Files,
            result.SourceBytes,
            Seconds = Math.Round(result.Seconds, 3),
            RowsPerSecond = Math.Round(rate, 1),
            PeakMemoryMb = Math.Round(Memory, 1),
            Out = path,
        });
        terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"counted shard {request.Shard}: {result.Rows:N0} rows of {result.Files} sources in {Pace.Time(result.Seconds)}: {rate:N0} rows/s, peak memory {Memory:N0} MB"));
        terminal.Output.WriteLine($"counters     {path}");
        terminal.Output.WriteLine($"next         when all {request.Shard.Count} are there: {terminal.Command} encode --merge COUNTERS…{(encoder is null ? "" : $" --encoder {Shell.Quote(encoder)}")} --out ENCODER");
    }

    /// <summary>Merges counters or parts.</summary>
    public void Merge(ParseResult arguments, string target, string? json, Terminal terminal, IProgress<EncodeProgress>? progress)
    {
        var clock = Stopwatch.StartNew();
        if (arguments.GetValue(_merge) is { Length: > 0 } counters)
            MergeCounters(counters, arguments.GetValue(_encoder), target, json, clock, terminal, progress);
        else MergeParts(arguments.GetValue(_mergeParts)!, target, json, clock, terminal);
    }

    private static void MergeCounters(string[] counters, string? encoder, string path, string? json, Stopwatch clock, Terminal terminal,
        IProgress<EncodeProgress>? progress)
    {
        Output.CheckApart("--out", path, [.. counters, .. encoder is null ? [] : new[] { encoder }]);
        Output.CheckApartFromOut(json, path);
        var result = CounterMerge.Write(counters, path, encoder, progress, terminal.Cancellation);
        terminal.Status.Clear();
        JsonFile.Write(json, new
        {
            result.Rows,
            result.Shards,
            result.Space.Features,
            Categorical = result.Space.Categorical.Count,
            Numeric = result.Space.Numeric.Count,
            result.Checksum,
            result.IsWhole,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
            PeakMemoryMb = Math.Round(Memory, 1),
            Out = path,
        });
        terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"merged {result.Shards} shards of {result.Rows:N0} rows: {result.Space.Categorical.Count} categorical and {result.Space.Numeric.Count} numeric columns, {result.Space.Features:N0} features, in {Pace.Time(clock.Elapsed.TotalSeconds)}, peak memory {Memory:N0} MB"));
        terminal.Output.WriteLine($"encoder      {path}");
        terminal.Output.WriteLine(result.IsWhole
            ? $"next         each shard: {terminal.Command} encode … --store --shard I/{result.Shards} --encoder {Shell.Quote(path)} --out PART"
            : $"next         the schema has crosses or lookups, which are counted by it: {terminal.Command} encode … --count-only --shard I/{result.Shards} --encoder {Shell.Quote(path)} --out COUNTERS");
    }

    private static void MergeParts(string[] parts, string folder, string? json, Stopwatch clock, Terminal terminal)
    {
        var splits = PartMerge.Write(parts, folder, terminal.Cancellation);
        if (json is not null)
        {
            JsonFile.Write(json, new
            {
                Parts = parts.Length,
                Rows = splits.Sum(s => s.Rows),
                Key = EncodedDataset.KeyAt(folder),
                Sha256 = EncodedDataset.ContentHashOf(folder),
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
                PeakMemoryMb = Math.Round(Memory, 1),
                Folder = folder,
                Splits = splits,
            });
        }
        terminal.Show(ResultTable.Of(splits, new("split", s => s.Name), new("rows", s => s.Rows, "N0"), new("clicks", s => s.Clicks, "N0"),
            new("click rate", s => s.Clicks / (double)Math.Max(1, s.Rows), "P2")));
        terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"merged {parts.Length} parts, which stay where they are, in {Pace.Time(clock.Elapsed.TotalSeconds)}"));
        terminal.Output.WriteLine($"dataset      {folder}");
        terminal.Output.WriteLine($"key          {EncodedDataset.KeyAt(folder)}");
        terminal.Output.WriteLine($"next         put `data: {{ encoded: {folder} }}` into an experiment file");
    }

    // Rows are read more than once, by several processes.
    private ShardRequest Request(ParseResult arguments, Schema schema, SplitPlan plan, int threads)
    {
        Shared.PlacesOfFiles("--shard", plan.Files);
        return new ShardRequest(schema, plan, Shard.Parse(arguments.GetValue(_shard)!), threads) { Sources = Shared.Sources };
    }

    private static double Memory => Process.GetCurrentProcess().PeakWorkingSet64 / 1048576.0;

    private static Option<string[]> Many(string name, string help, string description) => new(name)
    {
        Description = description,
        HelpName = help,
        AllowMultipleArgumentsPerToken = true,
    };
}
