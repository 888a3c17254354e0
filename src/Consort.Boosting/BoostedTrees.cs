using System.Diagnostics;
using System.Globalization;
using Consort.Data.Datasets;

namespace Consort.Boosting;

/// <summary>What boosted trees say of the rows of a dataset.</summary>
/// <param name="Valid">Logits of the validation rows, which chose how many trees there are.</param>
/// <param name="Test">Logits of the test rows; null where there are none.</param>
/// <param name="Trees">How many trees.</param>
/// <param name="ValidAuc">On the validation rows, as LightGBM measures it.</param>
/// <param name="Categories">What the trees saw of ids.</param>
/// <param name="Seconds">Of growing them.</param>
/// <param name="MicrosecondsPerRow">Of scoring rows, one thread, many at once, without making their values.</param>
public sealed record BoostedScores(float[] Valid, float[]? Test, int Trees, double ValidAuc, CategoryInput Categories,
    double Seconds, double MicrosecondsPerRow);

/// <summary>
/// Gradient boosting by LightGBM on an encoded dataset: the same rows and columns that models see, trees until the validation rows say
/// stop. The yardstick for data of few columns or few rows. Needs the native library of the package LightGBM.
/// </summary>
public static class BoostedTrees
{
    private const int Passes = 3; // of scoring, for a median

    /// <summary>Whether the native library runs on this machine.</summary>
    public static bool IsHere => LightGbm.IsHere;

    /// <summary>Grows them.</summary>
    /// <param name="data">With validation rows.</param>
    /// <param name="options">How.</param>
    /// <param name="seed">Of the columns and rows that each tree sees.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="cancellation">Stops between trees.</param>
    /// <exception cref="ConsortException">No validation rows, or LightGBM is not to be had here.</exception>
    public static BoostedScores Fit(
        EncodedDataset data, BoostingOptions options, ulong seed, int threads, CancellationToken cancellation) =>
        Fit(data, options, seed, threads, null, null, cancellation);

    /// <summary>Grows them, of whose number some of the validation rows know nothing.</summary>
    /// <param name="data">As there.</param>
    /// <param name="options">As there.</param>
    /// <param name="seed">As there.</param>
    /// <param name="threads">As there.</param>
    /// <param name="chooses">Whether a validation row has a part in what is chosen; null for all.</param>
    /// <param name="grown">Told how many trees there are, after each; null for nobody.</param>
    /// <param name="cancellation">Stops between trees.</param>
    internal static BoostedScores Fit(EncodedDataset data, BoostingOptions options, ulong seed, int threads, Func<int, bool>? chooses,
        IProgress<long>? grown, CancellationToken cancellation)
    {
        if (data.Valid is null)
            throw new ConsortException($"{data.Folder}: found no validation rows, expected some to choose how many trees there are");
        var statistics = new TargetStatistics(data, options.Smoothing, cancellation);
        return options.Categories == CategoryInput.Auto
            ? new[] { CategoryInput.Statistics, CategoryInput.Native }
                .Where(c => c == CategoryInput.Statistics || data.Categorical.Any(column => column.List is null))
                .Select(c => Grow(data, options with { Categories = c }, statistics, seed, threads, chooses, grown, cancellation))
                .MaxBy(s => s.ValidAuc)!
            : Grow(data, options, statistics, seed, threads, chooses, grown, cancellation);
    }

    /// <summary>
    /// What trees say of training rows that they have not seen: five models, each without a fifth of the rows, of which it then tells.
    /// What a student should learn from.
    /// </summary>
    /// <param name="data">The data.</param>
    /// <param name="options">How; categories one way.</param>
    /// <param name="trees">How many trees, as the validation rows chose.</param>
    /// <param name="seed">As there.</param>
    /// <param name="threads">At least 1.</param>
    /// <param name="cancellation">Stops between trees.</param>
    /// <returns>Logits, [training rows].</returns>
    public static float[] OutOfFold(
        EncodedDataset data, BoostingOptions options, int trees, ulong seed, int threads, CancellationToken cancellation)
    {
        var statistics = new TargetStatistics(data, options.Smoothing, cancellation);
        var table = RowTable.Of(data.Train, statistics, options.Categories == CategoryInput.Native, cancellation);
        var (settings, logits) = (Settings(options, table, seed, threads), new float[table.Labels.Length]);
        for (var fold = 0; fold < TargetStatistics.Folds; fold++)
        {
            var (seen, told) = (table.Where(r => TargetStatistics.FoldOf(r) != fold), table.Where(r => TargetStatistics.FoldOf(r) == fold));
            using var booster = new GrownTrees(seen, null, settings);
            for (var tree = 0; tree < trees; tree++)
            {
                cancellation.ThrowIfCancellationRequested();
                booster.Grow();
            }

            var (own, at) = (booster.Logits(told, trees), 0);
            for (var row = 0; row < logits.Length; row++)
                if (TargetStatistics.FoldOf(row) == fold)
                    logits[row] = own[at++];
        }

        return logits;
    }

    private static BoostedScores Grow(EncodedDataset data, BoostingOptions options, TargetStatistics statistics, ulong seed, int threads,
        Func<int, bool>? chooses, IProgress<long>? grown, CancellationToken cancellation)
    {
        var (train, valid) = (Read(data.Train), Read(data.Valid!));
        var start = Stopwatch.GetTimestamp();
        using var booster = new GrownTrees(train, chooses is null ? valid : valid.Where(chooses), Settings(options, train, seed, threads));
        var (best, bestAuc) = (1, double.NegativeInfinity);
        for (var tree = 1; tree <= options.Trees && tree - best < options.Patience; tree++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (booster.Grow() is var auc && auc > bestAuc)
                (best, bestAuc) = (tree, auc);
            grown?.Report(tree);
        }

        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var test = data.Test is { } split ? booster.Logits(Read(split), best) : null;
        var ofValid = booster.Logits(valid, best);
        var micros = Enumerable.Range(0, Passes).Select(_ =>
        {
            var from = Stopwatch.GetTimestamp();
            booster.Logits(valid, best);
            return Stopwatch.GetElapsedTime(from).TotalMicroseconds * threads / valid.Labels.Length;
        }).Order().ElementAt(Passes / 2);
        return new BoostedScores(ofValid, test, best, bestAuc, options.Categories, seconds, micros);

        RowTable Read(EncodedSplit split) =>
            RowTable.Of(split, statistics, options.Categories == CategoryInput.Native, cancellation);
    }

    private static string Settings(BoostingOptions options, RowTable rows, ulong seed, int threads)
    {
        var categories = rows.Categories.Count == 0 ? "" : $" categorical_feature={string.Join(',', rows.Categories)}";
        return string.Create(CultureInfo.InvariantCulture,
            $"objective=binary metric=auc verbosity=-1 deterministic=true force_row_wise=true learning_rate={options.Rate} num_leaves={options.Leaves} min_data_in_leaf={options.MinRows} feature_fraction={options.ColumnShare} bagging_fraction={options.RowShare} bagging_freq=1 lambda_l1={options.L1} lambda_l2={options.L2} cat_smooth={options.Smoothing} num_threads={threads} seed={seed % int.MaxValue}{categories}");
    }
}
