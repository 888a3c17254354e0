using Consort.Data.Schemas;

namespace Consort.Data.Encoders;

/// <summary>
/// What a fitted column makes of its field's raw value, told so that other formats can write it down. A missing value gives the id Offset,
/// or 0 in a numeric column.
/// </summary>
/// <param name="Name">The column.</param>
/// <param name="Field">The field that it reads.</param>
/// <param name="Offset">The first global id; 0 of a numeric column.</param>
/// <param name="Size">The number of ids; 0 of a numeric column.</param>
/// <param name="Missing">Texts that mean a missing value.</param>
public abstract record FittedColumn(string Name, Field Field, int Offset, int Size, IReadOnlyList<string> Missing)
{
    /// <summary>Whether a field that is not given is 0, as in libsvm and libffm rows, rather than missing.</summary>
    public bool AbsentIsZero { get; init; }

    /// <summary>The columns of an encoder: the categorical ones in the order of the ids, then the numeric ones.</summary>
    public static IReadOnlyList<FittedColumn> Of(Encoder encoder) =>
        [.. encoder.Columns.Select(column => Of(encoder.Schema, column)
            with { AbsentIsZero = encoder.Schema.AbsentIsZero(encoder.Schema.FieldAt(column.Field)) })];

    private static FittedColumn Of(Schema schema, ColumnEncoder column)
    {
        var field = schema.FieldAt(column.Field);
        var missing = field.Missing ?? schema.Missing;
        return column switch
        {
            SequenceAgeColumn ages => new FittedStepAges(ages.Name, field, ages.Offset, ages.Size, missing, ages.Shape,
                schema.Fields[ages.Beside], schema.Fields[ages.Beside].Missing ?? schema.Missing),
            ListColumn list => new FittedList(Of(schema, list.Tokens), list.Shape, field.List!),
            CodeColumn<TimeCode> time => new FittedTime(
                time.Name, field, time.Offset, time.Size, missing, field.Derive[field.Columns.ToList().IndexOf(time.Name)],
                [.. Enumerable.Range(0, TimeCode.Values).Select(v => time.IdOf(v))]),
            CrossColumn cross => new FittedCross(cross.Name, field, cross.Offset, cross.Size,
                [.. cross.Key.Parts.Select(p => (p.Place, p.Column.Offset, p.Column.Size))], cross.Vocabulary),
            CrossHashColumn cross => new FittedHash(cross.Name, field, cross.Offset, cross.Size, []),
            LookupToken lookup => new FittedLookup(
                lookup.Name, field, lookup.Offset, lookup.Size, lookup.Key.KeyPlace, lookup.Key.ListPlace, null),
            LookupNumber lookup => new FittedLookup(
                lookup.Name, field, 0, 0, lookup.Key.KeyPlace, lookup.Key.ListPlace, Of(lookup, field, [])),
            PiecewiseColumn piecewise => new FittedPiecewise(
                piecewise.Name, field, piecewise.Offset, piecewise.Size, missing, piecewise.Knots),
            TokenColumn token => new FittedTokens(token.Name, field, token.Offset, token.Size, missing, token.Vocabulary),
            BooleanColumn boolean => new FittedBoolean(boolean.Name, field, boolean.Offset, missing),
            AgeColumn age => new FittedAge(age.Name, field, schema.Fields[age.Beside],
                schema.Fields[age.Beside].Missing ?? schema.Missing,
                Of((NumberColumn)age, field, missing)),
            QuantileColumn quantile => new FittedQuantiles(quantile.Name, field, quantile.Offset, quantile.Size, missing,
                quantile.Boundaries),
            HashColumn hash => new FittedHash(hash.Name, field, hash.Offset, hash.Size, missing),
            NumberColumn number => Of(number, field, missing),
            _ => throw new InvalidOperationException($"column {column.Name} has no description"),
        };
    }

    private static FittedNumber Of(NumberColumn number, Field field, IReadOnlyList<string> missing) =>
        new(number.Name, field, missing, number.Shift, number.Scale, field.Transform.Kind == TransformKind.MinMax, number.Low, number.High);
}

/// <summary>
/// Tokens of a vocabulary: token i gives the id Offset + 2 + i, another one Offset + 1. The token of a field whose transform is
/// <see cref="TransformKind.Log2Buckets"/> is the bucket's number as text.
/// </summary>
public sealed record FittedTokens : FittedColumn
{
    private readonly Vocabulary _vocabulary;

