using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Consort.Boosting;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Experiments.Statistics;
using Consort.Foundation.Files;
using Consort.Learning.Evaluation;

namespace Consort.Benchmarks.Peers;

/// <summary>
/// Gradient boosting by LightGBM on an encoded dataset: ids as categories, numbers as they are encoded; `consort baseline` is the same over an
/// experiment.
/// </summary>
internal static class Boosting
{
    public static int Run(string[] args)
    {
        var arguments = new Arguments("boosting", args, "data", "seeds", "trees", "rate", "leaves", "min-rows", "threads", "predictions", "json");
        var (seeds, threads) = (arguments.Integer("seeds", 3, 1, 100), arguments.Integer("threads", 1, 1, 1024));
        var data = arguments.Text("data") ?? throw new ConsortException("boosting: found no --data, expected an encoded dataset");
        using var dataset = EncodedDataset.Open(data);
        var options = new BoostingOptions
        {
            Trees = arguments.Integer("trees", 3000, 1, 100_000),
            Rate = double.Parse(arguments.Text("rate") ?? "0.05", CultureInfo.InvariantCulture),
            Leaves = arguments.Integer("leaves", 31, 2, 100_000),
            MinRows = arguments.Integer("min-rows", 50, 1, 1_000_000),
            Categories = CategoryInput.Native,
        };
        var (valid, test) = (Labels(Needed(dataset.Valid, "validation")), Labels(Needed(dataset.Test, "test")));
        var settings = string.Join(' ', BoostingOptions.Options.Write(options).Select(o => $"{o.Key}={o.Value}"));
        Console.WriteLine(Machine.Describe());
        Console.WriteLine($"LightGBM: {settings}");
        Console.WriteLine("| seed | trees | valid AUC | test AUC | test log-loss | predicted / observed | s |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        var (rows, results) = (new JsonArray(), new List<(double Auc, double LogLoss)>());
        for (var seed = 1; seed <= seeds; seed++)
        {
            var scores = BoostedTrees.Fit(dataset, options, (ulong)seed, threads, StopSignals.Token);
            var (ofValid, ofTest) = (Measure(valid, scores.Valid), Measure(test, scores.Test!));
            results.Add((ofTest.Auc, ofTest.LogLoss));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {seed} | {scores.Trees} | {ofValid.Auc:F6} | {ofTest.Auc:F6} | {ofTest.LogLoss:F6} | {ofTest.Calibration:F4} | {scores.Seconds:F1} |"));
            rows.Add(new JsonObject
            {
                ["seed"] = seed,
                ["trees"] = scores.Trees,
                ["valid_auc"] = ofValid.Auc,
                ["test_auc"] = ofTest.Auc,
                ["test_logloss"] = ofTest.LogLoss,
                ["seconds"] = Machine.Rounded(scores.Seconds, 2),
            });
            if (seed == 1 && arguments.Text("predictions") is { } file)
                Write(file, BoostedTrees.OutOfFold(dataset, options, scores.Trees, (ulong)seed, threads, StopSignals.Token));
        }

        var (auc, loss) = (new Replicates([.. results.Select(r => r.Auc)]), new Replicates([.. results.Select(r => r.LogLoss)]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"test AUC {auc.Mean:F6} (sd {auc.Deviation:F6}), log-loss {loss.Mean:F6}"));
        Machine.Write(arguments.Text("json"), new JsonObject { ["settings"] = settings, ["runs"] = rows });
        return 0;
    }

    private static void Write(string file, float[] logits) => SafeFile.Write(file, stream => stream.Write(Encoding.ASCII.GetBytes(
        string.Concat(logits.Select(z => string.Create(CultureInfo.InvariantCulture, $"{1 / (1 + Math.Exp(-z)):R}\n"))))));

    private static Metrics Measure(float[] labels, float[] logits)
    {
        using var evaluator = new Evaluator();
        evaluator.Add(logits, labels);
        return evaluator.Result();
    }

    private static EncodedSplit Needed(EncodedSplit? split, string name) =>
        split ?? throw new ConsortException($"boosting: found no {name} rows, expected some");

    private static float[] Labels(EncodedSplit split)
    {
        using var loader = new BatchLoader(split, new LoaderOptions(4096));
        var labels = new List<float>();
        for (loader.Start(0); loader.Next() is { } batch;)
            labels.AddRange(batch.Labels);
        return [.. labels];
    }
}
