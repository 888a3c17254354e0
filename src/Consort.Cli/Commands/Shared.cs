using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Consort.Cli.Terminals;
using Consort.Compute.Bf16;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Data.DuckDb;
using Consort.Data.Parquet;
using Consort.Data.Sources;
using Consort.Distributed.OpenMpi;
using Consort.Experiments.Running;
using Consort.Foundation.Files;
using Consort.Foundation.Options;
using Consort.Foundation.Ranks;

namespace Consort.Cli.Commands;

/// <summary>Options that several commands have, and checks of ranges.</summary>
internal static class Shared
{
    /// <summary>Words that need not be given.</summary>
    /// <param name="name">As it is typed.</param>
    /// <param name="help">What help calls its value.</param>
    /// <param name="description">A sentence.</param>
    /// <param name="alias">A short name, or null.</param>
    public static Option<string?> Text(string name, string help, string description, string? alias = null) =>
        Named<string?>(name, help, description, alias);

    /// <summary>Words with a value where none are given.</summary>
    public static Option<string> TextOr(string name, string? help, string description, string fallback, string? alias = null)
    {
        var option = Named<string>(name, help, description, alias);
        option.DefaultValueFactory = _ => fallback;
        return option;
    }

    /// <summary>Words that must be given.</summary>
    public static Option<string> Needed(string name, string help, string description, string? alias = null)
    {
        var option = Named<string>(name, help, description, alias);
        option.Required = true;
        return option;
    }

    /// <summary>Whether something is wished for.</summary>
    public static Option<bool> Flag(string name, string description, string? alias = null) => Named<bool>(name, null, description, alias);

    /// <summary>A number in a range, with a value where none is given.</summary>
    public static Option<T> Number<T>(string name, string description, T fallback, T min, T max, string help = "N")
        where T : IParsable<T>, IComparable<T>
    {
        var option = NeededNumber(name, description, min, max, help);
        (option.Required, option.DefaultValueFactory) = (false, _ => fallback);
        return option;
    }

    /// <summary>A number in a range that must be given.</summary>
    public static Option<T> NeededNumber<T>(string name, string description, T min, T max, string help = "N")
        where T : IParsable<T>, IComparable<T>
    {
        var option = Named<T>(name, help, description, null);
        (option.Required, option.CustomParser) = (true, result => Parse(name, result, min, max));
        return option;
    }

    /// <summary>A number in a range that need not be given.</summary>
    public static Option<T?> NumberOrNone<T>(string name, string description, T min, T max, string help = "N")
        where T : struct, IParsable<T>, IComparable<T>
    {
        var option = Named<T?>(name, help, description, null);
        option.CustomParser = result => Parse(name, result, min, max);
        return option;
    }

    public static Option<string?> Json() => Text("--json", "FILE", "Also write the results to FILE as JSON.");

    public static Option<bool> Quiet() => Flag("--quiet", "Show no progress.", alias: "-q");

    public static Option<int> Threads() =>
        Number("--threads", "Threads to work with: as many as there are processors for it.", ThreadsHere, 1, 1024);

    // Processes that mpirun has started share a machine.
    private static int ThreadsHere => Math.Max(1, Environment.ProcessorCount / MpiLaunch.RanksHere);

    public static Option<string?> Phase() => Text("--phase", "NAME", "The best weights of this phase, in place of those of the last one.");

    public static Option<bool> Last() => Flag("--last", "The weights of the last checkpoint, in place of the best.");

    /// <summary>The weights that these two options name.</summary>
    /// <exception cref="ConsortException">Both are given.</exception>
    public static RunWeights WeightsOf(string? phase, bool last) => (phase, last) switch
    {
        (not null, true) => throw new ConsortException("--last: found beside --phase, expected one of them"),
        (not null, _) => RunWeights.BestOf(phase),
        (_, true) => RunWeights.Last,
        _ => RunWeights.Final,
    };

    /// <summary>A place that <c>--data</c> names, or null where it is not given.</summary>
    /// <exception cref="ConsortException">There is nothing.</exception>
    public static string? Existing(string? data) => data is null || Directory.Exists(data) || File.Exists(data)
        ? data : throw new ConsortException($"--data {data}: found neither a folder nor a file");

    /// <summary>Checks that <c>--data</c>, where it is given, names a folder.</summary>
    /// <exception cref="ConsortException">It is a file, or nothing.</exception>
    public static void RequireFolder(string? data)
    {
        if (data is not null && !Directory.Exists(data))
            throw new ConsortException($"--data {data}: {(File.Exists(data) ? "found a file, expected a folder" : "folder not found")}");
    }

    /// <summary>What becomes of columns that a run does not know.</summary>
    public static Option<string> UnknownColumns() => TextOr(
        "--unknown-columns", "ignore|error",
        "Columns that the run does not know: ignore passes over them and says so in a line, error refuses the file.", "ignore")
        .AcceptOnlyFromAmong("ignore", "error");

    /// <summary>How raw rows are taken, by the option <see cref="UnknownColumns"/>.</summary>
    public static RawRows RowsOf(Terminal terminal, string? unknown) => new(
        unknown == "error" ? Data.Batches.UnknownColumns.Refuse : Data.Batches.UnknownColumns.PassOver, line => Notice(terminal, line));

