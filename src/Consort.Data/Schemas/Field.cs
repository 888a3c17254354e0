namespace Consort.Data.Schemas;

/// <summary>One field of the raw data.</summary>
/// <param name="Name">Its name, unique in the schema.</param>
/// <param name="Kind">What it is.</param>
public sealed record Field(string Name, FieldKind Kind)
{
    /// <summary>Texts that mean a missing value; null takes the schema's.</summary>
    public IReadOnlyList<string>? Missing { get; init; }

    /// <summary>Tokens seen fewer times in training are out-of-vocabulary; null takes the schema's.</summary>
    public int? MinCount { get; init; }

    /// <summary>What is done to the value.</summary>
    public Transform Transform { get; init; }

    /// <summary>
    /// What becomes of a number far outside what the training rows hold: below min − 10 w or above max + 10 w, where w is max − min and,
    /// without a transform, at least the largest of 1, |min| and |max|. Of a numeric field that stays a number.
    /// </summary>
    public OutsideRule Outside { get; init; }

    /// <summary>How its tokens are read, of a field of kind list or sequence; null of others.</summary>
    public FieldList? List { get; init; }

    /// <summary>Whether its text is a token, or tokens, with a vocabulary or a hash.</summary>
    internal bool HasTokens => Ages is null && Kind is (FieldKind.Categorical or FieldKind.List or FieldKind.Sequence);

    /// <summary>What it says of the history beside it, of a sequence of times; null of others.</summary>
    public SequenceAges? Ages { get; init; }

    /// <summary>Whether it gives a number rather than tokens.</summary>
    internal bool IsNumber => (Kind == FieldKind.Numeric && !Transform.MakesTokens)
        || (Kind == FieldKind.Lookup && Result == LookupResult.Number);

    /// <summary>Whether a categorical field also says what rows belong together, as one of kind group does, but stays a feature.</summary>
    public bool IsGroup { get; init; }

    /// <summary>Whether it says what rows belong together.</summary>
    public bool MarksGroups => IsGroup || Kind == FieldKind.Group;

    /// <summary>Whether it is made of other columns and has no cell of its own.</summary>
    public bool IsGenerated => Kind is FieldKind.Cross or FieldKind.Lookup;

    /// <summary>The columns whose tokens a cross pairs, two or more; empty of others.</summary>
    public IReadOnlyList<string> Of { get; init; } = [];

    /// <summary>The column whose token a look-up looks for; null of others.</summary>
    public string? Key { get; init; }

    /// <summary>The list that it looks in, which shares the key's vocabulary; null of others.</summary>
    public string? In { get; init; }

    /// <summary>What a look-up gives.</summary>
    public LookupResult Result { get; init; }

    /// <summary>
    /// The field whose vocabulary it shares: tokens of both are counted together and have the same ids; null for one of its own.
    /// </summary>
    public string? Share { get; init; }

    /// <summary>
    /// Columns made from a time; empty for a field that is used as it is. Those of <see cref="FieldKind.Time"/> are named
    /// <c>FIELD_PART</c>, those of a categorical time by the part alone.
    /// </summary>
    public IReadOnlyList<TimePart> Derive { get; init; } = [];

    /// <summary>How the times of <see cref="FieldKind.Time"/>, or of a sequence of times, are written.</summary>
    public TimeFormat Format { get; init; }

    /// <summary>How the times of a field that derives from one are written: of a categorical one as YYMMDDHH.</summary>
    internal TimeFormat WrittenAs => Kind == FieldKind.Time || Ages is not null ? Format : TimeFormat.Yymmddhh;

    /// <summary>What is added to UTC before hour, day and the like are read off a time; whole minutes.</summary>
    public TimeSpan Zone { get; init; }

    /// <summary>The field that <see cref="TimePart.Age"/> is counted from; null without it.</summary>
    public string? Since { get; init; }

    /// <summary>Label texts and the label (0 or 1) each stands for; empty takes the format's own.</summary>
    public IReadOnlyDictionary<string, int> Values { get; init; } = new Dictionary<string, int>();

    /// <summary>The names of the columns it gives after encoding.</summary>
    public IReadOnlyList<string> Columns =>
        Derive.Count > 0 ? [.. Derive.Select(part => Kind == FieldKind.Time ? $"{Name}_{Words.Of(part)}" : Words.Of(part))]
        : IsFeature && Kind != FieldKind.Time ? [Name]
        : [];

    /// <summary>Those of them that hold tokens.</summary>
    public IReadOnlyList<string> TokenColumns =>
        IsNumber ? [] : [.. Columns.Where((_, i) => Derive.Count == 0 || Derive[i] != TimePart.Age)];

    /// <summary>Whether models may see what it says: it gives columns, or another field counts from it.</summary>
    internal bool IsFeature => Kind is not (FieldKind.Label or FieldKind.Ignored or FieldKind.Weight or FieldKind.Group or FieldKind.Id);

    /// <summary>Whether it says something that rows of libsvm and libffm cannot.</summary>
    internal bool NeedsCells =>
        Kind is FieldKind.Time or FieldKind.Boolean || (!IsFeature && Kind is not (FieldKind.Label or FieldKind.Ignored));

    /// <summary>Whether its cells are looked at while rows are encoded.</summary>
    internal bool IsRead => Kind is not (FieldKind.Ignored or FieldKind.Id);
}
