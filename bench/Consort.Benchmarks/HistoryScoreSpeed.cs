using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Consort.Compute.Cpu.Parameters;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Models;
using Consort.Serving;
using Consort.Serving.Packages;
using Consort.Synthetic.Histories;

namespace Consort.Benchmarks;

/// <summary>
/// What a call of the scorer takes on one thread with a full history: one impression, and many candidates against one history.
/// </summary>
internal static class HistoryScoreSpeed
{
    /// <summary>The DIN that is measured unless another is asked for.</summary>
    public const string Attention =
        "attention_hidden_units: [64, 32], attention_activation: relu, use_softmax: true, hidden_units: [256, 128, 64]";

    private const int Candidates = 200;
    private const int WrittenRows = 20_000;
    private static readonly string[] CandidateFields = ["item", "category"];

    public static int Run(string[] args)
    {
        var arguments = new Arguments("histories", args, "model", "with", "length", "rounds", "json");
        var model = arguments.Text("model") ?? "DIN";
        var with = arguments.Text("with") ?? Attention;
        var length = arguments.Integer("length", 50, 1, 1000);
        var rounds = arguments.Integer("rounds", 20, 1, 10_000);
        Console.WriteLine(Machine.Describe());
        using var folder = new TempFolder();
        var file = folder.At("rows.tsv");
        HistoryClicks.Write(file, WrittenRows, length, new SyntheticHistoryOptions());
        using var scorer = Scorer.Load(Pack(folder, file, $"{{ model: {model}, {with} }}"));
        var rows = FullRows(file, scorer, length);
        var (impression, batch, probabilities) = (scorer.NewImpression(), scorer.NewBatch(Candidates), new float[Candidates]);
        var candidates = scorer.ForCandidates(CandidateFields);
        int[] fields = [.. CandidateFields.Select(scorer.FieldIndex)];
        Action<int> score = i => _ = scorer.Score(rows[i % rows.Length]);
        Action<int> encode = i => Fill(impression.Row, rows[i % rows.Length]);
        Action<int> rank = i =>
        {
            Fill(impression.Row, rows[i % rows.Length]);
            batch.Clear();
            for (var c = 0; c < Candidates; c++)
            {
                var row = batch.Add();
                foreach (var field in fields) row.Set(field, rows[(i + c) % rows.Length][field].Span);
            }

            candidates.Score(impression, batch, probabilities);
        };
        Latency[] latencies =
        [
            new("one impression, raw values to probability", score, 2000),
            new("  of it encoding", encode, 2000),
            new("  of it the model", _ => scorer.Score(impression), 2000),
            new($"one history, {Candidates} candidates of {fields.Length} fields, raw values", rank, 20),
        ];
        // In turns, so that neighbours disturb all alike.
        for (var round = 0; round < rounds; round++)
            foreach (var latency in latencies) latency.Measure();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{model} {{ {with} }}, D = 16, two histories of {length} tokens, one thread, best of {rounds} rounds"));
        Console.WriteLine("| call | p50 µs | p99 µs | p50 of all rounds |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var latency in latencies)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {latency.Name} | {latency.P50:F1} | {latency.P99:F1} | {latency.Typical:F1} |"));
        Machine.Write(arguments.Text("json"), new JsonObject
        {
            ["model"] = model,
            ["with"] = with,
            ["length"] = length,
            ["p50_us"] = Machine.Rounded(latencies[0].P50, 2),
            ["p99_us"] = Machine.Rounded(latencies[0].P99, 2),
            ["encode_us"] = Machine.Rounded(latencies[1].P50, 2),
            ["model_us"] = Machine.Rounded(latencies[2].P50, 2),
            ["candidates_200_us"] = Machine.Rounded(latencies[3].P50, 2),
        });
        return 0;
    }

    // Weights as drawn: what a call takes does not depend on them.
    private static string Pack(TempFolder folder, string file, string member)
    {
        DatasetEncoder.Encode(new EncodeRequest(Schema.Load(file + HistoryClicks.SchemaSuffix), SplitPlan.Given([file], [], []),
            folder.At("encoded"), Environment.ProcessorCount));
        using var dataset = EncodedDataset.Open(folder.At("encoded"));
        var options = OptionMap.Parse($"embedding: {{ dimension: 16 }}\nmembers: [{member}]", "bench");
        var graph = Family.From(options).Build(dataset.Encoder.Space);
        using var store = new ParameterStore<float>(graph);
        store.Initialize(1);
        var path = folder.At("model.consort");
        PackageWriter.Write(path, new PackageContent
        {
            Name = member,
            Model = options.Resolved(),
            Graph = graph,
            Store = store,
            Encoder = dataset.Encoder,
            Members = [0],
            TrainingData = "synthetic",
        });
        return path;
    }

    // Raw values in the order of the scorer's fields, of rows whose history is full.
    private static ReadOnlyMemory<byte>[][] FullRows(string file, Scorer scorer, int length)
    {
        using var reader = new StreamReader(file);
        var heads = reader.ReadLine()!.Split('\t');
        int[] places = [.. scorer.Fields.Select(f => Array.IndexOf(heads, f))];
        var rows = new List<ReadOnlyMemory<byte>[]>();
        while (reader.ReadLine()?.Split('\t') is { } cells)
            if (cells[^1].Split('|').Length == length)
                rows.Add([.. places.Select(p => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(cells[p]))]);
        return [.. rows];
    }

    private static void Fill(ImpressionRow row, ReadOnlyMemory<byte>[] values)
    {
        for (var f = 0; f < values.Length; f++) row.Set(f, values[f].Span);
    }
}
