namespace Consort.Foundation.Tables;

/// <summary>A column of a table: its head, its key for machines, and how its cells stand.</summary>
/// <param name="Head">What people read above it; null where only machines read it.</param>
/// <param name="Format">The .NET format of its numbers, which stand at the right; <see cref="Right"/> for text that stands there too; empty
/// for words at the left.</param>
/// <param name="Key">Its key in JSON; null where only people read it.</param>
public record ResultColumn(string? Head, string Format = "", string? Key = null)
{
    /// <summary>The format of text among numbers: an interval, a time.</summary>
    public const string Right = "@";

    /// <summary>Its head where a table must be narrow; null for the same.</summary>
    public string? ShortHead { get; init; }

    /// <summary>What it holds, in a sentence; empty where the head says it.</summary>
    public string Meaning { get; init; } = "";

    /// <summary>Whether its text may be broken between words.</summary>
    public bool IsProse { get; init; }

    /// <summary>Whether it is left out on a terminal.</summary>
    public bool IsWide { get; init; }

    /// <summary>Whether its cells stand at the right.</summary>
    public bool IsNumber => Format.Length > 0;
}

/// <summary>A column, and what a row has there.</summary>
/// <param name="Head">What people read above it; null where only machines read it.</param>
/// <param name="Value">The cell of a row: for machines as it is, for people by the format.</param>
/// <param name="Format">As in <see cref="ResultColumn"/>.</param>
/// <param name="Key">Its key in JSON; null where only people read it.</param>
public sealed record ResultColumn<T>(string? Head, Func<T, object?> Value, string Format = "",
    string? Key = null) : ResultColumn(Head, Format, Key);
