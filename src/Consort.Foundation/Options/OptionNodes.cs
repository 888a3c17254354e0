using System.Globalization;

namespace Consort.Foundation.Options;

/// <summary>How a text stands in YAML.</summary>
internal enum TextStyle
{
    /// <summary>As it needs.</summary>
    Any,

    /// <summary>Without quotes.</summary>
    Plain,

    /// <summary>In single quotes.</summary>
    Single,

    /// <summary>In double quotes.</summary>
    Double,

    /// <summary>Lines below a bar.</summary>
    Literal,

    /// <summary>Lines below an angle bracket.</summary>
    Folded,
}

/// <summary>A text, a number or a flag.</summary>
public sealed class OptionScalar : OptionTree
{
    internal OptionScalar(string text, string source = "", long line = 1) : base(source, line) => Value = text;

    /// <summary>A text of a file.</summary>
    /// <exception cref="ConsortException">It holds what is no character.</exception>
    internal static OptionScalar Read(string text, string source, long line, TextStyle style)
    {
        ConsortException Error(string message) =>
            new(string.Create(CultureInfo.InvariantCulture, $"{source}:{Math.Max(line, 1)}: {message}"));

        if (text.Contains('\0', StringComparison.Ordinal))
            throw Error("found a text with a NUL character, expected one without");
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i])) continue;
            if (i + 1 == text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                throw Error("found half a surrogate pair, expected whole characters");
            i++;
        }

        return new OptionScalar(text, source, line) { Style = style };
    }

    /// <summary>The text as it was read.</summary>
    public string Value { get; }

    /// <inheritdoc/>
    public override bool IsNone => Style == TextStyle.Plain && Value is "" or "~" or "null";

    /// <summary>Whether it was read in quotes, or as a block of lines.</summary>
    public bool IsQuoted => Style > TextStyle.Plain;

    internal TextStyle Style { get; init; }

    internal override string Kind => "single value";

    /// <inheritdoc/>
    public override bool Equals(OptionTree? other) =>
        other is OptionScalar scalar && (Value == scalar.Value || ToString() == scalar.ToString());

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The text in the notation that equality goes by: 1e-2 is 0.01, and yes is true.</summary>
    public override string ToString() => Value switch
    {
        "True" or "yes" or "on" => "true",
        "False" or "no" or "off" => "false",
        _ when !long.TryParse(Value, CultureInfo.InvariantCulture, out _)
            && double.TryParse(Value, CultureInfo.InvariantCulture, out var number) => number.ToString("R", CultureInfo.InvariantCulture),
        _ => Value,
    };
}

/// <summary>A list.</summary>
public sealed class OptionList : OptionTree
{
    internal OptionList(IReadOnlyList<OptionTree> items, string source = "", long line = 1) : base(source, line) => Items = items;

    /// <summary>Its items.</summary>
    public IReadOnlyList<OptionTree> Items { get; }

    /// <summary>Whether Python's reader would make a tuple of it, by the tag <c>!!python/tuple</c>.</summary>
    public bool IsTuple { get; internal init; }

    /// <summary>Whether it stands in brackets.</summary>
    internal bool IsInline { get; init; }

    internal override string Kind => "list";

    internal override IEnumerable<string> Steps => Items.Select(StepOf);

    /// <inheritdoc/>
    public override bool Equals(OptionTree? other) => other is OptionList list && Items.SequenceEqual(list.Items);

    /// <inheritdoc/>
    public override int GetHashCode() => Items.Aggregate(Items.Count, HashCode.Combine);

    /// <inheritdoc/>
    public override string ToString() => $"[{string.Join(", ", Items)}]";

    internal override OptionTree? Below(string step) => Items.Where((item, i) => IsAt(step, item, i)).FirstOrDefault();

