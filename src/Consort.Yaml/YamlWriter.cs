using System.Globalization;
using Consort.Foundation.Options;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace Consort.Yaml;

/// <summary>Writes option trees as YAML, each text and list in the notation it was read in.</summary>
internal static class YamlWriter
{
    public static string Write(OptionTree tree)
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        new YamlStream(new YamlDocument(Node(tree))).Save(writer, assignAnchors: false);
        var text = writer.ToString();
        return text.EndsWith("...\n", StringComparison.Ordinal) ? text[..^4] : text;
    }

    private static YamlNode Node(OptionTree tree) => tree switch
    {
        OptionList list => new YamlSequenceNode(list.Items.Select(Node)) { Style = list.IsInline ? SequenceStyle.Flow : SequenceStyle.Any },
        OptionGroup group => new YamlMappingNode(
            group.Entries.Select(e => KeyValuePair.Create((YamlNode)new YamlScalarNode(e.Key), Node(e.Value))))
        {
            Style = group.IsInline ? MappingStyle.Flow : MappingStyle.Any,
        },
        OptionScalar { IsNone: true, Value: "" } => new YamlScalarNode(null),
        OptionScalar { Style: TextStyle.Any } text when NeedsQuotes(text.Value) =>
            new YamlScalarNode(text.Value) { Style = ScalarStyle.DoubleQuoted },
        OptionScalar scalar => new YamlScalarNode(scalar.Value) { Style = (ScalarStyle)scalar.Style },
        _ => throw new ArgumentException("found a tree of another kind", nameof(tree)),
    };

    // What the library would write so that it reads back as nothing, or with other line ends.
    private static bool NeedsQuotes(string text) =>
        text is "~" or "null" || text.Any(c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff');
}
