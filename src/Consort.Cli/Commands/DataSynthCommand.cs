using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Foundation.Options;
using Consort.Synthetic;
using Consort.Synthetic.Histories;

namespace Consort.Cli.Commands;

/// <summary>Writes synthetic clicks whose true probabilities are known.</summary>
internal sealed class DataSynthCommand : ExampleCommand
{
    private readonly Option<long> _rows = Shared.NeededNumber<long>("--rows", "Rows to write.", 1, 1_000_000_000_000);
    private readonly Option<string> _out =
        Shared.Needed("--out", "FILE", "The tab-separated file in Criteo's format; the true probabilities go to FILE.truth.", alias: "-o");
    private readonly Option<long?> _seed =
        Shared.NumberOrNone<long>("--seed", "Seed of hidden effects and rows, in place of the one in --options.", 0, long.MaxValue);
    private readonly Option<long?> _firstRow = Shared.NumberOrNone<long>(
        "--first-row", "Index of the first row, in place of the one in --options: a file that continues an earlier one.", 0, 1_000_000_000_000_000);
    private readonly Option<int?> _histories = Shared.NumberOrNone<int>(
        "--histories", "Clicks with histories of up to so many items in place of Criteo's columns.", 1, 1000, help: "L");
    private readonly Option<int?> _days = Shared.NumberOrNone<int>(
        "--days", "So many days of --rows each, from day to day drifting: FILE-01.tsv, FILE-02.tsv and so on.", 1, 999);
    private readonly Option<string?> _options =
        Shared.Text("--options", "FILE", "What the clicks look like (YAML): click_rate, cardinality_scale, zipf, signal, pairwise, …");
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public DataSynthCommand(Terminal terminal) : base(
        "synth", "Write synthetic clicks in Criteo's format, whose true click probability is known.", terminal,
        "data synth --rows 1000000 --seed 1 --out data/clicks.tsv")
    {
        Take(_rows, _out, _seed, _firstRow, _histories, _days, _options, _threads, _json, _quiet);
    }

    protected override int Run(ParseResult arguments)
    {
        var json = arguments.GetValue(_json);
        JsonFile.Check(json);
        var map = arguments.GetValue(_options) is { } path ? OptionMap.Load(path) : OptionMap.Empty("synthetic clicks");
        if (arguments.GetValue(_seed) is { } seed)
            map.Set("seed", seed.ToString(CultureInfo.InvariantCulture));
        if (arguments.GetValue(_firstRow) is { } first)
            map.Set("first_row", first.ToString(CultureInfo.InvariantCulture));
        var (file, rows, longest) = (arguments.GetRequiredValue(_out), arguments.GetRequiredValue(_rows), arguments.GetValue(_histories));
        Output.CheckApartFromOut(json, file);
        var progress = arguments.GetValue(_quiet) ? null : new CountLine(Terminal.Status, "writing", "rows", rows);
        Func<SyntheticSummary> write;
        if (arguments.GetValue(_days) is { } days)
        {
            if (longest is not null)
                throw new ConsortException("--days: found beside --histories, expected one of them");
            var options = SyntheticOptions.From(map);
            map.Close();
            return WriteDays(file, days, rows, options, arguments.GetValue(_threads), json);
        }

        if (longest is { } length)
        {
            var options = SyntheticHistoryOptions.Options.ReadAll(map);
            write = () => HistoryClicks.Write(file, rows, length, options, progress, Terminal.Cancellation);
        }
        else
        {
            var options = SyntheticOptions.From(map);
            map.Close();
            write = () => SyntheticClicks.Write(file, rows, options, arguments.GetValue(_threads), progress, Terminal.Cancellation);
        }

        var clock = Stopwatch.StartNew();
        var summary = write();
        Terminal.Status.Clear();

        var pace = summary.Rows / Math.Max(1e-9, clock.Elapsed.TotalSeconds);
        var best = longest is null ? null : BestOnHistories.Of(file);
        JsonFile.Write(json, new
        {
            summary.Rows,
            summary.Clicks,
            summary.MeanTruth,
            summary.Bytes,
            Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
            RowsPerSecond = Math.Round(pace, 1),
            File = Path.GetFullPath(file),
            Truth = Path.GetFullPath(file + SyntheticClicks.TruthSuffix),
            Best = best,
        });
        Terminal.Output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{summary.Rows:N0} rows, {summary.Clicks:N0} clicks ({summary.Clicks / (double)summary.Rows:P2}), {summary.Bytes / 1e6:N1} MB, {pace:N0} rows/s"));
        Terminal.Output.WriteLine($"rows         {file}");
        Terminal.Output.WriteLine($"truth        {file}{SyntheticClicks.TruthSuffix}");
        if (best is not null)
        {
            Terminal.Output.WriteLine($"no order     {file}{HistoryClicks.BlindSuffix}");
            Terminal.Output.WriteLine($"schema       {file}{HistoryClicks.SchemaSuffix}");
            Terminal.Output.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"best AUC     {best.Auc:F5} by the truth, {best.AucWithoutOrder:F5} without the order of a history"));
        }

        var schema = best is null ? "criteo" : Shell.Quote(file + HistoryClicks.SchemaSuffix);
        Terminal.Output.WriteLine($"next         {Terminal.Command} encode --schema {schema} --source {Shell.Quote(file)} --out {Shell.Quote(Path.ChangeExtension(file, null) + "-encoded")}");
        return CommandLine.Success;
    }

    // Each day has rows of its own, and the truth beside it.
    private int WriteDays(string file, int days, long rows, SyntheticOptions options, int threads, string? json)
    {
        var written = new List<object>();
        for (var day = 0; day < days; day++)
        {
            var path = string.Create(
                CultureInfo.InvariantCulture, $"{Path.ChangeExtension(file, null)}-{day + 1:D2}{Path.GetExtension(file)}");
            var summary = SyntheticClicks.Write(
                path, rows, options with { Day = options.Day + day, FirstRow = options.FirstRow + (day * rows) }, threads,
                cancellation: Terminal.Cancellation);
            written.Add(new { File = Path.GetFullPath(path), summary.Rows, summary.Clicks, summary.MeanTruth });
            Terminal.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{path}: {summary.Rows:N0} rows, {summary.Clicks:N0} clicks, truth beside it"));
        }

        JsonFile.Write(json, new { Days = written });
        return CommandLine.Success;
    }
}
