using System.Runtime.InteropServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Files;
using Consort.Foundation.Options;

namespace Consort.Data.Encoders;

/// <summary>
/// The fitted path from raw values to ids and floats: vocabularies, buckets and scales of every column. Immutable and safe for many
/// threads; saved with the data and with every model, so that training and serving agree.
/// </summary>
public sealed class Encoder
{
    /// <summary>Changes when the same raw data would be encoded to something else.</summary>
    public const int Version = 1;

    private readonly ColumnEncoder[] _categorical;
    private readonly ColumnEncoder[] _numeric;
    private readonly (IGeneratedColumn Column, int Place, bool IsNumeric)[] _generated;
    private readonly FieldRows _rows;

    internal Encoder(Schema schema, IReadOnlyList<ColumnEncoder> columns)
    {
        Schema = schema;
        _categorical = [.. columns.Where(c => c.Size > 0)];
        _numeric = [.. columns.Where(c => c.Size == 0)];
        Columns = [.. _categorical, .. _numeric];
        var ids = _categorical.Where(c => c.Leader is null).Sum(c => (long)c.Size);
        if (ids > int.MaxValue)
            throw new ConsortException($"found {ids} ids over all columns, expected at most {int.MaxValue}; raise min_count");
        var space = new Column[_categorical.Length];
        var offset = 0;
        for (var f = 0; f < space.Length; f++)
        {
            var column = _categorical[f];
            column.Offset = column.Leader?.Offset ?? offset;
            space[f] = new Column(column.Name, column.Offset, column.Size, column.Shape);
            offset += column.Leader is null ? column.Size : 0;
        }
        Space = new FeatureSpace(space, _numeric.Select(c => c.Name).ToArray())
        {
            HasWeights = schema.HasWeights,
            HasGroups = schema.HasGroups,
        };
        _rows = new FieldRows(schema, Space, _categorical, _numeric);
        _generated = [.. _categorical.Index().Select(c => (c.Item as IGeneratedColumn, c.Index, false))
            .Concat(_numeric.Index().Select(c => (c.Item as IGeneratedColumn, c.Index, true))).Where(c => c.Item1 is not null)
            .Select(c => (c.Item1!, c.Index, c.Item3))];
    }

    /// <summary>The schema it was fitted for.</summary>
    public Schema Schema { get; }

    /// <summary>The columns it makes.</summary>
    public FeatureSpace Space { get; }

    /// <summary>All columns in the order of a row: those of ids, then the numeric ones.</summary>
    internal IReadOnlyList<ColumnEncoder> Columns { get; }

    /// <summary>
    /// How many times a row holds while it is filled field by field: those that ages are counted between, of which each comes by itself,
    /// and those of the steps of histories.
    /// </summary>
    public int TimesPerRow => _rows.TimesPerRow;

    /// <summary>Whether a field's value has a say in what a model sees.</summary>
    /// <param name="field">The field's place in the schema.</param>
    public bool Reads(int field) => Schema.Fields[field].Columns.Count > 0 || Columns.Any(c => c.Beside == field);

    /// <summary>Writes a time as a field has it; −1 where the field holds no times.</summary>
    /// <param name="field">The field's place in the schema.</param>
    /// <param name="time">The time.</param>
    /// <param name="text">Room for 64 bytes of UTF-8.</param>
    public int WriteTime(int field, DateTimeOffset time, Span<byte> text)
    {
        var of = Schema.Fields[field];
        return of.Kind == FieldKind.Time || of.Derive.Count > 0 || of.Ages is not null ? TimeText.Write(time, of.WrittenAs, text) : -1;
    }

    /// <summary>The place of a field in the schema, for <see cref="EncodeField"/>.</summary>
    /// <exception cref="ConsortException">No such field.</exception>
    public int FieldIndex(string name)
    {
        for (var i = 0; i < Schema.Fields.Count; i++)
        {
            if (Schema.Fields[i].Name == name) return i;
        }
        var hint = NearestWord.Hint(name, Schema.Fields.Select(f => f.Name));
        throw new ConsortException($"field \"{name}\" is not in the schema{hint}");
    }

    /// <summary>Whether a field of the schema is a list or a sequence.</summary>
    public bool IsList(int field) => Schema.Fields[field].List is not null;

    /// <summary>
    /// The number that <see cref="EncodeField"/> takes for a raw value that lies too far outside the training rows; null where it takes the
    /// value itself.
    /// </summary>
    /// <param name="field">The field's place in the schema.</param>
    /// <param name="value">The raw value in UTF-8.</param>
    public double? ClippedTo(int field, ReadOnlySpan<byte> value)
    {
        if (Schema.Trim) value = value.Trim((byte)' ');
        // The parser reads whole 8 bytes, so the value is moved to where that is allowed.
        var padded = new byte[Math.Max(8, value.Length)];
        value.CopyTo(padded);
        foreach ((var column, _, _) in _rows.Of(field))
        {
            if (column is NumberColumn number && number.ClippedTo(padded.AsSpan(0, value.Length)) is { } used) return used;
        }
        return null;
    }

