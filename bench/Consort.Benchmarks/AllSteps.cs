using System.Diagnostics;
using System.Globalization;
using Consort.Models;

namespace Consort.Benchmarks;

/// <summary>Steps over models, batch sizes, vocabularies and members; each row is on the disk as soon as it is measured.</summary>
internal static class AllSteps
{
    private const int Steps = 20;
    private static readonly string[] Models = ["LR", "FM", "DNN", "DeepFM", "DCN", "PNN", "FiBiNET"];

    public static int Run(string[] args)
    {
        var arguments = new Arguments("all", args, "out", "json", "resume?", "models", "batches", "vocabs", "members", "strategy", "update",
            "precision", "threads", "steps");
        var path = arguments.Text("out") ?? throw new ConsortException("all, --out: found nothing, expected the Markdown file to write");
        var json = arguments.Text("json") ?? Path.ChangeExtension(path, ".json");
        if (json == path) throw arguments.Mistake("out", "a Markdown file, as in steps.md; the JSON file lies beside it");
        var grid = Grid(arguments);
        var table = new StepTable(path, json, $"./consort bench all {string.Join(' ', args)}");
        if (arguments.Flag("resume")) table.Resume();
        var had = table.Rows;
        grid.RemoveAll(table.Has);

        (var peak, var bandwidth) = StepEstimate.Ceilings(grid.Count > 0 ? grid[0].Threads : 1);
        StepEstimate[] needs = [.. grid.Select(o => StepEstimate.Of(o, peak, bandwidth))];
        Console.WriteLine(Machine.Describe());
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{grid.Count} rows to measure{(had > 0 ? $", {had} kept" : "")}; about {Minutes(needs.Sum(n => n.Fits ? n.Seconds : 0))}"));
        double estimated = 0, spent = 0;
        for (var i = 0; i < grid.Count; i++)
        {
            if (!needs[i].Fits)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"{i + 1}/{grid.Count} {grid[i]}: left out, it needs about {needs[i].Bytes * 1e-9:F0} GB of memory"));
                continue;
            }
            var start = Stopwatch.GetTimestamp();
            var result = StepSpeed.Measure(grid[i]);
            table.Add(result.Json());
            spent += Stopwatch.GetElapsedTime(start).TotalSeconds;
            estimated += needs[i].Seconds;
            var left = needs.Skip(i + 1).Sum(n => n.Fits ? n.Seconds : 0) * spent / estimated;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{i + 1}/{grid.Count} {grid[i]}: {result.StepMs:F2} ms, {100 * result.FloorFraction:F0} % of the floor, {100 * result.MemoryFloorFraction:F0} % of the bytes floor; {Minutes(left)} left"));
        }
        Console.WriteLine();
        Console.Write(table.Markdown());
        return 0;
    }

    // The quick rows first, so that a run that is stopped has most of them.
    private static List<StepOptions> Grid(Arguments arguments)
    {
        // Members is a list here, so that the common options are read without it.
        var common = StepOptions.Common(arguments) with { Steps = arguments.Integer("steps", Steps, 3, 100_000) };
        var models = arguments.List("models", Models);
        var batches = arguments.Integers("batches", 1, StepOptions.MaxBatch, 4096, 10_000);
        var vocabularies = arguments.Integers("vocabs", ZipfSplit.LeastVocabulary, StepOptions.MaxVocabulary, 1_000_000, 20_000_000);
        var members = arguments.Integers("members", 1, Family.MaxMembers, 1);
        string[] known = [.. ModelCatalogue.Entries.Select(e => e.Name)];
        var named = models.Select(m => Array.Find(known, k => k.Equals(m, StringComparison.OrdinalIgnoreCase))
            ?? throw arguments.Mistake("models", $"some of {string.Join(", ", known)}")).ToArray();
        return
        [
            .. from vocabulary in vocabularies
               from count in members
               from batch in batches
               from model in named
               select common with { Model = model, Batch = batch, Vocabulary = vocabulary, Members = count },
        ];
    }

    private static string Minutes(double seconds) => seconds < 90
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:F0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F0} min");
}
