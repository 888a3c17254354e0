using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>What a list of the row says of the token that another column has.</summary>
/// <param name="key">The column of the token.</param>
/// <param name="keyPlace">Its place among the ids.</param>
/// <param name="shape">What a row has of the list.</param>
/// <param name="listPlace">The list's place among the ids.</param>
internal sealed class LookupKey(ColumnEncoder key, int keyPlace, ListShape shape, int listPlace)
{
    /// <summary>The place of the token's column among those of ids.</summary>
    public int KeyPlace => keyPlace;

    /// <summary>The place of the list's column.</summary>
    public int ListPlace => listPlace;

    /// <summary>The columns that a field names.</summary>
    /// <param name="field">A look-up.</param>
    /// <param name="columns">All columns of ids that are not generated.</param>
    /// <exception cref="InvalidDataException">One of them is not there.</exception>
    public static LookupKey Of(Field field, IReadOnlyList<ColumnEncoder> columns)
    {
        var names = columns.Select(c => c.Name).ToList();
        int key = names.IndexOf(field.Key!), list = names.IndexOf(field.In!);
        return key >= 0 && list >= 0 && columns[key] is not RaggedColumn && columns[list] is ListColumn of
            ? new LookupKey(columns[key], key, of.Shape, list) : throw new InvalidDataException("a look-up");
    }

    /// <summary>The sum of the token's weights, or how often it stands; null where the token is missing or unknown.</summary>
    public double? Of(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int from)
    {
        var id = ids[keyPlace];
        if (id < key.Offset + 2) return null;
        var list = lists[(ids[listPlace] - from)..];
        var n = list[0];
        double sum = 0;
        for (var i = 1; i <= n; i++)
        {
            if (list[i] == id) sum += shape.IsWeighted ? BitConverter.Int32BitsToSingle(list[i + n]) : 1;
        }
        return sum;
    }

    /// <summary>Whether the token stands in the list; null where it is missing or unknown.</summary>
    public bool? Holds(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int from)
    {
        var id = ids[keyPlace];
        if (id < key.Offset + 2) return null;
        var list = lists[(ids[listPlace] - from)..];
        return list.Slice(1, list[0]).Contains(id);
    }
}

/// <summary>The weight that a list gives to a token, as a number; 0 where the token is missing or unknown, however it is scaled.</summary>
internal sealed class LookupNumber(Field field, int index, LookupKey key, NumberFacts facts)
    : NumberColumn(field.Name, index, MissingTexts.None, field.Transform.Kind, field.Outside, facts), IGeneratedColumn
{
    /// <summary>What it looks for, and where.</summary>
    public LookupKey Key => key;

    public IEnumerable<int> Sources => [key.KeyPlace, key.ListPlace];

    public int BitsOf(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int from) =>
        BitConverter.SingleToInt32Bits(key.Of(ids, lists, from) is { } weight ? (float)Held(weight) : 0);

    // There is no cell that could be refused, so that what no float can hold is the greatest one.
    private double Held(double weight)
    {
        var value = (Math.Clamp(weight, Low, High) - Shift) * Scale;
        return field.Transform.Kind == TransformKind.MinMax ? Math.Clamp(value, 0, 1) : Math.Clamp(value, float.MinValue, float.MaxValue);
    }

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride) =>
        throw HasNoCells;
}

/// <summary>Whether a token stands in a list: two tokens beside those of a missing and of an unknown one.</summary>
internal sealed class LookupToken(string name, int field, LookupKey key, long outs, long ins)
    : ColumnEncoder(name, field), IGeneratedColumn
{
    public override int Size => 4;

    /// <summary>What it looks for, and where.</summary>
    public LookupKey Key => key;

    public IEnumerable<int> Sources => [key.KeyPlace, key.ListPlace];

    public int BitsOf(ReadOnlySpan<int> ids, ReadOnlySpan<int> lists, int from) =>
        Offset + (key.Holds(ids, lists, from) switch { true => 3, false => 2, null => 0 });

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride) =>
        throw HasNoCells;

    public override string Token(int index) => index == 3 ? "in" : "out";

    public override long CountOf(int index) => index == 3 ? ins : outs;

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary)
    {
        writer.Write(outs);
        writer.Write(ins);
    }

    /// <summary>Reads what was counted.</summary>
    public static (long Outs, long Ins) Read(BinaryReader reader) => (reader.ReadInt64(), reader.ReadInt64());
}
