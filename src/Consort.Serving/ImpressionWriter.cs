using System.Runtime.CompilerServices;

namespace Consort.Serving;

/// <summary>A property of a type of rows.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Field">The field that <see cref="ImpressionFieldAttribute"/> names; null where its own name counts.</param>
/// <param name="IsSeveral">Whether it holds several values, which only a list takes.</param>
/// <param name="Mistake">Why its type cannot be read; null where it can.</param>
public readonly record struct RowProperty(string Name, string? Field = null, bool IsSeveral = false, string? Mistake = null);

/// <summary>The writers that were generated.</summary>
public static class ImpressionWriters
{
    /// <summary>Has rows of a type written by this; what is generated calls it when its module is loaded.</summary>
    public static void Use<T>(ImpressionWriter<T> writer) => ImpressionWriter<T>.Generated = writer;
}

/// <summary>Writes rows of a type into impressions. Generated for types with <see cref="ImpressionRowAttribute"/>.</summary>
/// <typeparam name="T">The type of rows.</typeparam>
public abstract class ImpressionWriter<T>
{
    /// <summary>A writer of these properties.</summary>
    protected ImpressionWriter(params IReadOnlyList<RowProperty> properties) => Properties = properties;

    internal static ImpressionWriter<T>? Generated { get; set; }

    /// <summary>What rows have, but for what is passed over.</summary>
    public IReadOnlyList<RowProperty> Properties { get; }

    /// <summary>Sets the fields that a row gives; the others stay.</summary>
    /// <param name="row">The row.</param>
    /// <param name="fields">The field of each of <see cref="Properties"/>; −1 of one that the model does not read.</param>
    /// <param name="impression">Where to.</param>
    /// <exception cref="ConsortException">A value is not what its field expects.</exception>
    public abstract void Write(T row, ReadOnlySpan<int> fields, ImpressionRow impression);

    /// <summary>The generated writer, or else one by reflection.</summary>
    internal static ImpressionWriter<T> Find()
    {
        // The type may be known before any code of its assembly has run.
        RuntimeHelpers.RunModuleConstructor(typeof(T).Module.ModuleHandle);
        if (Generated is { } generated)
            return generated;
        return RowsByReflection.IsSupported
            ? new ReflectedWriter<T>()
            : throw new ConsortException($"{typeof(T).Name}: found no generated reader of its rows, expected [ImpressionRow] on the type: this app is trimmed or compiled ahead of time, where types cannot be looked into");
    }
}
