using System.Globalization;
using System.Text.Json.Nodes;
using Consort.Compute.Cpu.Optimizers;

namespace Consort.Benchmarks;

/// <summary>
/// What embeddings cost a step by the size of the table and by which rows the optimizer changes: finding and gathering rows, bringing
/// deferred ones up to date, adding up gradients, the update.
/// </summary>
internal static class EmbeddingSpeed
{
    private const int DeferredWarmUp = 300; // while few steps were made, rows replay them one by one
    private const int WarmUp = 20;
    private const double DenseSeconds = 12; // for the steps over one whole table
    private static readonly string[] Updates = ["touched", "deferred", "dense"];

    public static int Run(string[] args)
    {
        var arguments = new Arguments("embeddings", args, "vocabs", "updates", "model", "batch", "steps", "threads", "json");
        var sizes = arguments.Integers("vocabs", ZipfSplit.LeastVocabulary, StepOptions.MaxVocabulary, 100_000, 1_000_000,
            20_000_000, 50_000_000);
        EmbeddingUpdate[] updates = [.. arguments.List("updates", Updates).Select(u =>
            Updates.Contains(u) ? Enum.Parse<EmbeddingUpdate>(u, ignoreCase: true) : throw arguments.Mistake("updates",
                $"some of {string.Join(", ", Updates)}"))];
        var options = StepOptions.From(arguments) with { Evaluates = false, Model = arguments.Text("model") ?? "FM" };
        (var peak, var bandwidth) = StepEstimate.Ceilings(options.Threads);
        Console.WriteLine(Machine.Describe());
        Console.WriteLine($"{options.Model}, batch {options.Batch}, {ZipfSplit.Columns} columns of zipf ids, Adam without a regulariser; medians");
        Console.WriteLine("| rows of the table | update | different ids a batch | embedding ms | optimizer ms | both ms | ns an id | bytes floor ms | step ms | peak memory MB |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        var results = new List<StepResult>();
        foreach (var size in sizes)
        {
            foreach (var update in updates)
            {
                var setting = Plan(options with { Vocabulary = size, Update = update }, bandwidth);
                var need = StepEstimate.Of(setting, peak, bandwidth);
                if (!need.Fits)
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"| {size:N0} | {setting.UpdateName} | left out: needs about {need.Bytes * 1e-9:F0} GB |"));
                    continue;
                }
                var result = StepSpeed.Measure(setting);
                results.Add(result);
                Write(arguments.Text("json"), results); // what is measured is not lost if this is stopped
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"| {size:N0} | {setting.UpdateName} | {result.DistinctIds:N0} | {Embedding(result):F2} | {Optimizer(result):F2} | {Both(result):F2} | {Both(result) / result.DistinctIds * 1e6:F1} | {result.BytesFloorMs:F2} | {result.StepMs:F2} | {Machine.Megabytes(result.Memory.Peak):N0} |"));
            }
        }
        var wins = DeferredWinsFrom(results);
        var growth = TouchedGrowth(results);
        Console.WriteLine();
        if (wins is not null)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"deferred costs less than dense from {wins:N0} rows on"));
        if (growth is not null)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"touched: an id of the largest table costs {growth:F2} times what one of the smallest does"));
        return 0;
    }

    private static void Write(string? path, List<StepResult> results) => Machine.Write(path, new JsonObject
    {
        ["rows"] = new JsonArray([.. results.Select(Json)]),
        ["deferred_wins_from"] = DeferredWinsFrom(results),
        ["touched_growth_per_id"] = TouchedGrowth(results) is { } times ? Machine.Rounded(times, 3) : null,
    });

    // Dense steps over large tables take seconds: few of them say enough.
    private static StepOptions Plan(StepOptions options, Bandwidth bandwidth)
    {
        if (options.Update != EmbeddingUpdate.Dense)
            return options with { WarmUpSteps = options.Update == EmbeddingUpdate.Deferred ? DeferredWarmUp : WarmUp };
        var step = 17.0 * 24 * options.Vocabulary / (bandwidth.Streams * 1e9); // D = 16 and a first-order weight
        return options with { WarmUpSteps = step > 0.1 ? 1 : WarmUp, Steps = (int)Math.Clamp(DenseSeconds / 2 / step, 3, options.Steps) };
    }

    /// <summary>The least size from which on deferred is always faster than dense, or null.</summary>
    private static int? DeferredWinsFrom(List<StepResult> results)
    {
        int? from = null;
        foreach (var size in results.GroupBy(r => r.Options.Vocabulary).OrderByDescending(g => g.Key))
        {
            var deferred = size.FirstOrDefault(r => r.Options.Update == EmbeddingUpdate.Deferred);
            var dense = size.FirstOrDefault(r => r.Options.Update == EmbeddingUpdate.Dense);
            if (deferred is null || dense is null) continue;
            if (Both(deferred) >= Both(dense)) break;
            from = size.Key;
        }
        return from;
    }

    private static double? TouchedGrowth(List<StepResult> results)
    {
        StepResult[] touched = [.. results.Where(r => r.Options.Update == EmbeddingUpdate.Touched).OrderBy(r => r.Options.Vocabulary)];
        return touched.Length < 2 ? null : Both(touched[^1]) / touched[^1].DistinctIds / (Both(touched[0]) / touched[0].DistinctIds);
    }

    private static double Embedding(StepResult result) => result.KindMs[(int)StepKind.Embedding];

    private static double Optimizer(StepResult result) => result.KindMs[(int)StepKind.Optimizer];

    private static double Both(StepResult result) => Embedding(result) + Optimizer(result);

    private static JsonObject Json(StepResult result)
    {
        var json = result.Json();
        json["embedding_ms"] = Machine.Rounded(Embedding(result), 4);
        json["optimizer_ms"] = Machine.Rounded(Optimizer(result), 4);
        json["embedding_and_optimizer_ms"] = Machine.Rounded(Both(result), 4);
        json["ns_per_distinct_id"] = Machine.Rounded(Both(result) / result.DistinctIds * 1e6, 2);
        return json;
    }
}
