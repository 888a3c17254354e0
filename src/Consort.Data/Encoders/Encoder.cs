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
public sealed partial class Encoder
{
    /// <summary>Changes when the same raw data would be encoded to something else.</summary>
    public const int Version = 1;

    private readonly ColumnEncoder[] _categorical;
    private readonly ColumnEncoder[] _numeric;
    private readonly (ColumnEncoder Column, int Position, bool Numeric)[][] _byField;
    private readonly int[] _absentIds; // [F]; of a list column where its list begins
    private readonly int[] _listStarts; // [F]: where a column's list begins in the room of a row
    private readonly float[] _absentNumerics; // [N]
    private readonly int[]?[] _absentLists; // [F]: what a list column's room begins with; null of others
    private readonly (IGeneratedColumn Column, int Place, bool IsNumeric)[] _generated;
    private readonly AgeTimes _ages;
    private readonly StepTimeRows _steps;

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
        _listStarts = new int[_categorical.Length];
        for (var f = 1; f < _listStarts.Length; f++) _listStarts[f] = _listStarts[f - 1] + (space[f - 1].List?.Room ?? 0);
        Space = new FeatureSpace(space, _numeric.Select(c => c.Name).ToArray())
        {
            HasWeights = schema.HasWeights,
            HasGroups = schema.HasGroups,
        };
        var byField = _categorical.Select((c, p) => (c, p, false)).Concat(_numeric.Select((c, p) => (c, p, true))).ToLookup(t => t.c.Field);
        _byField = [.. Enumerable.Range(0, schema.Fields.Count).Select(i => byField[i].ToArray())];
        _ages = new AgeTimes(_numeric);
        _steps = new StepTimeRows(_categorical, _listStarts);
        TimesPerRow = _ages.Count + _steps.Count;
        _generated = [.. _categorical.Index().Select(c => (c.Item as IGeneratedColumn, c.Index, false))
            .Concat(_numeric.Index().Select(c => (c.Item as IGeneratedColumn, c.Index, true))).Where(c => c.Item1 is not null)
            .Select(c => (c.Item1!, c.Index, c.Item3))];
        _absentLists = [.. _categorical.Select(c => c is RaggedColumn list ? AbsentList(list) : null)];
        _absentIds = [.. _categorical.Select((c, f) => c is RaggedColumn ? _listStarts[f] : AbsentBits(c))];
        _absentNumerics = [.. _numeric.Select(c => BitConverter.Int32BitsToSingle(AbsentBits(c)))];
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
    public int TimesPerRow { get; }

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
        foreach ((var column, _, _) in _byField[field])
        {
            if (column is NumberColumn number && number.ClippedTo(padded.AsSpan(0, value.Length)) is { } used) return used;
        }
        return null;
    }

    /// <summary>About the middle of a field's numbers in the training rows; null of other fields, and where there were none.</summary>
    /// <param name="field">The field's place in the schema.</param>
    public double? Middle(int field) => _byField[field].Select(c => c.Column).FirstOrDefault() switch
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

    private int AbsentBits(ColumnEncoder column)
    {
        var bits = column.Size > 0 ? column.Offset : 0;
        if (column is IGeneratedColumn || !Schema.AbsentIsZero(Schema.Fields[column.Field])) return bits;
        var cell = new Cell { Start = 0, Length = 1 };
        try
        {
            column.Encode("0"u8, new ReadOnlySpan<Cell>(in cell), MemoryMarshal.AsBytes(new Span<int>(ref bits)), 4);
        }
        catch (CellError)
        {
            // 0 itself is refused by the column, so nothing better is known.
        }
        return bits;
    }

    private int[] AbsentList(RaggedColumn column)
    {
        var (list, length) = (new int[column.Shape.Room], Schema.AbsentIsZero(Schema.Fields[column.Field]) ? 1 : -1);
        var ids = column.Encode("0"u8, new Cell { Start = 0, Length = length }, 0, list);
        return list[..column.Shape.RoomOf(Math.Max(1, ids))]; // of an empty one also where the first id would stand: nothing waits there
    }

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
