using System.CommandLine;
using Consort.Cli.Reports;
using Consort.Cli.Terminals;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Experiments.Updating;
using Consort.Learning.Runs;

namespace Consort.Cli.Commands;

/// <summary>Lets a run go on with the rows of another day, or of several, each a run of its own.</summary>
internal sealed class UpdateCommand : ExampleCommand
{
    private const string Beyond = "-days";
    private readonly Argument<string> _run = new("RUN") { Description = "The folder of a finished run; it stays as it is." };
    private readonly Option<string[]> _data = Shared.Rows("--data", "The rows of one day", areReadAgain: true);
    private readonly Option<string?> _days =
        Shared.Text("--days", "PATTERN", "Files of one day each (logs/2026-11-*), taken in the order of their names, one run a day.");
    private readonly Option<string?> _out =
        Shared.Text("--out", "DIR", "Folder of the new run; with --days that of the runs. Beside RUN unless given.", alias: "-o");
    private readonly DeclaredOptions<UpdateOptions> _options = new(UpdateOptions.Options);
    private readonly Option<bool> _again =
        Shared.Flag("--again", "Train once more on rows that RUN, or a run that it goes on from, was trained on.");
    private readonly Option<bool> _oneClass =
        Shared.Flag("--one-class", "Train even on a day whose rows are all clicks, or none.");
    private readonly Option<int> _threads = Shared.Threads();
    private readonly Option<bool> _resume = Shared.Flag("--resume", "Go on where the same command was stopped.");
    private readonly RankFlags _ranks = new();
    private readonly Option<bool> _ignoreMemory =
        Shared.Flag("--ignore-memory", "Train even where a step seems to need more memory than is free.");
    private readonly Option<string?> _json = Shared.Json();
    private readonly Option<bool> _quiet = Shared.Quiet();

    public UpdateCommand(Terminal terminal) : base(
        "update", "Go on from a run with the rows of another day: new tokens get ids, known ones keep what was learned.", terminal,
        "update runs/DeepFM-seed1 --data logs/2026-11-02.csv",
        "update runs/DeepFM-seed1 --days 'logs/2026-11-*' --out runs/november --max-features 2000000")
    {
        Take([_run, _data, _days, _out, .. _options.All, _again, _oneClass, _threads, _resume, .. _ranks.All, _ignoreMemory, _json,
            _quiet]);
    }

    protected override int Run(ParseResult arguments)
    {
        var ranks = RankFlags.Join();
        var json = ranks.Follows() ? null : arguments.GetValue(_json);
        var run = Path.TrimEndingDirectorySeparator(arguments.GetRequiredValue(_run));
        JsonFile.Check(json);
        var sharing = _ranks.Read(arguments, ranks);
        var done = new List<DayResult>();
        Terminal.StopWithin(Shared.TimeToSave);
        try
        {
            var days = ranks.AsRank0(() => Days(arguments));
            Output.CheckApart("--json", json, [.. days.SelectMany(d => d.Rows), run]);
            foreach (var day in days)
            {
                var request = Request(arguments, run, day) with
                {
                    Ranks = ranks,
                    ShardTables = sharing.ShardTables,
                    OverlapsExchange = sharing.Overlaps,
                    Wire = sharing.Wire,
                };
                done.Add(new DayResult(day.Name, day.Folder, RunUpdater.Update(request, Terminal.Cancellation)));
                run = day.Folder;
            }
        }
        catch (ConsortException e) when (e.IsOfAllRanks)
        {
            RankedProcess.LeaveTogether();
            throw;
        }
        catch (OperationCanceledException) when (ranks is not null || Terminal.Cancellation.IsCancellationRequested)
        {
            Terminal.Status.Clear();
            Terminal.Error.WriteLine($"stopped; go on with: {Again(arguments)}");
            return CommandLine.Stopped;
        }

        if (ranks.Follows())
            return CommandLine.Success;
        var calibration = CalibrationChoice.Of(run, arguments.GetValue(_threads), Terminal.Cancellation, Shared.Catalogues);
        Terminal.Status.Clear();
        JsonFile.Write(json, new Dictionary<string, object?>
        {
            ["days"] = DayTable.Json(done),
            ["calibration"] = calibration,
        });
        DayTable.Show(Terminal, done, run, calibration);
        return CommandLine.Success;
    }

