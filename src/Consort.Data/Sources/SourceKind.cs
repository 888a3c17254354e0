using Consort.Foundation.Options;

namespace Consort.Data.Sources;

/// <summary>A column that a source has, whatever a schema says of it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">What its values are: <c>numbers</c>, <c>text</c>, <c>yes or no</c>, <c>dates</c>, <c>times</c>, <c>timestamps</c>,
/// or what it is that cannot be read as one value a row.</param>
/// <param name="IsList">Whether a row has any number of such values.</param>
/// <param name="IsReadable">Whether they can be read: one value a row, or a list of such.</param>
public sealed record SourceColumn(string Name, string Type, bool IsList = false, bool IsReadable = true);

/// <summary>A kind of source that is no text, such as Parquet. A package has one, or more; see <see cref="SourceCatalogue"/>.</summary>
public sealed class SourceKind
{
    /// <param name="name">Its name in results: <c>parquet</c>.</param>
    /// <param name="open">Opens one; nothing is read before its first block.</param>
    /// <param name="columns">The columns of a place, before there is a schema.</param>
    internal SourceKind(string name, Func<SourceRequest, IRowSource> open, Func<string, IReadOnlyList<SourceColumn>> columns) =>
        (Name, Open, Columns) = (name, open, columns);

    /// <summary>Its name in results.</summary>
    public string Name { get; }

    /// <summary>The words with a colon that its places begin with, and by which the keys of a file name it; none for files.</summary>
    public IReadOnlyList<string> Words { get; internal init; } = [];

    internal Func<SourceRequest, IRowSource> Open { get; }

    internal Func<string, IReadOnlyList<SourceColumn>> Columns { get; }

    /// <summary>The only place of its kind; null for all that begin with one of its words.</summary>
    internal string? Place { get; init; }

    /// <summary>Whether a file is of this kind, by its first bytes; null where it is none of files.</summary>
    internal Func<byte[], bool>? IsFile { get; init; }

    /// <summary>A place in full, where relative names in it start from a folder; null where its places are files.</summary>
    internal Func<string, string, string>? Resolve { get; init; }

    /// <summary>The way back: a place whose names start from a folder, where they are near it; null where its places are files.</summary>
    internal Func<string, string, string>? Relate { get; init; }

    /// <summary>The place that keys of a file name, where relative names start from a folder; the caller closes the map.</summary>
    internal Func<OptionMap, string, string>? Read { get; init; }
}
