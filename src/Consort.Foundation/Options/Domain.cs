using System.Globalization;

namespace Consort.Foundation.Options;

/// <summary>What an option holds.</summary>
public enum OptionKind
{
    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A finite number.</summary>
    Number,

    /// <summary>One of several words.</summary>
    Word,

    /// <summary>Any text.</summary>
    Text,

    /// <summary>A list of whole numbers.</summary>
    Integers,

    /// <summary>A list of finite numbers.</summary>
    Numbers,

    /// <summary>A list of texts.</summary>
    Texts,

    /// <summary>Keys and values of its own.</summary>
    Section,
}

/// <summary>The values that an option may have.</summary>
/// <param name="Kind">What they are.</param>
/// <param name="Range">Which they are, as messages and tables say it.</param>
/// <param name="Holds">Whether a value is one of them.</param>
/// <param name="Read">Reads a key, or gives the value that holds where it is absent.</param>
/// <param name="Show">A value as it stands in a file.</param>
public sealed record Domain<T>(OptionKind Kind, string Range, Func<T, bool> Holds, Func<OptionMap, string, T, T> Read,
    Func<T, string> Show)
{
    /// <summary>Where a search for a good value looks unless it is told; null where it leaves the option alone.</summary>
    public SearchRange? Search { get; init; }
}

/// <summary>The usual ones.</summary>
public static class Domain
{
    /// <summary>True or false.</summary>
    public static Domain<bool> Flag { get; } =
        new(OptionKind.Flag, "true, false", _ => true, (map, key, value) => map.Flag(key, value), value => value ? "true" : "false");

    /// <summary>Whole numbers.</summary>
    public static Domain<int> Integer(int min, int max) =>
        new(OptionKind.Integer, Span(min, max), v => v >= min
            && v <= max, (map, key, value) => map.Integer(key, value, min, max), v => Show(v));

    /// <summary>Whole numbers of any size.</summary>
    public static Domain<long> Long(long min, long max) => new(
        OptionKind.Integer, max == long.MaxValue ? $"at least {Show(min)}" : Span(min, max), v => v >= min && v <= max,
        (map, key, value) => map.Long(key, value, min, max), v => Show(v));

    /// <summary>Whole numbers, or none.</summary>
    public static Domain<int?> IntegerOrNone(int min, int max) => new(
        OptionKind.Integer, Span(min, max), v => v is null || (v >= min && v <= max),
        (map, key, value) => map.Has(key) ? map.Integer(key, min, min, max) : value, v => v is { } number ? Show(number) : "-");

    /// <summary>Finite numbers.</summary>
    public static Domain<double> Number(double min, double max) =>
        new(OptionKind.Number, Span(min, max), v => v >= min && v <= max, (map, key, value) => map.Number(key, value, min, max), Show);

    /// <summary>Finite numbers, or none.</summary>
    public static Domain<double?> NumberOrNone(double min, double max) => new(
        OptionKind.Number, Span(min, max), v => v is null || (v >= min && v <= max),
        (map, key, value) => map.Has(key) ? map.Number(key, min, min, max) : value, v => v is { } number ? Show(number) : "-");

    /// <summary>Lists of whole numbers.</summary>
    public static Domain<IReadOnlyList<int>> Integers(int min, int max) => new(
        OptionKind.Integers, $"each {Span(min, max)}", list => list.All(v => v >= min && v <= max),
        (map, key, value) => map.Integers(key, value, min, max), list => List(list.Select(v => Show(v))));

    /// <summary>Lists of finite numbers.</summary>
    public static Domain<IReadOnlyList<double>> Numbers(double min, double max) => new(
        OptionKind.Numbers, $"each {Span(min, max)}", list => list.All(v => v >= min && v <= max),
        (map, key, value) => map.Numbers(key, value, min, max), list => List(list.Select(Show)));

    /// <summary>Any text.</summary>
    /// <param name="range">What it should be.</param>
    public static Domain<string> Text(string range) =>
        new(OptionKind.Text, range, _ => true, (map, key, value) => map.Text(key, value), value => value);

    /// <summary>Any text, or none.</summary>
    /// <param name="range">What it should be.</param>
    public static Domain<string?> TextOrNone(string range) =>
        new(OptionKind.Text, range, _ => true, (map, key, value) => map.TextOrNull(key) ?? value, value => value ?? "-");

    /// <summary>Lists of texts.</summary>
    /// <param name="range">What they should be.</param>
    public static Domain<IReadOnlyList<string>> Texts(string range) =>
        new(OptionKind.Texts, range, _ => true, (map, key, value) => map.Texts(key, value), List);

    /// <summary>Values with names, whose case does not matter.</summary>
    public static Domain<T> Words<T>(params (string Word, T Value)[] words)
    {
        var choices = words.ToDictionary(w => w.Word, w => w.Value, StringComparer.OrdinalIgnoreCase);
        return new Domain<T>(
            OptionKind.Word, string.Join(", ", choices.Keys), choices.ContainsValue,
            (map, key, value) => map.Choice(key, value, choices),
            value => words.FirstOrDefault(w => EqualityComparer<T>.Default.Equals(w.Value, value)).Word ?? "-");
    }

    /// <summary>Values that a map of their own is read to.</summary>
    /// <param name="range">What it should hold.</param>
    /// <param name="read">Reads it, or gives what holds where it is absent.</param>
    /// <param name="show">What it holds, in a line.</param>
    public static Domain<T> Section<T>(string range, Func<OptionMap, string, T, T> read, Func<T, string> show) =>
        new(OptionKind.Section, range, _ => true, read, show);

    /// <summary>A number as it stands in a file: <c>1e-6</c>, <c>0.25</c>, <c>16</c>.</summary>
    public static string Show(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e15
        ? ((long)value).ToString(CultureInfo.InvariantCulture)
        : value.ToString("R", CultureInfo.InvariantCulture).Replace("E-0", "e-", StringComparison.Ordinal).Replace('E', 'e');

    private static string Show(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string List(IEnumerable<string> items) => $"[{string.Join(", ", items)}]";

    private static string Span(double min, double max) =>
        $"{Show(min)} to {(max is 1e6 or 1e9 ? max.ToString("0e0", CultureInfo.InvariantCulture) : Show(max))}";
}
