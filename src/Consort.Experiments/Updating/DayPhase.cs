using System.Globalization;
using Consort.Data.Datasets;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Foundation.Options;

namespace Consort.Experiments.Updating;

/// <summary>Rows that a run goes on with at once.</summary>
/// <param name="Name">What the folder of its run is called.</param>
/// <param name="Data">The rows, one place after another, with full paths.</param>
public sealed record Day(string Name, IReadOnlyList<string> Data);

/// <summary>
/// A phase of an experiment file that goes on with rows of its own: <c>data</c>, those of one day, or <c>days</c>, files of one day each.
/// Beside these it has a name and the options of an update.
/// </summary>
public sealed record DayPhase
{
    private const string One = "data", Several = "days", Unnamed = "update";

    /// <summary>The days, in the order in which they are taken.</summary>
    public required IReadOnlyList<Day> Days { get; init; }

    /// <summary>How the run goes on.</summary>
    public UpdateOptions Options { get; init; } = new();

    /// <summary>Whether it trains once more on rows that the chain was trained on.</summary>
    public bool Again { get; init; }

    /// <inheritdoc cref="UpdateRequest.OneClass"/>
    public bool OneClass { get; init; }

    /// <summary>Whether a day that the chain has seen is passed over, as one of several may be, rather than refused.</summary>
    public bool PassesOver { get; init; }

    /// <summary>Where it stands in the file, for messages.</summary>
    public string Where { get; init; } = "phases";

    /// <summary>Places that the file names and that are not there, as of days that are done, and what to say of each.</summary>
    internal IReadOnlyDictionary<string, ConsortException> Absent { get; init; } = new Dictionary<string, ConsortException>();

    /// <summary>
    /// What a day is called by its place: a file without what tells its kind, for 2026-11-02.csv.gz and 2026.11.02.csv are days'.
    /// </summary>
    internal static string NameOf(string place)
    {
        if (!SourcePlace.IsFile(place))
            return Unnamed;
        var name = Path.GetFileName(place);
        if (Path.GetExtension(name) is ".gz" or ".zst")
            name = Path.GetFileNameWithoutExtension(name);
        // Digits behind a dot are of a date.
        if (Path.GetExtension(name) is { Length: > 1 } ending && ending.AsSpan(1).ContainsAnyExceptInRange('0', '9'))
            name = Path.GetFileNameWithoutExtension(name);
        return name.Length > 0 ? name : Unnamed;
    }

    /// <summary>Whether an item of the list <c>phases</c> is such a phase.</summary>
    internal static bool Is(OptionTree phase) => phase is OptionGroup group && group.Entries.Any(e => Experiment.RowKeys.Contains(e.Key));

    /// <summary>
    /// What an experiment file says of its days, with defaults, as <c>days[0].max_age</c>: the phases counted from the first of them.
    /// </summary>
    /// <param name="file">A file that was read before.</param>
    internal static IEnumerable<(string Key, string Value)> Written(string file) =>
        OptionTree.Load(file).ItemsAt("phases").Where(Is).Index().SelectMany(p =>
        {
            var values = UpdateOptions.Options.Write(new UpdateOptions()).ToDictionary(o => o.Key, o => $"{o.Value}");
            foreach (var (steps, value) in p.Item.Leaves())
                values[OptionPath.Join(steps)] = $"{value}";
            return values.Select(v => (string.Create(CultureInfo.InvariantCulture, $"days[{p.Index}].{v.Key}"), v.Value));
        });

    /// <summary>Reads one, and rejects keys that it does not know.</summary>
    /// <param name="options">The item of <c>phases</c>.</param>
    /// <param name="folder">What relative names of files start from.</param>
    /// <exception cref="ConsortException">A file is missing, or a key is unknown or out of its range.</exception>
    internal static DayPhase Read(OptionMap options, string folder)
    {
        var absent = new Dictionary<string, ConsortException>(StringComparer.Ordinal);
        var data = SplitPlan.Places(options, One, folder, Keep);
        var (isOne, before) = (data.Count + absent.Count > 0, absent.Count);
        var days = SplitPlan.Places(options, Several, folder, Keep);
        if (isOne == days.Count + absent.Count - before > 0)
            throw options.Error(options.Keys.First(Experiment.RowKeys.Contains),
                $"found {(isOne ? "both data and days" : "no rows")}, expected either data, the rows of one day, or days, files of one day each");
        var name = options.TextOrNull("name");
        if (name is not null && !isOne)
            throw options.Error("name", $"found \"{name}\" beside days, expected none: each day is called by its file");
        if (name is not null && Experiment.NameMistake(name) is { } mistake)
            throw options.Error("name", mistake);
        if (days.FirstOrDefault(d => !SourcePlace.IsFile(d)) is { } query)
            throw options.Error(Several, $"found {SourcePlace.Show(query)}, expected files of one day each; a query goes by data");
        if (isOne && data.Count == 0 && name is null)
            throw absent.Values.First(); // nothing is left to call the day by
        Experiment.CheckNorm(options);
        var phase = new DayPhase
        {
            Days = isOne ? [new Day(name ?? NameOf(data[0]), data)]
                : [.. days.Order(StringComparer.Ordinal).Select(d => new Day(NameOf(d), [d]))],
            Again = options.Flag("again", false),
            OneClass = options.Flag("one_class", false),
            Options = UpdateOptions.Options.Read(options),
            PassesOver = !isOne,
            Where = options.Where(isOne ? One : Several),
            Absent = absent,
        };
        options.Close();
        return phase;

        IReadOnlyList<string> Keep(string place, ConsortException mistake)
        {
            absent[place] = mistake;
            return place.Length == 0 || SourceFiles.IsPattern(place) ? [] : [place];
        }
    }
}
