using System.Globalization;
using System.Text;

namespace Consort.Studies.Recipes.Settings;

/// <summary>
/// An experiment that others are made from: its data, embeddings and training hold for all, and its first member says how such a
/// model is made. Works on the text with every default filled in, which always has the same form.
/// </summary>
internal sealed class SettingText
{
    private static readonly string[] PhaseKeys =
        ["name", "epochs", "learning_rate", "schedule", "patience", "min_delta", "from", "teachers", "freeze", "evaluate_first"];

    private readonly Dictionary<string, string[]> _sections;

    /// <summary>Takes an experiment apart.</summary>
    /// <param name="resolved">Its text with every default filled in.</param>
    /// <exception cref="ConsortException">It has another form.</exception>
    public SettingText(string resolved)
    {
        _sections = [];
        foreach (var (key, lines) in Split(resolved))
            _sections[key] = lines;
        foreach (var key in new[] { "data", "embedding", "members", "training" })
        {
            if (!_sections.TryGetValue(key, out var lines) || lines.Length < 2)
                throw new ConsortException($"experiment.yaml: found no section {key} with a key a line, expected an experiment as `consort train` keeps it");
        }
    }

    /// <summary>The text's sections: the line of each key at the left edge, and those that belong to it.</summary>
    public static IEnumerable<(string Key, string[] Lines)> Split(string text)
    {
        var lines = new List<string>();
        foreach (var line in text.Split('\n').Where(l => l.Length > 0 && l[0] != '#'))
        {
            if (line[0] is not (' ' or '-') && lines.Count > 0)
            {
                yield return (Key(lines[0]), [.. lines]);
                lines.Clear();
            }

            lines.Add(line);
        }

        if (lines.Count > 0)
            yield return (Key(lines[0]), [.. lines]);
    }

    /// <summary>Whether the experiment has this section.</summary>
    public bool Has(string key) => _sections.ContainsKey(key);

    /// <summary>A number of the section <c>training</c>.</summary>
    /// <exception cref="ConsortException">It is not there, or no number.</exception>
    public double Number(string key)
    {
        var line = Entries("training").FirstOrDefault(e => e.Key == key).Lines?[0] ?? "";
        return double.TryParse(line.Split(": ")[^1], NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new ConsortException($"experiment.yaml, key training.{key}: found \"{line.Trim()}\", expected a number");
    }

    /// <summary>The members, each without how often it stands there.</summary>
    public IEnumerable<string[]> Members
    {
        get
        {
            var member = new List<string>();
            foreach (var line in _sections["members"].Skip(1).Where(l => !l.StartsWith("  count:", StringComparison.Ordinal)))
            {
                if (line.StartsWith("- ", StringComparison.Ordinal) && member.Count > 0)
                {
                    yield return [.. member];
                    member.Clear();
                }

                member.Add(line);
            }

            yield return [.. member];
        }
    }

    /// <summary>The first of them.</summary>
    public string[] Member => Members.First();

    /// <summary>An experiment with the same data and training but other members.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="isShared">Whether members read one table.</param>
    /// <param name="members">As <see cref="Member"/> gives them, and how many of each; 0 for one that says so itself.</param>
    /// <param name="strategy">The section <c>strategy</c> in one line.</param>
    /// <param name="training">Keys of <c>training</c> that are otherwise, each in one line.</param>
    public string Compose(
        string name, bool isShared, IEnumerable<(string[] Lines, int Count)> members, string strategy, params (string Key, string Value)[] training) =>
        Compose(name, isShared, members, training, _ => false, [$"strategy: {strategy}"]);

    /// <summary>The same in phases.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="isShared">Whether members read one table.</param>
    /// <param name="members">As <see cref="Member"/> gives them, and how many of each; 0 for one that says so itself.</param>
    /// <param name="phases">Each phase in one line.</param>
    public string ComposePhases(string name, bool isShared, IEnumerable<(string[] Lines, int Count)> members, params IReadOnlyList<string> phases) =>
        Compose(name, isShared, members, [], PhaseKeys.Contains, ["phases:", .. phases.Select(p => $"- {p}")]);

    private string Compose(
        string name, bool isShared, IEnumerable<(string[] Lines, int Count)> members, (string Key, string Value)[] training, Predicate<string> isDropped,
        string[] learning)
    {
        var text = new StringBuilder().Append("name: ").Append(RecipeData.Quoted(name)).Append('\n');
        Append(_sections["data"]);
        Append(["embedding:"]);
        foreach (var entry in Entries("embedding").Where(e => e.Key != "shared"))
            Append(entry.Lines);
        Append([isShared ? "  shared: true" : "  shared: false", "members:"]);
        foreach (var (lines, count) in members)
            Append(count == 0 ? lines : [.. lines, FormattableString.Invariant($"  count: {count}")]);
        Append([.. learning, "training:"]);
        foreach (var entry in Entries("training").Where(e => !isDropped(e.Key) && !training.Any(t => t.Key == e.Key)))
            Append(entry.Lines);
        Append([.. training.Select(t => $"  {t.Key}: {t.Value}")]);
        return text.ToString();

        void Append(ReadOnlySpan<string> lines)
        {
            foreach (var line in lines)
                text.Append(line).Append('\n');
        }
    }

    private IEnumerable<(string Key, string[] Lines)> Entries(string section)
    {
        var lines = new List<string>();
        foreach (var line in _sections[section].Skip(1))
        {
            if (line.Length > 2 && line[2] is not (' ' or '-') && lines.Count > 0)
            {
                yield return (Key(lines[0].Trim()), [.. lines]);
                lines.Clear();
            }

            lines.Add(line);
        }

        if (lines.Count > 0)
            yield return (Key(lines[0].Trim()), [.. lines]);
    }

    private static string Key(string line) => line.Split(':')[0];
}
