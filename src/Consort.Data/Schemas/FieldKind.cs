namespace Consort.Data.Schemas;

/// <summary>What a field of the raw data is.</summary>
public enum FieldKind
{
    /// <summary>Its text is a token; the column has a vocabulary.</summary>
    Categorical,

    /// <summary>A number.</summary>
    Numeric,

    /// <summary>Whether the impression was clicked.</summary>
    Label,

    /// <summary>Not used.</summary>
    Ignored,

    /// <summary>Several tokens, whose order means nothing.</summary>
    List,

    /// <summary>Several tokens in their order, such as what a user did before.</summary>
    Sequence,

    /// <summary>A moment, of which columns are made; by itself it is none.</summary>
    Time,

    /// <summary>Yes or no: true, t, yes, y, 1 and false, f, no, n, 0, in capital letters or small ones.</summary>
    Boolean,

    /// <summary>How much the row counts: a finite number of at least 0.</summary>
    Weight,

    /// <summary>What rows belong to, such as a user or a session: for group AUC and intervals, no feature.</summary>
    Group,

    /// <summary>What a row is called: kept beside predictions, not read.</summary>
    Id,

    /// <summary>Generated: the pair, or more, of the tokens that other columns have in the row.</summary>
    Cross,

    /// <summary>Generated: what a list of the row says of a token that another column has.</summary>
    Lookup,
}

/// <summary>What a <see cref="FieldKind.Lookup"/> gives.</summary>
public enum LookupResult
{
    /// <summary>The token's weight, where it stands several times their sum; 1 a time where tokens have no weights, and 0 where it does not
    /// stand.</summary>
    Number,

    /// <summary>Whether it stands there.</summary>
    Token,
}

/// <summary>What is done to a field's value before a model sees it.</summary>
public enum TransformKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Whole numbers x > 2 become floor(ln(x)²), others stay; the result is a token (Criteo).</summary>
    Log2Buckets,

    /// <summary>The number's bucket among n with equal shares of the training rows; the result is a token.</summary>
    QuantileBuckets,

    /// <summary>(x − mean) / sd over the training rows.</summary>
    Standardise,

    /// <summary>(x − min) / (max − min) over the training rows, held within 0 to 1.</summary>
    MinMax,

    /// <summary>The token's hash modulo n, without a vocabulary.</summary>
    Hash,

    /// <summary>
    /// A vector that runs along straight lines between those of at most n + 1 knots, which part the training rows into n equal shares
    /// (Gorishniy et al. 2022).
    /// </summary>
    Piecewise,
}

/// <summary>A transform with its count.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Count">n of <see cref="TransformKind.QuantileBuckets"/> and <see cref="TransformKind.Piecewise"/> (2 to 65,536) and
/// <see cref="TransformKind.Hash"/> (1 to 100,000,000), otherwise 0.</param>
public readonly record struct Transform(TransformKind Kind, int Count = 0)
{
    /// <summary>Whether a numeric field becomes a column of ids.</summary>
    public bool MakesTokens => Kind is TransformKind.Log2Buckets or TransformKind.QuantileBuckets or TransformKind.Piecewise;

    /// <summary>Whether its word needs a count behind it.</summary>
    internal bool IsCounted => Kind is TransformKind.QuantileBuckets or TransformKind.Piecewise or TransformKind.Hash;
}

/// <summary>What becomes of a number far outside what the training rows hold. What is far: <see cref="Field.Outside"/>.</summary>
public enum OutsideRule
{
    /// <summary>It is taken for the nearest number that is not far.</summary>
    Clip,

    /// <summary>It is a mistake in the data.</summary>
    Error,

    /// <summary>It stays as it is.</summary>
    Keep,
}

/// <summary>A column made from a time.</summary>
public enum TimePart
{
    /// <summary>Hour of the day, 0 to 23.</summary>
    Hour,

    /// <summary>Day of the week, 0 (Monday) to 6.</summary>
    Weekday,

    /// <summary>1 on Saturday and Sunday, otherwise 0.</summary>
    Weekend,

    /// <summary>Day of the month, 1 to 31.</summary>
    Day,

    /// <summary>Month, 1 to 12.</summary>
    Month,

    /// <summary>Days since another time, a number.</summary>
    Age,
}

/// <summary>How a time is written.</summary>
public enum TimeFormat
{
    /// <summary>As the training rows show; the fitted schema says what that was.</summary>
    Auto,

    /// <summary>ISO 8601: <c>2026-11-01T13:05:07.5+01:00</c>, also with a space for the T, shorter, or without a zone: UTC.</summary>
    Iso,

    /// <summary>Seconds since 1970.</summary>
    UnixS,

    /// <summary>Milliseconds since 1970.</summary>
    UnixMs,

    /// <summary>Microseconds since 1970.</summary>
    UnixUs,

    /// <summary>Nanoseconds since 1970.</summary>
    UnixNs,

    /// <summary>Year, month, day and hour, two digits each; the year is of this century.</summary>
    Yymmddhh,
}

/// <summary>How rows are written.</summary>
public enum DataFormat
{
    /// <summary>Cells between delimiters.</summary>
    Delimited,

    /// <summary><c>label index:value …</c></summary>
    Libsvm,

    /// <summary><c>label field:index:value …</c></summary>
    Libffm,
}

/// <summary>What a numeric field is where a libsvm or libffm row does not name it.</summary>
public enum AbsentRule
{
    /// <summary>0, as these formats mean it.</summary>
    Zero,

    /// <summary>Missing.</summary>
    Missing,
}

/// <summary>What the pairs of a libsvm row mean.</summary>
public enum PairMeaning
{
    /// <summary>The index names the field, the value is its content.</summary>
    Indexed,

    /// <summary>
    /// The n-th pair belongs to the n-th field; the index is a categorical field's token, the value a numeric field's number.
    /// </summary>
    Positional,
}
