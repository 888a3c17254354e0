using System.Globalization;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Training;
using Consort.Models.Embeddings;

namespace Consort.Studies.Search;

/// <summary>
/// The options that are searched: those whose declaration says where to look, changed by the experiment's section <c>search</c>.
/// </summary>
/// <param name="Start">The experiment as it stands, with what the section fixes.</param>
/// <param name="Dimensions">At least one.</param>
internal sealed record SearchSpace(OptionTree Start, IReadOnlyList<SearchDimension> Dimensions)
{
    private Catalogues Catalogues { get; init; } = Catalogues.Default;

    private const string Members = "members.", Others = "others";

    /// <summary>Reads it.</summary>
    /// <param name="experiment">The experiment, every default filled in.</param>
    /// <param name="search">The section, or null.</param>
    /// <exception cref="ConsortException">A key that names no option, a range that is none, or nothing is left to search.</exception>
    public static SearchSpace Of(Experiment experiment, OptionTree? search)
    {
        var start = experiment.Options;
        var declared = Declared(experiment).ToDictionary(d => d.Path, d => (d.Set, Facts: d.Set.Of(d.Key)));
        var map = OptionMap.Of(search ?? OptionTree.Keys());
        var only = map.Choice(Others, false, new Dictionary<string, bool> { ["search"] = false, ["fixed"] = true });
        var found = declared.Where(d => d.Value.Facts.Search is not null && !only).ToDictionary(d => d.Key,
            d => new SearchDimension(d.Key, d.Value.Facts.Search!, d.Value.Facts.Kind == OptionKind.Integer, IsOrdered: true));
        foreach (var (path, value) in (search as OptionGroup)?.Entries.Where(e => e.Key != Others).Select(e => (e.Key, e.Value)) ?? [])
        {
            var (set, facts) = declared.GetValueOrDefault(path);
            if (facts is null && !IsThere(start, path))
                throw map.Error(path, $"found no such option in the experiment{NearestWord.Hint(path, declared.Keys)}");
            found.Remove(path);
            if (value is OptionScalar)
            {
                start = Put(start, path, value, experiment.Catalogues);
                continue;
            }

            found[path] = Narrowed(path, value, facts, map);
            if (facts is not null)
                CheckValues(path, value, set!, facts.Key);
        }

        if (found.Count == 0)
            throw new ConsortException($"{search?.Source ?? "search"}: found no option to search, expected a range or several values of one");
        // By name, so that a search does not depend on the order of a file.
        return new SearchSpace(start, [.. found.Values.OrderBy(d => d.Path, StringComparer.Ordinal)])
        { Catalogues = experiment.Catalogues };
    }

    /// <summary>Of options by themselves: those whose declaration says where to look.</summary>
    /// <param name="options">The options.</param>
    /// <param name="start">What they are.</param>
    /// <param name="isFixed">Whether an option stays as it is.</param>
    /// <exception cref="ConsortException">Nothing is left to search.</exception>
    public static SearchSpace Of(OptionSet options, OptionTree start, Func<string, bool> isFixed)
    {
        var dimensions = options.Facts.Where(f => f.Search is not null && !isFixed(f.Key))
            .Select(f => new SearchDimension(f.Key, f.Search!, f.Kind == OptionKind.Integer, IsOrdered: f.Kind != OptionKind.Word))
            .OrderBy(d => d.Path, StringComparer.Ordinal).ToArray();
        return dimensions.Length > 0 ? new SearchSpace(start, dimensions) : throw new ConsortException(
            $"found all options given that a search looks for, expected one of these left out: {string.Join(", ", options.Facts.Where(f => f.Search is not null).Select(f => f.Key))}");
    }

    /// <summary>Some of the options have values; the others are as they stand.</summary>
    public OptionTree At(IReadOnlyList<OptionTree> values) =>
        Dimensions.Index().Aggregate(Start, (tree, d) => Put(tree, d.Item.Path, values[d.Index], Catalogues));

    /// <summary>The values at places.</summary>
    public OptionTree[] Values(IReadOnlyList<double> places) => [.. Dimensions.Select((d, i) => d.At(places[i]))];

    /// <summary>The values that an experiment has.</summary>
    public OptionTree[] ValuesOf(OptionTree experiment) =>
        [.. Dimensions.Select(d => (d.Path.StartsWith(Members, StringComparison.Ordinal)
            ? experiment.Members().Select(m => m.Find(d.Path[Members.Length..])).FirstOrDefault(v => v is not null)
            : experiment.Find(d.Path)) ?? OptionTree.Quoted(""))];

