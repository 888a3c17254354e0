using System.Globalization;
using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>A value of a FuxiCTR file, read as Python's YAML reader would: <c>None</c> counts as not given, <c>True</c> as true.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Node">What stands there.</param>
/// <param name="Source">The file's name.</param>
internal sealed record ConfigValue(string Key, OptionTree Node, string Source)
{
    /// <summary>Its line.</summary>
    public long Line { get; init; } = Node.Line;

    /// <summary>Where it stands: <c>model_config.yaml:12</c>.</summary>
    public string Where => string.Create(CultureInfo.InvariantCulture, $"{Source}:{Line}");

    /// <summary>Whether it stands for no value.</summary>
    public bool IsNone => Node.IsNone
        || Node is OptionScalar { Value: "None" or "null" } or OptionScalar { Value: "Null" or "NULL", IsQuoted: false };

    /// <summary>Whether it is a list.</summary>
    public bool IsList => Node is OptionList;

    /// <summary>Whether it is a tuple rather than a list.</summary>
    public bool IsTuple => Node is OptionList { IsTuple: true };

    /// <summary>Its mapping, or null.</summary>
    public OptionGroup? Mapping => Node as OptionGroup;

    /// <summary>The value as it is written, in one line.</summary>
    public string Shown => Show(Node);

    /// <summary>A text.</summary>
    /// <exception cref="ConsortException">A list or a mapping.</exception>
    public string Text => Node is OptionScalar { Value: var text } ? text : throw Error("a text");

    /// <summary>The items of a list, or the one value.</summary>
    /// <exception cref="ConsortException">A mapping.</exception>
    public IReadOnlyList<ConfigValue> Items => Node switch
    {
        OptionList list => [.. list.Items.Select(n => new ConfigValue(Key, n, Source))],
        OptionScalar => [this],
        _ => throw Error("a list"),
    };

    /// <summary>True or false.</summary>
    /// <exception cref="ConsortException">Something else.</exception>
    public bool Flag => Text.ToUpperInvariant() switch
    {
        "TRUE" or "YES" or "ON" or "1" => true,
        "FALSE" or "NO" or "OFF" or "0" => false,
        _ => throw Error("True or False"),
    };

    /// <summary>A number; <c>1.e-3</c> as well as <c>1e-3</c>.</summary>
    /// <exception cref="ConsortException">No number.</exception>
    public double Number => TryNumber() ?? throw Error("a number");

    /// <summary>A whole number.</summary>
    /// <exception cref="ConsortException">No whole number.</exception>
    public long Integer => Number is var number && number == Math.Floor(number) && Math.Abs(number) < 9e15
        ? (long)number : throw Error("a whole number");

    /// <summary>A count: a whole number, at least 1 as FuxiCTR takes it.</summary>
    /// <exception cref="ConsortException">No whole number, or more than an int holds.</exception>
    public int Count => Integer is var count && count <= int.MaxValue ? (int)Math.Max(1, count) : throw Error("a smaller count");

    /// <summary>The number, or null where it is none.</summary>
    public double? TryNumber() =>
        Node is OptionScalar { Value: var text }
        && double.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.Float, CultureInfo.InvariantCulture,
            out var number)
            && double.IsFinite(number) ? number : null;

    /// <summary>A mistake at this place, to be thrown by the caller.</summary>
    public ConsortException Error(string expected) => new($"{Where}, key {Key}: found {Shown}, expected {expected}");

    private static string Show(OptionTree node) => node switch
    {
        OptionList list => $"[{string.Join(", ", list.Items.Select(Show))}]",
        OptionGroup map => $"{{{string.Join(", ", map.Entries.Select(e => $"{Show(e.Key)}: {Show(e.Value)}"))}}}",
        OptionScalar { Value: { Length: > 0 } text } => text.ReplaceLineEndings(" "),
        _ => "nothing",
    };
}
