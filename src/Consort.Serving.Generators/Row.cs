using System.Collections;

namespace Consort.Serving.Generators;

/// <summary>What a property is set by.</summary>
internal enum ValueKind
{
    /// <summary>A text, a flag or a number, by the overload of its type.</summary>
    Plain,

    /// <summary>UTF-8 in an array.</summary>
    Bytes,

    /// <summary>UTF-8 in memory.</summary>
    Memory,

    /// <summary>Several texts.</summary>
    Texts,

    /// <summary>Several numbers.</summary>
    Numbers,
}

/// <summary>A property of a type of rows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Field">The field that an attribute names, or null.</param>
/// <param name="Kind">What it is set by.</param>
/// <param name="Type">Of several numbers that of one, and of a number its own, as written in code.</param>
/// <param name="IsNullable">Whether it is a value that may be absent.</param>
/// <param name="Place">Where it is declared.</param>
internal sealed record Property(string Name, string? Field, ValueKind Kind, string Type, bool IsNullable, Place Place)
{
    public bool IsSeveral => Kind is ValueKind.Texts or ValueKind.Numbers;
}

/// <summary>A type of rows.</summary>
/// <param name="Name">Its own name, for messages.</param>
/// <param name="FullName">As written in code.</param>
/// <param name="Package">The package that it names, or null.</param>
/// <param name="Properties">Those to be read.</param>
/// <param name="Findings">What is wrong with it.</param>
/// <param name="Place">Where it is declared.</param>
internal sealed record Row(string Name, string FullName, string? Package, Items<Property> Properties, Items<Finding> Findings, Place Place);

/// <summary>A list that is compared by what it holds.</summary>
internal readonly struct Items<T>(IReadOnlyList<T> all) : IEquatable<Items<T>>, IEnumerable<T>
{
    private readonly IReadOnlyList<T>? _all = all;

    public int Count => _all?.Count ?? 0;

    public T this[int index] => _all![index];

    public bool Equals(Items<T> other) => this.SequenceEqual(other);

    public override bool Equals(object? obj) => obj is Items<T> other && Equals(other);

    public override int GetHashCode() => this.Aggregate(Count, (hash, item) => unchecked((hash * 31) + (item?.GetHashCode() ?? 0)));

    public IEnumerator<T> GetEnumerator() => (_all ?? []).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