    /// <summary>About the middle of a field's numbers in the training rows; null of other fields, and where there were none.</summary>
    /// <param name="field">The field's place in the schema.</param>
    public double? Middle(int field) => _rows.Of(field) is [var first, ..] ? MiddleOf(first.Column) : null;

    private static double? MiddleOf(ColumnEncoder column) => column switch
    {
        NumberColumn { Facts.Count: > 0 } number => number.Facts.Mean,
        QuantileColumn { Boundaries.Count: > 0 } buckets => buckets.Boundaries[buckets.Boundaries.Count / 2],
        _ => null,
    };

    /// <summary>The text behind a global id: a token, a bucket, or <c>(missing)</c> and <c>(oov)</c>.</summary>
    public string Token(int id)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(id, Space.Features);
        var f = 0;
        while (id >= Space.Categorical[f].Offset + Space.Categorical[f].Size) f++;
        var index = id - Space.Categorical[f].Offset;
        return index switch { 0 => "(missing)", 1 => "(oov)", _ => _categorical[f].Token(index) };
    }

    /// <summary>Saves the encoder, whole or not at all.</summary>
    public void Save(string path) => SafeFile.Write(path, Write);

    /// <summary>Loads an encoder.</summary>
    /// <exception cref="ConsortException">The file is missing, damaged or of another version.</exception>
    public static Encoder Load(string path)
    {
        using var stream = SourceStream.Open(path);
        return Read(stream, path);
    }

    /// <summary>Writes the encoder: magic, version, length, XxHash128, content.</summary>
    public void Write(Stream stream) => EncoderFile.Write(this, stream);

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="source">Their origin, for messages.</param>
    /// <exception cref="ConsortException">Damaged, or of another version.</exception>
    public static Encoder Read(Stream stream, string source) => EncoderFile.Read(stream, source);

    /// <summary>Whether two files hold the same encoder, whatever version of this program wrote them.</summary>
    /// <exception cref="ConsortException">One of them is missing, damaged or of another version.</exception>
    public static bool AreSame(string path, string other) =>
        File.ReadAllBytes(path).AsSpan().SequenceEqual(File.ReadAllBytes(other)) || Written(path).SequenceEqual(Written(other));

    /// <summary>XxHash128 of what <see cref="Write"/> writes.</summary>
    public string Checksum() => Convert.ToHexStringLower(System.IO.Hashing.XxHash128.Hash(Written()));

    private static ReadOnlySpan<byte> Written(string path) => Load(path).Written();

    private byte[] Written()
    {
        using var content = new MemoryStream();
        Write(content);
        return content.ToArray();
    }

    /// <summary>
    /// Sets every column of a row to what it is where the field is not given: missing, and for numeric fields of libsvm and libffm data 0,
    /// as there, unless the schema says that they are missing.
    /// </summary>
    /// <param name="ids">[F] global ids.</param>
    /// <param name="numerics">[N] numeric values.</param>
    /// <param name="lists">The row's room for lists, <see cref="FeatureSpace.ListRoom"/> whole numbers; lists become empty.</param>
    /// <param name="from">Where that room begins among the lists of a batch.</param>
    /// <param name="times">The row's room for times, <see cref="TimesPerRow"/> of them.</param>
    public void Clear(Span<int> ids, Span<float> numerics, Span<int> lists = default, int from = 0, Span<long> times = default) =>
        _rows.Clear(ids, numerics, lists, from, times);

    /// <summary>Sets the columns of one field likewise.</summary>
    /// <param name="field">The field's place in the schema.</param>
    /// <param name="ids">[F] global ids of the row.</param>
    /// <param name="numerics">[N] numeric values of the row.</param>
    /// <param name="lists">The row's room for lists, which was cleared once.</param>
    /// <param name="times">The row's room for times, which was cleared once.</param>
    public void Clear(int field, Span<int> ids, Span<float> numerics, Span<int> lists = default, Span<long> times = default) =>
        _rows.Clear(field, ids, numerics, lists, times);

    /// <summary>
    /// Encodes one raw value into the columns of its field; nothing is allocated. Fields not given stay as
    /// <see cref="Clear(Span{int}, Span{float}, Span{int}, int, Span{long})"/> left them.
    /// </summary>
    /// <param name="field">The field's place in the schema.</param>
    /// <param name="value">The raw value in UTF-8.</param>
    /// <param name="ids">[F] global ids of the row.</param>
    /// <param name="numerics">[N] numeric values of the row.</param>
    /// <param name="lists">The row's room for lists, which was cleared once.</param>
    /// <param name="times">The row's room for times, which was cleared once.</param>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public void EncodeField(int field, ReadOnlySpan<byte> value, Span<int> ids, Span<float> numerics, Span<int> lists = default,
        Span<long> times = default) => _rows.Set(field, value, ids, numerics, lists, times);

    /// <summary>
    /// Puts one more token into the list of a field, as it is and whatever it holds; nothing is allocated. A list that is full keeps its
    /// first or its last tokens, as the schema says.
    /// </summary>
    /// <param name="field">The place in the schema of a field of kind list or sequence.</param>
    /// <param name="token">The token in UTF-8; one that means a missing value, or is empty, keeps its place in a sequence beside others,
    /// and has none by itself or in a list.</param>
    /// <param name="lists">The row's room for lists.</param>
    /// <param name="weight">Its weight, 0 or 1e-9 to 1e9, where tokens of the field have weights; null takes what the token carries, as in
    /// a file, and 1 where it carries none.</param>
    /// <param name="times">The row's room for times, which was cleared once.</param>
    /// <exception cref="ConsortException">The field is no list, the weight is none, or the token of a list of times no time.</exception>
    public void AddToken(int field, ReadOnlySpan<byte> token, Span<int> lists, float? weight = null, Span<long> times = default) =>
        _rows.Add(field, token, lists, weight, times);

    /// <summary>Counts ages anew, of rows whose times were put together from two.</summary>
    /// <param name="times">[<see cref="TimesPerRow"/>].</param>
    /// <param name="numerics">[N] numeric values of the row.</param>
    public void CountAges(ReadOnlySpan<long> times, Span<float> numerics) => _rows.Ages.Put(times, numerics);

    /// <summary>
    /// Counts how old the steps of histories are, and writes that as lists, once a row is whole: whoever fills rows by
    /// <see cref="EncodeField"/> and <see cref="AddToken"/> calls it before the row is scored. Nothing is allocated.
    /// </summary>
    /// <param name="lists">The row's room for lists.</param>
    /// <param name="times">The row's room for times.</param>
    /// <exception cref="ConsortException">A history has more or fewer times than steps, or one that is later than the row.</exception>
    public void SettleTimes(Span<int> lists, Span<long> times) => _rows.SettleTimes(lists, times);

    /// <summary>Says of a row whose lists came encoded that <see cref="SettleTimes"/> has nothing to do.</summary>
    /// <param name="times">The row's room for times.</param>
    public void TakeTimesAsEncoded(Span<long> times) => _rows.TakeTimesAsEncoded(times);

    /// <summary>The sequences of times, each with the places in the schema of its own field, its history's and the row's time.</summary>
    public IReadOnlyList<(int Times, int History, int Until)> StepAges => _rows.StepAges;

    /// <summary>The place of a field's time among those; −1 where it has none.</summary>
    /// <param name="field">The field's place in the schema.</param>
    public int TimeOf(int field) => _rows.Ages.PlaceOf(field);

    /// <summary>The numeric columns that are ages, each with the places of its two fields in the schema.</summary>
    public IReadOnlyList<(int Column, int Field, int Since)> Ages => _rows.Ages.Columns;

    /// <summary>Whether a column of ids is generated.</summary>
    /// <param name="column">Its place.</param>
    public bool IsGenerated(int column) => _categorical[column] is IGeneratedColumn;

    /// <summary>The columns of ids, by their places, that have a vocabulary and so can meet tokens that are not in it.</summary>
    public IReadOnlyList<int> Open => [.. _categorical.Index()
        .Where(c => c.Item is TokenColumn or ListColumn { Tokens: TokenColumn }).Select(c => c.Index)];

    /// <summary>Whether some columns are generated.</summary>
    public bool HasGenerated => _generated.Length > 0;

    /// <summary>
    /// Sets the generated columns of a row by what its other columns have; nothing is allocated. Whoever fills rows by
    /// <see cref="EncodeField"/>, or puts them together from two, calls it once the row is whole.
    /// </summary>
    /// <param name="ids">[F] global ids of the row.</param>
    /// <param name="numerics">[N] numeric values of the row.</param>
    /// <param name="lists">Where its lists are.</param>
    /// <param name="from">Where those begin among the lists that the ids count from.</param>
    public void Generate(Span<int> ids, Span<float> numerics, ReadOnlySpan<int> lists, int from)
    {
        foreach (var (column, place, isNumeric) in _generated)
        {
            var bits = column.BitsOf(ids, lists, from);
            if (isNumeric) numerics[place] = BitConverter.Int32BitsToSingle(bits);
            else ids[place] = bits;
        }
    }

    /// <summary>Sets them in rows that stand <paramref name="stride"/> bytes apart.</summary>
    internal void Generate(Span<byte> rows, int count, int stride, ReadOnlySpan<int> lists)
    {
        var (ids, end) = (4 * _categorical.Length, 4 * Columns.Count);
        for (var r = 0; r < count; r++)
        {
            var row = rows.Slice(r * stride, end);
            Generate(MemoryMarshal.Cast<byte, int>(row[..ids]), MemoryMarshal.Cast<byte, float>(row[ids..]), lists, 0);
        }
    }

    /// <summary>Whether a generated column follows from one that <paramref name="isPart"/> says.</summary>
    /// <param name="isPart">Of a column of ids by its place.</param>
    /// <returns>The places among the columns of ids, and among the numeric ones.</returns>
    public (IReadOnlyList<int> Categorical, IReadOnlyList<int> Numeric) GeneratedFrom(Func<int, bool> isPart)
    {
        var found = _generated.Where(g => g.Column.Sources.Any(isPart)).ToArray();
        return ([.. found.Where(g => !g.IsNumeric).Select(g => g.Place)], [.. found.Where(g => g.IsNumeric).Select(g => g.Place)]);
    }
}
