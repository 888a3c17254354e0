using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>What a key holds.</summary>
internal enum KeyForm
{
    /// <summary>Widths of layers; <c>None</c> for none.</summary>
    Units,

    /// <summary>The name of an activation; <c>None</c> for none.</summary>
    Activation,

    /// <summary>A number, or a list of as many as there are layers.</summary>
    Rate,

    /// <summary>A number.</summary>
    Number,

    /// <summary>True or False.</summary>
    Flag,

    /// <summary>A word.</summary>
    Word,

    /// <summary>Names of fields.</summary>
    Names,
}

/// <summary>A key of a model and the keys of FuxiCTR, newest first, that it comes from.</summary>
/// <param name="Key">In our file.</param>
/// <param name="Form">What it holds.</param>
/// <param name="Fallback">FuxiCTR's default, as it stands in our file.</param>
/// <param name="From">FuxiCTR's names.</param>
internal sealed record KeyRule(string Key, KeyForm Form, string Fallback, params string[] From)
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

    /// <summary>FuxiCTR's words and ours, where they differ.</summary>
    public IReadOnlyDictionary<string, string>? Words { get; init; }

    /// <summary>The value for our file.</summary>
    public OptionTree Read(ConfigSection section, ImportNotes notes)
    {
        if (section.TakeAny(From) is not { } value)
            return OptionTree.Parse(Fallback);
        return Form switch
        {
            KeyForm.Units => OptionTree.List(value.IsNone ? [] : value.Items.Select(i => (OptionTree)i.Integer)),
            KeyForm.Activation => value.IsNone ? "none" : Activation(Same(value, notes), notes),
            _ when value.IsNone => OptionTree.Parse(Fallback),
            KeyForm.Rate => ConfigValue.Written(Same(value, notes).Number),
            KeyForm.Number => ConfigValue.Written(value.Number),
            KeyForm.Flag => value.Flag,
            KeyForm.Names => OptionTree.List(value.Items.Select(i => i.Text)),
            _ => Word(value, notes),
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

    private string Activation(ConfigValue value, ImportNotes notes)
    {
        if (Activations.TryGetValue(value.Text, out var name))
            return name;
        notes.Lost(value, $"there is no such activation; {Fallback} stands for it");
        return Fallback;
    }

    private string Word(ConfigValue value, ImportNotes notes)
    {
        if (Words is null)
            return value.Text;
        if (Words.TryGetValue(value.Text, out var word))
            return word;
        notes.Lost(value, $"expected one of {string.Join(", ", Words.Keys)}; {Fallback} stands for it");
        return Fallback;
    }
}