    internal FittedTokens(string name, Field field, int offset, int size, IReadOnlyList<string> missing, Vocabulary vocabulary)
        : base(name, field, offset, size, missing) => _vocabulary = vocabulary;

    /// <summary>The number of tokens.</summary>
    public int Count => _vocabulary.Count;

    /// <summary>A token in UTF-8, or whatever bytes the raw data had.</summary>
    public ReadOnlySpan<byte> Token(int index) => _vocabulary.Token(index);
}

/// <summary>
/// A part of a time, which is written as the field says: of a categorical field YYMMDDHH. The field's zone is added before.
/// </summary>
/// <param name="Name">The column.</param>
/// <param name="Field">The field that it reads.</param>
/// <param name="Offset">The first global id.</param>
/// <param name="Size">The number of ids.</param>
/// <param name="Missing">Texts that mean a missing value.</param>
/// <param name="Part">Which part.</param>
/// <param name="Ids">The id of each value of the part, from 0 to 31.</param>
public sealed record FittedTime(
    string Name, Field Field, int Offset, int Size, IReadOnlyList<string> Missing, TimePart Part, IReadOnlyList<int> Ids)
    : FittedColumn(Name, Field, Offset, Size, Missing);

/// <summary>Yes or no: no gives the id Offset + 2, yes Offset + 3. Texts are read as <see cref="FieldKind.Boolean"/> says.</summary>
/// <param name="Name">The column.</param>
/// <param name="Field">The field that it reads.</param>
/// <param name="Offset">The first global id.</param>
/// <param name="Missing">Texts that mean a missing value.</param>
public sealed record FittedBoolean(string Name, Field Field, int Offset, IReadOnlyList<string> Missing)
    : FittedColumn(Name, Field, Offset, 4, Missing);

/// <summary>The days from one time to another; 0 where either is missing.</summary>
/// <param name="Name">The column.</param>
/// <param name="Field">The field of the later time.</param>
/// <param name="Since">The field of the other.</param>
/// <param name="SinceMissing">Texts that mean a missing value there.</param>
/// <param name="Days">What is made of that number.</param>
public sealed record FittedAge(string Name, Field Field, Field Since, IReadOnlyList<string> SinceMissing, FittedNumber Days)
    : FittedColumn(Name, Field, 0, 0, Days.Missing);

/// <summary>Buckets of a number: the id is Offset + 2 + how many boundaries are below it.</summary>
/// <param name="Name">The column.</param>
/// <param name="Field">The field that it reads.</param>
/// <param name="Offset">The first global id.</param>
/// <param name="Size">The number of ids.</param>
/// <param name="Missing">Texts that mean a missing value.</param>
/// <param name="Boundaries">Ascending.</param>
public sealed record FittedQuantiles(
    string Name, Field Field, int Offset, int Size, IReadOnlyList<string> Missing, IReadOnlyList<double> Boundaries)
    : FittedColumn(Name, Field, Offset, Size, Missing);

/// <summary>
/// A number between knots: of x from knot t to the next, share s of the way, the ids Offset + 2 + t with weight 1 − s and Offset + 3 + t
/// with weight s; beyond the outer knots that one alone. A missing one is the id Offset with weight 1.
/// </summary>
/// <param name="Name">The column.</param>
/// <param name="Field">The field that it reads.</param>
/// <param name="Offset">The first global id.</param>
/// <param name="Size">The number of ids.</param>
/// <param name="Missing">Texts that mean a missing value.</param>
/// <param name="Knots">Ascending.</param>
public sealed record FittedPiecewise(
    string Name, Field Field, int Offset, int Size, IReadOnlyList<string> Missing, IReadOnlyList<double> Knots)
    : FittedColumn(Name, Field, Offset, Size, Missing);

/// <summary>
/// Pairs of tokens, of two or more columns: pair i gives the id Offset + 2 + i, another one Offset + 1, and a row that lacks all of them
/// Offset.
/// </summary>
public sealed record FittedCross : FittedColumn
{
    private readonly Vocabulary _vocabulary;

    internal FittedCross(
        string name, Field field, int offset, int size, IReadOnlyList<(int Place, int Offset, int Size)> parts, Vocabulary vocabulary)
        : base(name, field, offset, size, []) => (Parts, _vocabulary) = (parts, vocabulary);

    /// <summary>The columns that are paired: the place of each among those of ids, its first id, and its number of ids.</summary>
    public IReadOnlyList<(int Place, int Offset, int Size)> Parts { get; }

    /// <summary>The number of pairs.</summary>
    public int Count => _vocabulary.Count;

