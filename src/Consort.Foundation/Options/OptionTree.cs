using System.Globalization;

namespace Consort.Foundation.Options;

/// <summary>
/// A value of an option file, immutable: a text, a list, or keys with values, each with the line it stands in. A path names what is below:
/// <c>training.batch_size</c>, <c>members[0].dropout</c>, <c>phases[independent].epochs</c> (the item of that name), <c>phases[*].from</c>
/// (of each). Keys with dots or brackets stand in double quotes. Trees are equal where all values are, whatever their lines, order and
/// notation.
/// </summary>
public abstract class OptionTree : IEquatable<OptionTree>
{
    private protected OptionTree(string source, long line) => (Source, Line) = (source, line);

    /// <summary>The file or other origin named in messages.</summary>
    public string Source { get; }

    /// <summary>The line, from 1; of what was put in by <see cref="With"/>, that of what it was put into.</summary>
    public long Line { get; }

    /// <summary>Whether it stands for no value: nothing, <c>~</c> or <c>null</c>.</summary>
    public virtual bool IsNone => false;

    /// <summary>What it is, for messages.</summary>
    internal abstract string Kind { get; }

    /// <summary>A text.</summary>
    public static implicit operator OptionTree(string text) => new OptionScalar(text);

    /// <summary>A whole number.</summary>
    public static implicit operator OptionTree(long number) => new OptionScalar(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>A number.</summary>
    public static implicit operator OptionTree(double number) => new OptionScalar(number.ToString(CultureInfo.InvariantCulture));

    /// <summary>A flag.</summary>
    public static implicit operator OptionTree(bool flag) => new OptionScalar(flag ? "true" : "false");

    /// <summary>A text in double quotes: never a number, a flag or nothing.</summary>
    public static OptionTree Quoted(string text) => new OptionScalar(text) { Style = TextStyle.Double };

    /// <summary>A list in one line.</summary>
    public static OptionTree List(params IEnumerable<OptionTree> items) => new OptionList([.. items]) { IsInline = true };

    /// <summary>A list in one line.</summary>
    public static OptionTree List(IEnumerable<string> items) => List(items.Select(i => (OptionTree)i));

    /// <summary>A list with an item a line.</summary>
    public static OptionTree Lines(IEnumerable<OptionTree> items) => new OptionList([.. items]);

    /// <summary>Keys with values.</summary>
    public static OptionTree Keys(params IEnumerable<(string Key, OptionTree Value)> entries) =>
        new OptionGroup([.. entries.Select(e => new OptionEntry(e.Key, 1, e.Value))]);

    /// <summary>The value at a path.</summary>
    /// <exception cref="ConsortException">There is none; the message names the nearest.</exception>
    public OptionTree this[string path] => Find(path) ?? throw Unknown(path);

    /// <summary>The value at a path, or null where there is none.</summary>
    public OptionTree? Find(string path)
    {
        var tree = this;
        foreach (var step in OptionPath.Split(path))
            tree = tree?.Below(step);
        return tree is null or { IsNone: true } ? null : tree;
    }

    /// <summary>The text at a path, or null where there is none.</summary>
    public string? TextAt(string path) => (Find(path) as OptionScalar)?.Value;

    /// <summary>The number at a path, or null where there is none.</summary>
    /// <exception cref="ConsortException">What is there is no number.</exception>
    public double? NumberAt(string path) => Find(path)?.Number;

    /// <summary>The number it is.</summary>
    /// <exception cref="ConsortException">It is none.</exception>
    public double Number => this is OptionScalar { Value: var text }
        && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number : throw new ConsortException($"{Where}: found {this}, expected a number");

    /// <summary>The items of the list at a path; none where there is no list.</summary>
    public IReadOnlyList<OptionTree> ItemsAt(string path) => (Find(path) as OptionList)?.Items ?? [];

    /// <summary>This tree with another value at a path; keys on the way that are missing are made.</summary>
    /// <exception cref="ConsortException">The way leads into a text, or to an item that is not there.</exception>
    public OptionTree With(string path, OptionTree value) => Edit(OptionPath.Split(path), _ => value, isMaking: true)!;

    /// <summary>This tree without what stands at these paths, as far as it is there.</summary>
    public OptionTree Without(params ReadOnlySpan<string> paths)
    {
        var tree = this;
        foreach (var path in paths)
            tree = tree.Edit(OptionPath.Split(path), _ => null, isMaking: false) ?? new OptionGroup([], Source, Line);
        return tree;
    }

    /// <summary>This tree with what stands at a path, where it is there, turned into something else.</summary>
    public OptionTree Change(string path, Func<OptionTree, OptionTree> change) =>
        Edit(OptionPath.Split(path), t => t!.IsNone ? t : change(t), isMaking: false)!;

    /// <summary>All texts, and lists of texts as one, with the steps that lead to them: keys, <c>[name]</c> or <c>[0]</c>.</summary>
    public IEnumerable<(string[] Steps, OptionTree Value)> Leaves() => Leaves([]);

    /// <summary>What differs from an older tree.</summary>
    public IReadOnlyList<OptionDifference> Differences(OptionTree older)
    {
        var (before, now) = (older.ByPath(), ByPath());
        return [.. before.Keys.Union(now.Keys).Where(path => !Equals(Value(before, path), Value(now, path)))
            .Select(path => new OptionDifference(now.TryGetValue(path, out var leaf) ? leaf.Steps : before[path].Steps, Value(before, path),
                Value(now, path)))];

        static OptionTree? Value(Dictionary<string, (string[] Steps, OptionTree Value)> leaves, string path) =>
            leaves.TryGetValue(path, out var leaf) ? leaf.Value : null;
    }

    /// <summary>The value in one line, numbers and flags in one notation: <c>[400, 0.01, true]</c>.</summary>
    public abstract override string ToString();

    /// <inheritdoc/>
    public abstract bool Equals(OptionTree? other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as OptionTree);

    /// <inheritdoc/>
    public abstract override int GetHashCode();

    /// <summary>What one step leads to, or null.</summary>
    internal virtual OptionTree? Below(string step) => null;

    /// <summary>The words that a step could have been.</summary>
    internal virtual IEnumerable<string> Steps => [];

    /// <summary>The tree with something else at the end of the steps; null where that leaves nothing here.</summary>
    /// <param name="steps">The way.</param>
    /// <param name="change">Given what is there or null, gives what is to be there, or null for nothing.</param>
    /// <param name="isMaking">Whether what is missing on the way is made.</param>
    internal OptionTree? Edit(ReadOnlySpan<string> steps, Func<OptionTree?, OptionTree?> change, bool isMaking) =>
        steps.IsEmpty ? change(this) : EditBelow(steps[0], steps[1..], change, isMaking);

    private protected virtual OptionTree EditBelow(string step, ReadOnlySpan<string> rest, Func<OptionTree?, OptionTree?> change,
        bool isMaking) =>
            isMaking ? throw new ConsortException($"{Where}, key {step}: found a {Kind} above it, expected keys and values") : this;

    private protected virtual IEnumerable<(string[] Steps, OptionTree Value)> Leaves(string[] steps) => [(steps, this)];

    private protected static IEnumerable<(string[] Steps, OptionTree Value)> LeavesOf(OptionTree tree, string[] steps) =>
        tree.Leaves(steps);

    private protected string Where => string.Create(CultureInfo.InvariantCulture, $"{Source}:{Line}");

    private Dictionary<string, (string[] Steps, OptionTree Value)> ByPath()
    {
        var leaves = new Dictionary<string, (string[], OptionTree)>(StringComparer.Ordinal);
        foreach (var leaf in Leaves())
            leaves[OptionPath.Join(leaf.Steps)] = leaf;
        return leaves;
    }

    private ConsortException Unknown(string path)
    {
        var (tree, steps) = (this, OptionPath.Split(path));
        var at = 0;
        while (tree.Below(steps[at]) is { IsNone: false } below && at + 1 < steps.Length)
            (tree, at) = (below, at + 1);
        return new ConsortException($"{tree.Where}: found no {OptionPath.Join(steps.AsSpan(0, at + 1))}{NearestWord.Hint(steps[at], tree.Steps)}");
    }
}
