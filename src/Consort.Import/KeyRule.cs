using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>
/// An option of a model and the keys of FuxiCTR, newest first, that it comes from; what it holds is what the model declares.
/// </summary>
/// <param name="Key">The option.</param>
/// <param name="From">FuxiCTR's names.</param>
internal sealed record KeyRule(string Key, params string[] From)
{
    private static readonly Dictionary<string, string> Activations = new(StringComparer.OrdinalIgnoreCase)
    {
        ["relu"] = "relu",
        ["leakyrelu"] = "leaky_relu",
        ["leaky_relu"] = "leaky_relu",
        ["prelu"] = "prelu",
        ["dice"] = "dice",
        ["gelu"] = "gelu",
        ["sigmoid"] = "sigmoid",
        ["tanh"] = "tanh",
        ["silu"] = "silu",
        ["identity"] = "none",
    };

    /// <summary>FuxiCTR's default, where ours is another one.</summary>
    public string? Fallback { get; init; }

    /// <summary>FuxiCTR's words and ours, where they differ.</summary>
    public IReadOnlyDictionary<string, string>? Words { get; init; }

    /// <summary>The value for our file.</summary>
    public OptionTree Read(OptionFacts option, ConfigSection section, ImportNotes notes)
    {
        var fallback = Fallback ?? option.Default;
        if (section.TakeAny(From) is not { } value)
            return OptionTree.Parse(fallback);
        return option.Kind switch
        {
            OptionKind.Integers => OptionTree.List(value.IsNone ? [] : value.Items.Select(i => (OptionTree)i.Integer)),
            OptionKind.Word when Key.EndsWith("activation", StringComparison.Ordinal) =>
                value.IsNone ? "none" : Word(Same(value, notes), Activations, "there is no such activation", fallback, notes),
            _ when value.IsNone => OptionTree.Parse(fallback),
            OptionKind.Number => Domain.Show(Same(value, notes).Number),
            OptionKind.Integer => Domain.Show(value.Number),
            OptionKind.Flag => value.Flag,
            OptionKind.Texts => OptionTree.List(value.Items.Select(i => i.Text)),
            _ => Words is null ? value.Text : Word(value, Words, $"expected one of {string.Join(", ", Words.Keys)}", fallback, notes),
        };
    }

    private static ConfigValue Same(ConfigValue value, ImportNotes notes)
    {
        if (!value.IsList)
            return value;
        if (value.Items.Count == 0)
            throw value.Error("at least one item");
        if (value.Items.Any(i => i.Shown != value.Items[0].Shown))
            notes.Lost(value, $"all layers of a tower have the same one; {value.Items[0].Shown} stands for all");
        return value.Items[0];
    }

    private static string Word(ConfigValue value, IReadOnlyDictionary<string, string> words, string reason, string fallback,
        ImportNotes notes)
    {
        if (words.TryGetValue(value.Text, out var word))
            return word;
        notes.Lost(value, $"{reason}; {fallback} stands for it");
        return fallback;
    }
}