    /// <summary>The ids of a pair, each counted from its column's first.</summary>
    /// <exception cref="ConsortException">The vocabulary is damaged.</exception>
    public ReadOnlySpan<int> Pair(int index) => _vocabulary.Token(index) is var pair && pair.Length == 4 * Parts.Count
        ? System.Runtime.InteropServices.MemoryMarshal.Cast<byte, int>(pair)
        : throw new ConsortException($"column {Name}: found a pair of {pair.Length} bytes, expected {4 * Parts.Count}; the vocabulary is damaged, pack the run again");
}

/// <summary>
/// What a list of the row says of the token of another column. As a number: the sum of the token's weights, 1 each where tokens have none,
/// as <paramref name="Weight"/> scales it, and 0 where the token is missing or unknown. As a token: Offset + 3 where it stands there,
/// Offset + 2 where it does not, Offset where it is missing or unknown.
/// </summary>
/// <param name="Name">The column.</param>
/// <param name="Field">The field.</param>
/// <param name="Offset">The first global id; 0 of a number.</param>
/// <param name="Size">The number of ids; 0 of a number.</param>
/// <param name="KeyPlace">The place of the token's column among those of ids.</param>
/// <param name="ListPlace">The place of the list's.</param>
/// <param name="Weight">How the number is scaled; null of a token.</param>
public sealed record FittedLookup(string Name, Field Field, int Offset, int Size, int KeyPlace, int ListPlace, FittedNumber? Weight)
    : FittedColumn(Name, Field, Offset, Size, []);

/// <summary>Tokens by their XxHash3 modulo n: the id is Offset + 2 + that.</summary>
/// <param name="Name">The column.</param>
/// <param name="Field">The field that it reads.</param>
/// <param name="Offset">The first global id.</param>
/// <param name="Size">n + 2.</param>
/// <param name="Missing">Texts that mean a missing value.</param>
public sealed record FittedHash(string Name, Field Field, int Offset, int Size, IReadOnlyList<string> Missing)
    : FittedColumn(Name, Field, Offset, Size, Missing);

/// <summary>A number as one: (x − Shift) · Scale, x held within Low and High first, in double precision, then rounded to a float.</summary>
/// <param name="Name">The column.</param>
/// <param name="Field">The field that it reads.</param>
/// <param name="Missing">Texts that mean a missing value.</param>
/// <param name="Shift">What is taken away.</param>
/// <param name="Scale">What the rest is multiplied by.</param>
/// <param name="IsHeld">Whether the result is held within 0 to 1.</param>
/// <param name="Low">A number below it is taken for it, or refused, as the field's <see cref="Schemas.Field.Outside"/> says; −∞ for
/// none.</param>
/// <param name="High">Likewise above; ∞ for none.</param>
public sealed record FittedNumber(
    string Name, Field Field, IReadOnlyList<string> Missing, double Shift, double Scale, bool IsHeld, double Low, double High)
    : FittedColumn(Name, Field, 0, 0, Missing);

/// <summary>
/// A list: its cell is cut into tokens, and each gives the id that <paramref name="Tokens"/> says. Those that mean a missing value are
/// passed over, but give the id of one in a sequence. A cell that means a missing value is a list without ids.
/// </summary>
/// <param name="Tokens">What a token gives.</param>
/// <param name="Shape">What a row has of it.</param>
/// <param name="List">How a cell is cut.</param>
public sealed record FittedList(FittedColumn Tokens, ListShape Shape, FieldList List)
    : FittedColumn(Tokens.Name, Tokens.Field, Tokens.Offset, Tokens.Size, Tokens.Missing);

/// <summary>
/// How old the steps of a history were when the row came: bucket b, as <see cref="SequenceAges"/> counts it, gives the id Offset + 2 + b,
/// and a step without an age Offset. A cell that means a missing value is a list without ids.
/// </summary>
/// <param name="Name">The column.</param>
/// <param name="Field">The field of the times.</param>
/// <param name="Offset">The first global id.</param>
/// <param name="Size">The number of buckets and 2.</param>
/// <param name="Missing">Texts that mean a missing value.</param>
/// <param name="Shape">What a row has of it.</param>
/// <param name="Until">The field of the row's own time.</param>
/// <param name="UntilMissing">Texts that mean a missing value there.</param>
public sealed record FittedStepAges(string Name, Field Field, int Offset, int Size, IReadOnlyList<string> Missing, ListShape Shape,
    Field Until, IReadOnlyList<string> UntilMissing) : FittedColumn(Name, Field, Offset, Size, Missing);
