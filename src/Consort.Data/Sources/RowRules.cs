namespace Consort.Data.Sources;

/// <summary>What the rows of a file must have, by what they are read for.</summary>
/// <param name="LabelRequired">Whether rows without a label are a mistake; otherwise it may be absent or empty.</param>
/// <param name="PassesOver">Whether columns that the schema does not know are passed over; otherwise they are a mistake.</param>
/// <param name="Advice">What the user can do about such a column.</param>
internal sealed record RowRules(bool LabelRequired, bool PassesOver, string Advice)
{
    /// <summary>Rows that an encoder is fitted on: the schema can still be changed.</summary>
    public static RowRules Training { get; } = new(true, false, "give it kind ignored in the schema to pass over it");

    /// <summary>Whether an encoder has been fitted: its schema stays, whatever a schema file says now.</summary>
    public bool IsFitted { get; private init; }

    /// <summary>The end of a message: what mends it, the key of the schema where that can still be changed, else the file.</summary>
    /// <param name="schema">What to do in the schema: <c>set header: true</c>.</param>
    /// <param name="file">What the file should be like: <c>leave out the row of names</c>.</param>
    public string Mend(string schema, string file) => IsFitted ? $"; the run keeps the schema it was trained with: {file}" : $"; {schema}";

    /// <summary>Rows for an encoder that has been fitted, with its schema.</summary>
    public static RowRules Fitted(bool labelRequired, bool passesOver) =>
        new(labelRequired, passesOver,
            "the run keeps the schema it was trained with: expected its columns; others can be passed over where all of its own are there")
        { IsFitted = true };
}