    /// <summary>The sources that the command line reads: texts, Parquet, and what DuckDB does.</summary>
    public static SourceCatalogue Sources { get; } = SourceCatalogue.BuiltIn.With(ParquetRows.Kind).With(DuckDbRows.Kind);

    /// <summary>All that names are resolved by.</summary>
    public static Catalogues Catalogues { get; } = Catalogues.Default.With(Sources);

    /// <summary>An option that names raw rows, once or several times.</summary>
    /// <param name="name">As it is typed.</param>
    /// <param name="what">What rows they are.</param>
    /// <param name="isNeeded">Whether it must be given.</param>
    /// <param name="areReadAgain">Whether they are read more than once, so that no pipe will do.</param>
    public static Option<string[]> Rows(string name, string what, bool isNeeded = false, bool areReadAgain = false) => new(name)
    {
        Description = $"{what}: files, folders, patterns (logs/*.parquet), {(areReadAgain ? "" : "pipes, - for standard input, ")}sql:QUERY, duckdb:FILE#TABLE.",
        HelpName = "ROWS",
        AllowMultipleArgumentsPerToken = true,
        Required = isNeeded,
    };

    /// <summary>What several places are called in a line.</summary>
    public static string Show(IReadOnlyList<string> places) => SourcePlace.Show(places[0])
        + (places.Count == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" and {places.Count - 1} more"));

    /// <summary>The places that options name, one after another.</summary>
    /// <exception cref="ConsortException">No file fits a pattern, or a folder has none.</exception>
    public static string[] Places(params IEnumerable<string> names) => [.. names.SelectMany(n => Sources.Places(n))];

    /// <summary>The same of rows that are read more than once, which a pipe cannot be.</summary>
    /// <exception cref="ConsortException">A place is a pipe or standard input.</exception>
    public static string[] PlacesOfFiles(string option, params IEnumerable<string> names)
    {
        var places = Places(names);
        return places.FirstOrDefault(IsPipe) is { } pipe
            ? throw new ConsortException($"{option} {pipe}: found a pipe, expected a file, for the rows are read more than once")
            : places;

        static bool IsPipe(string place) =>
            place == "-" || (SourcePlace.IsFile(place) && FileFacts.Of(place).Kind is FileKind.Pipe or FileKind.Device);
    }

    /// <summary>The bytes of the places that are files, for progress.</summary>
    public static long BytesOf(IEnumerable<string> places) =>
        places.Where(SourcePlace.IsFile).Sum(SourceStream.SizeOf);

    /// <summary>How long work may take to stop that saves a checkpoint first, or removes what is half done.</summary>
    public static readonly TimeSpan TimeToSave = TimeSpan.FromSeconds(60);

    /// <summary>Says a line that the user should see, whatever else is shown.</summary>
    public static void Notice(Terminal terminal, string line)
    {
        terminal.Status.Clear();
        terminal.Error.WriteLine(PrintableText.Of(line));
    }

    /// <summary>Says in one line that a run has not finished, and which weights are used; else nothing.</summary>
    public static void NoteUnfinished(Terminal terminal, string run, RunWeights? weights = null)
    {
        if (UnfinishedRun.Words(run, weights) is { } line)
            Notice(terminal, line);
    }

    /// <summary>What gradients travel in between ranks.</summary>
    public static Option<string> Wire() => TextOr(
        "--wire", string.Join('|', WirePrecisions.Names.Keys),
        "What gradients are rounded to as they travel from rank to rank; sums are floats.", WirePrecision.Float.Name())
        .AcceptOnlyFromAmong([.. WirePrecisions.Names.Keys]);

    /// <summary>The precision of that name, or null where none is given.</summary>
    /// <exception cref="ConsortException">There is none of that name.</exception>
    public static Precision? PrecisionOf(string? name) =>
        name is null ? null
        : Precisions.Names.TryGetValue(name, out var precision) ? precision
        : throw new ConsortException($"--precision: found \"{name}\", expected {string.Join(" or ", Precisions.Names.Keys)}");

    /// <summary>Says in one line that products are made in fp32 though less was asked for, and why; else nothing.</summary>
    public static void NotePrecision(Terminal terminal, Precision asked)
    {
        if (asked.Missing() is not { } reason) return;
        terminal.Status.Clear();
        terminal.Error.WriteLine($"precision {asked.Name()} is not to be had here ({reason}); using fp32");
    }

    private static Option<T> Named<T>(string name, string? help, string description, string? alias)
    {
        var option = alias is null ? new Option<T>(name) : new Option<T>(name, alias);
        (option.Description, option.HelpName) = (description, help);
        return option;
    }

    private static T Parse<T>(string name, ArgumentResult result, T min, T max) where T : IParsable<T>, IComparable<T>
    {
        var text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (T.TryParse(text, CultureInfo.InvariantCulture, out var value) && value.CompareTo(min) >= 0 && value.CompareTo(max) <= 0)
            return value;
        result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name}: found \"{text}\", expected a number from {min} to {max}"));
        return min;
    }
}
