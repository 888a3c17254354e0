using System.Globalization;
using System.Text.RegularExpressions;
using Consort.Data.Profiles;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Experiments.Drafts;

/// <summary>Which rows a first experiment trains on, chooses by, and is measured on.</summary>
internal static partial class SplitDraft
{
    /// <summary>Lines of the section <c>data</c>.</summary>
    public static IEnumerable<string> Lines(DataProfile profile, string folder)
    {
        string Name(int source) => QuotedYaml.Of(NameFrom(folder, profile.Resolved[source]));
        string Names(IEnumerable<int> sources) => string.Join(", ", sources.Select(Name)) is var names && sources.Count() == 1 ? names
            : $"[{names}]";
        var roles = profile.Sources.Select((s, i) => (Index: i, Role: SourcePlace.IsFile(s) ? RoleOf(Path.GetFileName(s)) : "")).ToLookup(s => s.Role, s => s.Index);
        if (roles["train"].Any() && roles["valid"].Any() && roles["test"].Any() && !roles[""].Any())
        {
            foreach (var role in (string[])["train", "valid", "test"])
                yield return $"{role}: {Names(roles[role])}  # by its name";
            yield break;
        }

        int[] held = [.. roles["valid"], .. roles["test"]];
        if (roles["train"].Any() && held.Length > 0 && !roles[""].Any() && profile.IsCounted)
        {
            // Exact shares by row number: the last tenth of the training rows chooses, the other file measures.
            double first = roles["train"].Sum(s => profile.RowsOfSources[s]), last = held.Sum(s => profile.RowsOfSources[s]);
            var all = first + last;
            double test = last / all, valid = Math.Round(first * 0.1) / all;
            yield return $"source: {Names([.. roles["train"], .. held])}  # the last is kept to measure by, for its name";
            yield return "by: order";
            yield return string.Create(CultureInfo.InvariantCulture,
                $"shares: [{1 - test - valid:R}, {valid:R}, {test:R}]  # train, choose the best weights, measure");
            yield break;
        }

        yield return $"source: {Names(Enumerable.Range(0, profile.Sources.Count))}";
        if (profile.Columns.FirstOrDefault(c => c.Time is { InOrder: true } t && t.To > t.From) is { } time)
            yield return $"by: order  # the rows stand in the order of {PrintableText.Short(time.Name, 60)}: trained on the past, measured on what came after";
        else
            yield return "by: seed  # each row by chance";
        yield return "shares: [0.8, 0.1, 0.1]  # train, choose the best weights, measure";
    }

    private static string NameFrom(string folder, string source)
    {
        if (!SourcePlace.IsFile(source))
            return source;
        var relative = Path.GetRelativePath(Path.GetFullPath(folder), Path.GetFullPath(source));
        return (relative.Split(Path.DirectorySeparatorChar).Count(p => p == "..") > 3 ? Path.GetFullPath(source) : relative)
            .Replace('\\', '/');
    }

    private static string RoleOf(string name) =>
        Train().IsMatch(name) ? "train" : Valid().IsMatch(name) ? "valid" : Test().IsMatch(name) ? "test" : "";

    [GeneratedRegex("(^|[^a-z])(train|training|tr)([^a-z]|$)", RegexOptions.IgnoreCase)]
    private static partial Regex Train();

    [GeneratedRegex("(^|[^a-z])(valid|validation|val|dev|eval)([^a-z]|$)", RegexOptions.IgnoreCase)]
    private static partial Regex Valid();

    [GeneratedRegex("(^|[^a-z])(test|holdout)([^a-z]|$)", RegexOptions.IgnoreCase)]
    private static partial Regex Test();
}
