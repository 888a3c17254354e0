using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Consort.Benchmarks.Peers;
using Consort.Serving;
using Consort.Serving.Packages;

namespace Consort.Benchmarks;

/// <summary>
/// What a call of the scorer takes on one thread: one impression from raw values in UTF-8 to the probability, its parts, and one context
/// with 200 candidates.
/// </summary>
internal static class ScoreSpeed
{
    private const int Rows = 4096;
    private const int Candidates = 200;
    private const int OnnxRows = 512;
    private static readonly string[] CandidateFields = ["C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8"];

    public static int Run(string[] args)
    {
        var arguments = new Arguments("score", args, "model", "vocab", "weights", "rounds", "no-onnxruntime?", "json");
        var model = arguments.Text("model") ?? "DeepFM";
        var vocabulary = arguments.Integer("vocab", 1_000_000, ZipfSplit.LeastVocabulary, 100_000_000);
        var rounds = arguments.Integer("rounds", 20, 1, 10_000);
        var isAlone = arguments.Flag("no-onnxruntime");
        var weights = Enum.Parse<PackageWeights>(arguments.Choice("weights", "fp32", "fp16", "int8"), ignoreCase: true);
        Console.WriteLine(Machine.Describe());
        using var packed = new ScoreModel(model, vocabulary, weights);
        double load = double.MaxValue, loadMapped = double.MaxValue, loadQuick = double.MaxValue;
        for (var i = 0; i < 3; i++)
        {
            load = Math.Min(load, Seconds(() => Scorer.Load(packed.Path).Dispose()));
            loadMapped = Math.Min(loadMapped, Seconds(() => Scorer.Load(packed.Path, storage: PackageStorage.Mapped).Dispose()));
            loadQuick = Math.Min(loadQuick,
                Seconds(() => Scorer.Load(packed.Path, PackageCheck.AllButTables, PackageStorage.Mapped).Dispose()));
        }
        using var scorer = Scorer.Load(packed.Path);
        var raw = packed.Impressions(Rows, seed: 2);
        var uniform = packed.Impressions(Rows, seed: 3, uniform: true);

        var impression = scorer.NewImpression();
        Action<int> score = i => _ = scorer.Score(raw[i % Rows]);
        Action<int> scoreUniform = i => _ = scorer.Score(uniform[i % Rows]);
        Action<int> encode = i => Encode(scorer, impression, raw[i % Rows]);
        Action<int> compute = i => _ = scorer.Score(impression);
        var batch = scorer.NewBatch(Candidates);
        for (var i = 0; i < Candidates; i++) Fill(scorer, batch.Add(), raw[i]);
        var candidates = scorer.ForCandidates(CandidateFields);
        var probabilities = new float[Candidates];
        int[] fields = [.. CandidateFields.Select(scorer.FieldIndex)];
        Action<int> rank = i =>
        {
            Encode(scorer, impression, raw[i % Rows]);
            batch.Clear();
            for (var c = 0; c < Candidates; c++)
            {
                var row = batch.Add();
                foreach (var field in fields) row.Set(field, raw[(i + c) % Rows][field].Span);
            }
            candidates.Score(impression, batch, probabilities);
        };
        Action<int> rows = _ => scorer.Score(batch, probabilities);
        Latency[] latencies =
        [
            new("one impression, raw values to probability", score, 5000),
            new("the same, tokens drawn evenly", scoreUniform, 5000),
            new("  of it encoding", encode, 5000),
            new("  of it the model", compute, 5000),
            new($"one context, {Candidates} candidates of {fields.Length} fields, raw values", rank, 100),
            new($"a batch of {Candidates} encoded rows", rows, 100),
        ];
        using var single = weights == PackageWeights.Fp32 ? null : new ScoreModel(model, vocabulary, PackageWeights.Fp32);
        using var singleScorer = single is null ? null : Scorer.Load(single.Path);
        using var peer = isAlone ? null : OnnxLatency.Start(singleScorer ?? scorer, raw.AsMemory(0, OnnxRows));
        var absent = isAlone ? "not measured: --no-onnxruntime" : null;
        // In turns, so that neighbours disturb all alike.
        for (var round = 0; round < rounds; round++)
        {
            foreach (var latency in latencies) latency.Measure();
            peer?.Measure();
        }
        var allocated = Allocated(score);

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{model} [400, 400, 400], D = 16, {ZipfSplit.Columns} fields, {vocabulary:N0} features, {weights} tables, one thread, best of {rounds} rounds"));
        Console.WriteLine("| call | p50 µs | p99 µs | p50 of all rounds |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var latency in latencies.Concat(peer?.All ?? []))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {latency.Name} | {latency.P50:F1} | {latency.P99:F1} | {latency.Typical:F1} |"));
        Console.WriteLine(absent ?? string.Create(CultureInfo.InvariantCulture,
            $"ONNX Runtime {OnnxCall.Version} with fp32 tables, in this process, one thread; a call by itself takes what the model of one node takes, {peer!.Call.P50:F1} µs"));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{allocated:F1} bytes allocated a call; loading {load * 1e3:F0} ms into memory with every byte checked, mapped {loadMapped * 1e3:F0} ms, and {loadQuick * 1e3:F0} ms without checking tables, file {new FileInfo(packed.Path).Length / 1e6:F0} MB"));
        Machine.Write(arguments.Text("json"), new JsonObject
        {
            ["p50_us"] = Machine.Rounded(latencies[0].P50, 2),
            ["p99_us"] = Machine.Rounded(latencies[0].P99, 2),
            ["p50_us_all_rounds"] = Machine.Rounded(latencies[0].Typical, 2),
            ["p50_uniform_us"] = Machine.Rounded(latencies[1].P50, 2),
            ["encode_us"] = Machine.Rounded(latencies[2].P50, 2),
            ["model_us"] = Machine.Rounded(latencies[3].P50, 2),
            ["allocated_bytes"] = Machine.Rounded(allocated, 2),
            ["candidates_200_us"] = Machine.Rounded(latencies[4].P50, 2),
            ["batch_200_us"] = Machine.Rounded(latencies[5].P50, 2),
            ["load_ms"] = Machine.Rounded(load * 1e3, 2),
            ["load_mapped_ms"] = Machine.Rounded(loadMapped * 1e3, 2),
            ["load_without_tables_ms"] = Machine.Rounded(loadQuick * 1e3, 2),
            ["onnxruntime_p50_us"] = peer is null ? null : Machine.Rounded(peer.Ids.P50, 2),
            ["onnxruntime_p99_us"] = peer is null ? null : Machine.Rounded(peer.Ids.P99, 2),
            ["onnxruntime_raw_p50_us"] = peer is null ? null : Machine.Rounded(peer.Raw.P50, 2),
            ["onnxruntime_call_p50_us"] = peer is null ? null : Machine.Rounded(peer.Call.P50, 2),
            ["onnxruntime_absent"] = absent,
        });
        return 0;
    }

    private static void Encode(Scorer scorer, Impression impression, ReadOnlyMemory<byte>[] values) => Fill(scorer, impression.Row, values);

    private static void Fill(Scorer scorer, ImpressionRow row, ReadOnlyMemory<byte>[] values)
    {
        for (var f = 0; f < scorer.Fields.Count; f++) row.Set(f, values[f].Span);
    }

    private static double Allocated(Action<int> call)
    {
        const int Calls = 1000;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Calls; i++) call(i);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Calls;
    }

    private static double Seconds(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
