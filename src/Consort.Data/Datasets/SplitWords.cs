using System.Globalization;

namespace Consort.Data.Datasets;

/// <summary>Plans of splits by their words: those of users, and the text that is part of a dataset's key.</summary>
public static class SplitWords
{
    internal const string Column = "column"; // the option
    private const string Group = "*"; // which no escaped name is
    private const string Sampled = " negatives ";

    /// <summary>What stands before the checksum of the encoder that has encoded the rows, where it was not fitted on them.</summary>
    internal const string EncodedBy = " encoded by ";

    /// <summary>How rows of one source may be dealt.</summary>
    public static IReadOnlyList<string> Ways { get; } = ["seed", "order", "time", "group", "hash"];

    /// <summary>The plan that a user's words mean.</summary>
    /// <param name="by">One of <see cref="Ways"/>.</param>
    /// <param name="source">The files.</param>
    /// <param name="column">The field that decides, where one does; null where none is named.</param>
    /// <param name="seed">The seed.</param>
    /// <param name="shares">Of train, valid and test.</param>
    /// <param name="time">When splits begin, asked for where a time decides.</param>
    /// <exception cref="ConsortException">They do not fit together.</exception>
    public static SplitPlan Plan(string by, IReadOnlyList<string> source, string? column, ulong seed, IReadOnlyList<double> shares,
        Func<TimeSplit> time)
    {
        if (by is "seed" or "order" && column is not null)
            throw new ConsortException($"split: found column {column} beside by: {by}, expected it beside by: time, group or hash") { Key = Column };
        if (by == "hash" && column is null) throw new ConsortException("split: found by: hash without column, expected the field that decides");
        return by switch
        {
            "order" => SplitPlan.InOrder(source, shares[0], shares[1], shares[2]),
            "time" => SplitPlan.ByTime(source, time()),
            "group" or "hash" => SplitPlan.ByColumn(source, column, seed, shares[0], shares[1], shares[2]),
            _ => SplitPlan.BySeed(source, seed, shares[0], shares[1], shares[2]),
        };
    }

    internal static string Of(SplitPlan plan)
    {
        var shares = string.Create(CultureInfo.InvariantCulture, $"shares {plan.TrainShare:R} {plan.ValidShare:R} {plan.TestShare:R}");
        var text = plan.Kind switch
        {
            SplitKind.Given => "given " + string.Concat(plan.FileSplits.Select(s => s.ToString(CultureInfo.InvariantCulture))),
            SplitKind.BySeed => string.Create(CultureInfo.InvariantCulture, $"seed {plan.Seed} {shares}"),
            SplitKind.ByColumn => string.Create(CultureInfo.InvariantCulture,
                $"column {(plan.Column is null ? Group : Uri.EscapeDataString(plan.Column))} seed {plan.Seed} {shares}"),
            SplitKind.ByTime => $"time {plan.Time!.Describe()}",
            _ => $"order {shares}",
        };
        return plan.Sample is { } sample
            ? text + string.Create(CultureInfo.InvariantCulture, $"{Sampled}{sample.Share:R} seed {sample.Seed}") : text;
    }

    internal static SplitPlan Parse(string text, IReadOnlyList<string> files)
    {
        ConsortException Mistake() =>
            new($"split: found \"{text}\" for {files.Count} files, expected given, seed, order, time or column");
        var (plain, sample) = (text, (NegativeSample?)null);
        if (text.LastIndexOf(Sampled, StringComparison.Ordinal) is > 0 and var at)
        {
            plain = text[..at];
            sample = text[(at + Sampled.Length)..].Split(' ') is [var share, "seed", var of] && IsShare(share, out var number)
                && ulong.TryParse(of, CultureInfo.InvariantCulture, out var own) ? new NegativeSample(number, own) : throw Mistake();
        }
        var words = plain.Split(' ');
        double[] shares = [.. words.SkipWhile(w => w != "shares").Skip(1).Select(w => IsShare(w, out var share) ? share : double.NaN)];
        var plan = words switch
        {
            ["given", var splits] when splits.Length == files.Count && splits.All(c => c is '0' or '1' or '2') =>
                SplitPlan.OfFiles(files, [.. splits.Select(c => c - '0')]),
            ["seed", var seed, "shares", _, _, _] when ulong.TryParse(seed, CultureInfo.InvariantCulture, out var number) =>
                SplitPlan.BySeed(files, number, shares[0], shares[1], shares[2]),
            ["column", var name, "seed", var seed, "shares", _, _, _]
                when ulong.TryParse(seed, CultureInfo.InvariantCulture, out var number) =>
                SplitPlan.ByColumn(files, name == Group ? null : Uri.UnescapeDataString(name), number, shares[0], shares[1], shares[2]),
            ["time", .. var rest] when TimeSplit.Parse(rest) is { } time => SplitPlan.ByTime(files, time),
            ["order", "shares", _, _, _] => SplitPlan.InOrder(files, shares[0], shares[1], shares[2]),
            _ => throw Mistake(),
        };
        return plan with { Sample = sample };
    }

    private static bool IsShare(string text, out double share) => double.TryParse(text, CultureInfo.InvariantCulture, out share);
}