    /// <summary>All that a search depends on, in a text.</summary>
    public string Describe() => string.Join('\n', Dimensions.Select(d => $"{d.Path}: {d.Words}").Append(Start.ToYaml()));

    // A key need not be a path at all.
    private static bool IsThere(OptionTree experiment, string path)
    {
        try
        {
            return experiment.Find(path) is not null;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    // What the experiment has, by path.
    private static IEnumerable<(string Path, OptionSet Set, string Key)> Declared(Experiment experiment)
    {
        OptionSet[] training =
            [TrainingOptions.Options, .. experiment.Options.Find("phases") is null ? [Phase.Options] : Array.Empty<OptionSet>()];
        foreach (var (set, key) in training.SelectMany(s => s.Keys.Select(k => (s, k))))
            yield return ($"training.{key}", set, key);
        foreach (var key in EmbeddingOptions.Options.Keys)
            yield return ($"embedding.{key}", EmbeddingOptions.Options, key);
        foreach (var (set, key) in experiment.Options.Members().Select(m => Of(m, experiment.Catalogues))
                     .SelectMany(s => s.Keys.Select(k => (s, k))).DistinctBy(o => o.k))
            yield return (Members + key, set, key);
    }

    private static OptionSet Of(OptionTree member, Catalogues catalogues) =>
        ExperimentOptions.Models(catalogues).Find(member.TextAt("model")!)!.Options;

    // Each value that a section names is one of the option's, and a mistake stands where the section has it, not where a trial puts it.
    private static void CheckValues(string path, OptionTree value, OptionSet set, string key)
    {
        var values = value is OptionList list ? list.Items
            : ((OptionGroup)value).Entries.Where(e => e.Key != "scale").Select(e => e.Value);
        foreach (var one in values)
        {
            var map = OptionMap.Of(OptionTree.Keys((key, one)));
            try
            {
                set.CheckOne(map, key);
            }
            catch (ConsortException mistake)
            {
                throw new ConsortException(string.Create(CultureInfo.InvariantCulture,
                    $"{one.Source}:{one.Line}, key {path}: {mistake.Message[(map.Where(key).Length + 2)..]}"), mistake);
            }
        }
    }

    private static SearchDimension Narrowed(string path, OptionTree value, OptionFacts? facts, OptionMap map)
    {
        if (value is OptionList list)
            return list.Items.Count == 0 ? throw map.Error(path, "found an empty list, expected values") : new SearchDimension(
                path, SearchRange.Of([.. list.Items.Select(i => i.ToString())]), false,
                IsOrdered: facts?.Kind is not (OptionKind.Word or OptionKind.Text or OptionKind.Flag));
        var range = map.Map(path)!;
        var usual = facts?.Search is { Choices.Count: 0 } known ? known : null;
        var isLog = range.Choice("scale", usual?.IsLog ?? false, new Dictionary<string, bool> { ["linear"] = false, ["log"] = true });
        var low = range.Number("from", usual?.Low ?? double.NaN, -1e300, 1e300);
        var high = range.Number("to", usual?.High ?? double.NaN, -1e300, 1e300);
        range.Close();
        if (range.Has("from") != range.Has("to"))
            throw map.Error(path, $"found {(range.Has("from") ? "from without to" : "to without from")}, expected both, or neither for the declared range");
        if (!(low < high) || (isLog && low <= 0))
            throw map.Error(path, string.Create(CultureInfo.InvariantCulture,
                $"found from {low} to {high}{(isLog ? " on a log scale" : "")}, expected two rising numbers{(isLog ? " above 0" : "")}, or a list of values"));
        var isWhole = facts?.Kind == OptionKind.Integer;
        return new SearchDimension(path, new SearchRange(low, high, isLog, []), isWhole, IsOrdered: true);
    }

    private static OptionTree Put(OptionTree experiment, string path, OptionTree value, Catalogues catalogues)
    {
        if (!path.StartsWith(Members, StringComparison.Ordinal))
            return experiment.With(path, value);
        var key = path[Members.Length..];
        return experiment.With("members", OptionTree.List(experiment.ItemsAt("members")
            .Select(m => Of(m, catalogues).Has(key) ? m.With(key, value) : m)));
    }
}
