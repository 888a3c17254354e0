using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Candidates;

/// <summary>How the values of an unused item are drawn.</summary>
public enum ItemDraw
{
    /// <summary>Each item of the log alike.</summary>
    Uniform,

    /// <summary>As often as it occurs in the log.</summary>
    Frequency,
}

/// <summary>Which rows without labels to make of a log.</summary>
/// <param name="Schema">What the log looks like, and what is written: delimited rows.</param>
/// <param name="Sources">The log: training files.</param>
public sealed record CandidateRequest(Schema Schema, IReadOnlyList<string> Sources)
{
    /// <summary>The kinds of sources that are read.</summary>
    public SourceCatalogue Catalogue { get; init; } = SourceCatalogue.BuiltIn;

    /// <summary>Rows a row is given with another item that does not occur in its context.</summary>
    public int Unused { get; init; }

    /// <summary>The fields that make up an item; all of them are replaced together.</summary>
    public IReadOnlyList<string> Items { get; init; } = [];

    /// <summary>The fields that make up a context; none for all but those of the item.</summary>
    public IReadOnlyList<string> Context { get; init; } = [];

    /// <summary>How items are drawn.</summary>
    public ItemDraw Draw { get; init; }

    /// <summary>Rows a row is given with one group of fields taken from another row; the groups take turns.</summary>
    public int Swaps { get; init; }

    /// <summary>Groups of fields that are taken from another row together.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Groups { get; init; } = [];

    /// <summary>Whether candidates are made of every row; else of those with label 1.</summary>
    public bool OfAll { get; init; }

    /// <summary>The share of these rows of which candidates are made, drawn by the seed; above 0, at most 1.</summary>
    public double Share { get; init; } = 1;

    /// <summary>The most rows that are held to take groups from, drawn evenly from the log.</summary>
    public int Donors { get; init; } = 1_000_000;

    /// <summary>What all draws follow from.</summary>
    public ulong Seed { get; init; }

    /// <summary>The places of fields in the schema.</summary>
    internal int[] Places(IEnumerable<string> names) => [.. names.Select(n => Schema.Fields.ToList().FindIndex(f => f.Name == n))];

    /// <summary>The fields that are written: all but the label, and with a header all but those that nobody reads.</summary>
    internal int[] Written => [.. Enumerable.Range(0, Schema.Fields.Count)
        .Where(f => Schema.Fields[f].Kind != FieldKind.Label && !(Schema.Header && !Schema.Fields[f].IsRead))];

    /// <summary>The fields of a context.</summary>
    internal int[] ContextPlaces => Context.Count > 0 ? Places(Context)
        : [.. Written.Where(f => Schema.Fields[f].IsFeature).Except(Places(Items))];

    /// <summary>Checks that it can be done.</summary>
    /// <exception cref="ConsortException">A field that is not there, or a part without its fields.</exception>
    public void Check()
    {
        if (Schema.Format != DataFormat.Delimited)
            throw new ConsortException($"candidates: found format {Words.Of(Schema.Format)}, expected delimited rows");
        if (Unused == 0 && Swaps == 0)
            throw new ConsortException("candidates: expected unused items or swaps, at least one a row");
        if (Unused > 0 != Items.Count > 0)
            throw new ConsortException("candidates: expected a number of unused items and the fields of an item together");
        if (Swaps > 0 != Groups.Count > 0)
            throw new ConsortException("candidates: expected a number of swaps and groups of fields together");
        if (!(Share is > 0 and <= 1))
            throw new ConsortException(FormattableString.Invariant($"candidates: found share {Share}, expected above 0 and at most 1"));
        CheckFields("item", Items);
        CheckFields("context", Context);
        CheckFields("groups", [.. Groups.SelectMany(g => g)]);
        if (Context.Intersect(Items).FirstOrDefault() is { } both)
            throw new ConsortException($"candidates: found {both} in the item and in its context, expected it in one of them");
        if (Unused > 0 && ContextPlaces.Length == 0)
            throw new ConsortException("candidates: found every field in the item, expected some that make up its context");
    }

    private void CheckFields(string what, IReadOnlyList<string> names)
    {
        string[] known = [.. Schema.Fields.Where(f => f.IsFeature).Select(f => f.Name)];
        foreach (var name in names.Except(known))
            throw new ConsortException($"candidates, {what}: found no field \"{name}\"{Foundation.Options.NearestWord.Hint(name, known)}");
        if (names.GroupBy(n => n).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new ConsortException($"candidates, {what}: found {twice.Key} twice, expected it once");
    }
}

/// <summary>What was written.</summary>
/// <param name="Rows">Rows, all together.</param>
/// <param name="Of">Rows of the log of which candidates were made.</param>
/// <param name="Unused">Rows with an unused item.</param>
/// <param name="Swapped">Rows with a group of another row.</param>
/// <param name="Missed">Candidates that could not be made: every item drawn occurs in that context, or every group drawn is the row's
/// own.</param>
/// <param name="Items">Different items of the log; 0 where none were asked for.</param>
public sealed record CandidateSummary(long Rows, long Of, long Unused, long Swapped, long Missed, long Items);