    private sealed record NextDay(string Name, string Folder, string[] Rows);

    private List<NextDay> Days(ParseResult arguments)
    {
        var (run, given) = (Path.TrimEndingDirectorySeparator(arguments.GetRequiredValue(_run)), arguments.GetValue(_out));
        var (data, pattern) = (arguments.GetValue(_data) ?? [], arguments.GetValue(_days));
        var isAgain = arguments.GetValue(_again);
        if (data.Length > 0 == pattern is not null)
            throw new ConsortException("--data: expected either --data with the rows of one day, or --days with files of one day each");
        // Versions lie side by side, in a folder beside the run that they began with.
        var isLast = UpdateRecord.Read(run) is not null && new RunFolder(run).Path == Path.GetFullPath(run);
        var beside = isLast ? Path.GetDirectoryName(run)! : run + Beyond;
        if (pattern is null)
        {
            var rows = Shared.Places(data);
            if (!isAgain && rows.Select(r => (Place: r, By: SeenRows.By(run, r))).FirstOrDefault(r => r.By is not null)
                is { By: { } by } seen)
                throw new ConsortException($"--data {seen.Place}: found rows that {by} was trained on, expected new ones; --again trains on them once more");
            if (!isAgain && SeenRows.Twice(rows) is { } same)
                throw new ConsortException($"--data {same.Place}: found the rows of {same.First} again, expected each file once; --again trains on them once more");
            var day = DayPhase.NameOf(rows[0]);
            var name = rows.Length == 1 ? day : FormattableString.Invariant($"{day} and {rows.Length - 1} more");
            return [new(name, given ?? Path.Combine(beside, day), rows)];
        }

        var files = Shared.Places(pattern).Order(StringComparer.Ordinal).ToArray();
        if (files.GroupBy(DayPhase.NameOf).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ConsortException($"--days {pattern}: found {twice.Count()} files of the name {twice.Key}, expected a name of its own for each day");
        if (!isAgain && files.Where(f => SeenRows.By(run, f) is not null).ToArray() is { Length: > 0 } known)
        {
            if (known.Length == files.Length)
                throw new ConsortException($"--days {pattern}: found only days that {run} has seen, expected new ones; --again trains on them once more");
            Shared.Notice(Terminal, $"passes over days that {run} has seen: {string.Join(", ", known)}; --again trains on them once more");
            files = [.. files.Except(known)];
        }

        return [.. files.Select(f => new NextDay(DayPhase.NameOf(f), Path.Combine(given ?? beside, DayPhase.NameOf(f)), [f]))];
    }

    private UpdateRequest Request(ParseResult arguments, string run, NextDay day)
    {
        var isQuiet = arguments.GetValue(_quiet);
        return new UpdateRequest(run, day.Rows, day.Folder, arguments.GetValue(_threads))
        {
            Options = _options.Read(arguments),
            Resume = arguments.GetValue(_resume),
            OneClass = arguments.GetValue(_oneClass),
            IgnoreMemory = arguments.GetValue(_ignoreMemory),
            Catalogues = Shared.Catalogues,
            Encoding = isQuiet ? null : new EncodingLine(Terminal.Status),
            Training = isQuiet ? null : new DayProgress(day.Name, new TrainingLine(Terminal.Status)),
            Notice = line => Shared.Notice(Terminal, line),
        };
    }

    private string Again(ParseResult arguments) => string.Join(' ', arguments.Tokens.Select(t => t.Value).Where(w => w != _resume.Name)
        .Prepend(Terminal.Command).Append(_resume.Name).Select(Shell.Quote));
}