    private protected override OptionTree EditBelow(string step, ReadOnlySpan<string> rest,
        Func<OptionTree?, OptionTree?> change, bool isMaking)
    {
        var (items, isFound) = (new List<OptionTree?>(), false);
        for (var i = 0; i < Items.Count; i++)
        {
            var isIt = IsAt(step, Items[i], i);
            isFound |= isIt;
            items.Add(isIt ? Items[i].Edit(rest, change, isMaking) : Items[i]);
        }

        if (isMaking && !isFound)
            throw new ConsortException($"{Where}: found no item {step} among {Items.Count}{NearestWord.Hint(step, Steps)}");
        return isFound ? new OptionList([.. items.OfType<OptionTree>()], Source, Line) { IsInline = IsInline } : this;
    }

    private protected override IEnumerable<(string[] Steps, OptionTree Value)> Leaves(string[] steps) =>
        Items.Any(i => i is OptionGroup) ? Items.SelectMany((item, i) => LeavesOf(item, [.. steps, StepOf(item, i)])) : [(steps, this)];

    // Digits are a place, whatever an item is called.
    private static bool IsAt(string step, OptionTree item, int index) =>
        step == "[*]" || (char.IsAsciiDigit(step[1])
            && int.TryParse(step[1..^1], CultureInfo.InvariantCulture, out var at) ? at == index : step == StepOf(item, index));

    private static string StepOf(OptionTree item, int index) =>
        item is OptionGroup group && group.TextAt("name") is { } name ? $"[{name}]" : Place(index);

    private static string Place(int index) => string.Create(CultureInfo.InvariantCulture, $"[{index}]");
}

/// <summary>A key and its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Line">The line it stands in.</param>
/// <param name="Value">The value.</param>
public sealed record OptionEntry(string Key, long Line, OptionTree Value);

/// <summary>Keys with values, each key once.</summary>
public sealed class OptionGroup : OptionTree
{
    internal OptionGroup(IReadOnlyList<OptionEntry> entries, string source = "", long line = 1) : base(source, line) => Entries = entries;

    /// <summary>Keys and values in their order.</summary>
    public IReadOnlyList<OptionEntry> Entries { get; }

    /// <summary>Whether it stands in braces.</summary>
    internal bool IsInline { get; init; }

    internal override string Kind => "mapping";

    internal override IEnumerable<string> Steps => Entries.Select(e => e.Key);

    /// <inheritdoc/>
    public override bool Equals(OptionTree? other) => other is OptionGroup group && group.Entries.Count == Entries.Count
        && group.Entries.ToDictionary(e => e.Key, e => e.Value, StringComparer.Ordinal) is var others
        && Entries.All(e => others.TryGetValue(e.Key, out var value) && value.Equals(e.Value));

    /// <inheritdoc/>
    public override int GetHashCode() => Entries.Aggregate(0, (sum, e) => sum + HashCode.Combine(e.Key, e.Value));

    /// <inheritdoc/>
    public override string ToString() => $"{{{string.Join(", ", Entries.Select(e => $"{e.Key}: {e.Value}"))}}}";

    internal override OptionTree? Below(string step) => Entries.FirstOrDefault(e => e.Key == step)?.Value;

    private protected override OptionTree EditBelow(string step, ReadOnlySpan<string> rest,
        Func<OptionTree?, OptionTree?> change, bool isMaking)
    {
        var before = Below(step);
        if (before is null && !isMaking)
            return this;
        // Nothing and ~ stand for keys that are still to come.
        var start = before is null or { IsNone: true } && isMaking && !rest.IsEmpty ? new OptionGroup([], Source, Line) : before;
        var after = start is null ? change(null) : start.Edit(rest, change, isMaking);
        // What has no line of its own is said to stand here.
        if (after is OptionScalar { Source: "" } scalar)
            after = new OptionScalar(scalar.Value, Source, Line) { Style = scalar.Style };
        var entries = Entries.Select(e => e.Key != step ? e : after is null ? null : e with { Value = after }).OfType<OptionEntry>();
        return new OptionGroup([.. before is null && after is not null ? entries.Append(new OptionEntry(step, Line, after)) : entries],
            Source, Line)
        { IsInline = IsInline };
    }

    private protected override IEnumerable<(string[] Steps, OptionTree Value)> Leaves(string[] steps) =>
        Entries.SelectMany(e => LeavesOf(e.Value, [.. steps, e.Key]));
}
