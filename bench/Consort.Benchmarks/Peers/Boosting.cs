using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Experiments.Statistics;
using Consort.Foundation.Files;
using Consort.Learning.Evaluation;

namespace Consort.Benchmarks.Peers;

/// <summary>
/// Gradient boosting by LightGBM on an encoded dataset, the yardstick for data of few columns: ids as categories, numbers as they are
/// encoded; trees until the validation rows say stop. Its predictions can teach (docs/commands/distil.md).
/// </summary>
internal static class Boosting
{
    private const int Patience = 50; // trees

    private sealed record Table(float[] Values, float[] Labels, int Columns);

    public static int Run(string[] args)
    {
        var arguments = new Arguments("boosting", args, "data", "seeds", "trees", "rate", "leaves", "min-rows", "threads", "predictions", "json");
        var seeds = arguments.Integer("seeds", 3, 1, 100);
        var trees = arguments.Integer("trees", 3000, 1, 100_000);
        var data = arguments.Text("data") ?? throw new ConsortException("boosting: found no --data, expected an encoded dataset");
        using var dataset = EncodedDataset.Open(data);
        var (train, valid, test) = (Read(dataset.Train), Read(Needed(dataset.Valid, "validation")), Read(Needed(dataset.Test, "test")));
        var categories = string.Join(',', Enumerable.Range(0, dataset.Categorical.Count));
        var settings = string.Create(CultureInfo.InvariantCulture,
            $"objective=binary metric=auc verbosity=-1 deterministic=true learning_rate={arguments.Text("rate") ?? "0.05"} num_leaves={arguments.Integer("leaves", 31, 2, 100_000)} min_data_in_leaf={arguments.Integer("min-rows", 50, 1, 1_000_000)} feature_fraction=0.7 bagging_fraction=0.8 bagging_freq=1 num_threads={arguments.Integer("threads", 1, 1, 1024)} categorical_feature={categories}");
        Console.WriteLine(Machine.Describe());
        Console.WriteLine($"LightGBM: {settings}");
        Console.WriteLine("| seed | trees | valid AUC | test AUC | test log-loss | predicted / observed | s |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        var (rows, results) = (new JsonArray(), new List<(double Auc, double LogLoss)>());
        for (var seed = 1; seed <= seeds; seed++)
        {
            var (best, ofValid, ofTest, onTrain, seconds) = Train(train, valid, test, $"{settings} seed={seed}", trees, arguments.Text("predictions") is not null);
            results.Add((ofTest.Auc, ofTest.LogLoss));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {seed} | {best} | {ofValid.Auc:F6} | {ofTest.Auc:F6} | {ofTest.LogLoss:F6} | {ofTest.Calibration:F4} | {seconds:F1} |"));
            rows.Add(new JsonObject
            {
                ["seed"] = seed,
                ["trees"] = best,
                ["valid_auc"] = ofValid.Auc,
                ["test_auc"] = ofTest.Auc,
                ["test_logloss"] = ofTest.LogLoss,
                ["seconds"] = Machine.Rounded(seconds, 2),
            });
            if (seed == 1 && arguments.Text("predictions") is { } file)
                SafeFile.Write(file, stream => stream.Write(Encoding.ASCII.GetBytes(
                    string.Concat(onTrain.Select(p => string.Create(CultureInfo.InvariantCulture, $"{Math.Clamp(p, 1e-7, 1 - 1e-7):R}\n"))))));
        }

        var (auc, loss) = (new Replicates([.. results.Select(r => r.Auc)]), new Replicates([.. results.Select(r => r.LogLoss)]));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"test AUC {auc.Mean:F6} (sd {auc.Deviation:F6}), log-loss {loss.Mean:F6}"));
        Machine.Write(arguments.Text("json"), new JsonObject { ["settings"] = settings, ["runs"] = rows });
        return 0;
    }

    private static (int Trees, Metrics Valid, Metrics Test, double[] OnTrain, double Seconds) Train(
        Table train, Table valid, Table test, string settings, int most, bool isTeacher)
    {
        var clock = Stopwatch.StartNew();
        var rows = LightGbm.Rows(train.Values, train.Labels, train.Columns, settings, 0);
        var others = LightGbm.Rows(valid.Values, valid.Labels, valid.Columns, settings, rows);
        var booster = LightGbm.Booster(rows, others, settings);
        var (best, bestAuc) = (1, double.NegativeInfinity);
        for (var tree = 1; tree <= most && tree - best < Patience; tree++)
        {
            StopSignals.Check();
            if (LightGbm.Grow(booster) is var auc && auc > bestAuc)
                (best, bestAuc) = (tree, auc);
        }

        var seconds = clock.Elapsed.TotalSeconds;
        var result = (best, Of(valid), Of(test), isTeacher ? Predict(train) : [], seconds);
        LightGbm.Free(booster, others, rows);
        return result;

        double[] Predict(Table table) => LightGbm.Predict(booster, table.Values, table.Labels.Length, table.Columns, best);

        Metrics Of(Table table)
        {
            using var evaluator = new Evaluator();
            evaluator.Add(Array.ConvertAll(Predict(table), p => (float)Math.Log(p / (1 - p))), table.Labels);
            return evaluator.Result();
        }
    }

    private static EncodedSplit Needed(EncodedSplit? split, string name) =>
        split ?? throw new ConsortException($"boosting: found no {name} rows, expected some");

    private static Table Read(EncodedSplit split)
    {
        using var loader = new BatchLoader(split, new LoaderOptions(4096));
        var (values, labels) = (new List<float>(), new List<float>());
        for (loader.Start(0); loader.Next() is { } batch;)
        {
            for (var row = 0; row < batch.Rows; row++)
            {
                foreach (var id in batch.IdsOf(row))
                    values.Add(id);
                values.AddRange(batch.NumericOf(row));
            }

            labels.AddRange(batch.Labels);
        }

        return new Table([.. values], [.. labels], values.Count / Math.Max(1, labels.Count));
    }
}
