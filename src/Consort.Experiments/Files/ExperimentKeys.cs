using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Consort.Foundation.Options;
using YamlDotNet.RepresentationModel;

namespace Consort.Experiments.Files;

/// <summary>
/// The keys of an experiment with every default filled in, as names and values: <c>training, optimizer, beta1</c> → <c>0.9</c>. Left out
/// is what decides nothing: its name, how often it writes a checkpoint, and where the rows lie, which are known by their content.
/// </summary>
internal sealed class ExperimentKeys
{
    private const string Epochs = "epochs";
    private static readonly string[] Free = ["name", "data", "training, checkpoint_minutes"];

    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Reads the text that a run keeps.</summary>
    /// <exception cref="ConsortException">It is no YAML.</exception>
    public ExperimentKeys(string text, string source)
    {
        try
        {
            if (YamlReader.Parse(text, source) is YamlMappingNode root)
                Add("", root);
        }
        catch (ConsortException e)
        {
            throw new ConsortException($"{source}: the file is damaged, expected the experiment of a run: {e.Message}", e);
        }
    }

    /// <summary>A digest of all that decides the result but how many epochs there are at most; runs that others start from count by what they are called.</summary>
    public string Digest => Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(
        string.Concat(_values.Where(v => !IsEpochs(v.Key)).OrderBy(v => v.Key, StringComparer.Ordinal).Select(v => $"{v.Key}: {v.Value}\n")))));

    /// <summary>What differs from an older experiment: <c>training, learning_rate: 0.01, now 0.02</c>.</summary>
    /// <param name="older">What it was.</param>
    /// <param name="withEpochs">Whether the most epochs of a phase count.</param>
    public IReadOnlyList<string> Since(ExperimentKeys older, bool withEpochs) =>
        [.. older._values.Keys.Union(_values.Keys)
            .Where(key => (withEpochs || !IsEpochs(key)) && older._values.GetValueOrDefault(key) != _values.GetValueOrDefault(key))
            .Select(key => $"{key}: {older._values.GetValueOrDefault(key, "nothing")}, now {_values.GetValueOrDefault(key, "nothing")}")];

    private static bool IsEpochs(string key) => key == $"training, {Epochs}"
        || key.StartsWith("phase ", StringComparison.Ordinal) && key.EndsWith($", {Epochs}", StringComparison.Ordinal) && key.Count(c => c == ',') == 1;

    private void Add(string key, YamlNode node)
    {
        if (Free.Contains(key))
            return;
        switch (node)
        {
            case YamlMappingNode map:
                foreach (var (name, value) in map.Children)
                    Add(key.Length == 0 ? Text(name) : $"{key}, {Text(name)}", value);
                break;
            case YamlSequenceNode list when list.Children.Any(c => c is YamlMappingNode):
                for (var i = 0; i < list.Children.Count; i++)
                    Add(Entry(key, i, list.Children[i]), list.Children[i]);
                break;
            case YamlSequenceNode list when key.EndsWith(", from", StringComparison.Ordinal) || key.EndsWith(", teachers", StringComparison.Ordinal):
                _values[key] = $"[{string.Join(", ", list.Children.Select(c => Name(Text(c))))}]";
                break;
            default:
                _values[key] = Text(node);
                break;
        }
    }

    private static string Entry(string key, int index, YamlNode entry) =>
        key == "phases" && entry is YamlMappingNode phase && phase.Children.FirstOrDefault(c => Text(c.Key) == "name") is { Value: { } name }
            ? $"phase {Text(name)}"
            : string.Create(CultureInfo.InvariantCulture, $"{(key == "members" ? "member" : key)} {index}");

    // 1e-2 is 0.01, and yes is true.
    private static string Plain(string text) => text switch
    {
        "True" or "yes" or "on" => "true",
        "False" or "no" or "off" => "false",
        _ when !long.TryParse(text, CultureInfo.InvariantCulture, out _) && double.TryParse(text, CultureInfo.InvariantCulture, out var number) =>
            number.ToString("R", CultureInfo.InvariantCulture),
        _ => text,
    };

    // Where another run lies may change; what it is called does not.
    private static string Name(string path)
    {
        var words = path.Replace('\\', '/').TrimEnd('/').Split('/');
        return string.Join('/', words[^(path.EndsWith(".ckpt", StringComparison.Ordinal) ? Math.Min(3, words.Length) : 1)..]);
    }

    private static string Text(YamlNode node) => node switch
    {
        YamlScalarNode scalar => Plain(scalar.Value ?? ""),
        YamlSequenceNode list => $"[{string.Join(", ", list.Children.Select(Text))}]",
        _ => node.ToString(),
    };
}
