using System.Text;
using Consort.Data.Sources;
using DuckDB.NET.Native;

namespace Consort.Data.DuckDb;

/// <summary>A column of a query.</summary>
/// <param name="facts">Its name and type.</param>
/// <param name="index">Its place.</param>
/// <param name="make">What writes its values; null where they cannot be read.</param>
internal sealed class DuckDbColumn(SourceColumn facts, int index, Func<ListForm?, VectorText>? make)
{
    private const string Text = "text", Numbers = "numbers", Timestamps = "timestamps";

    /// <summary>Its name and type.</summary>
    public SourceColumn Facts => facts;

    /// <summary>Its place.</summary>
    public int Index => index;

    /// <summary>Writes its values.</summary>
    /// <param name="form">How a list of them is one cell; null for a field that has one value a row.</param>
    public VectorText Texts(ListForm? form) => make!(form);

    /// <summary>Of a column of a result.</summary>
    public static DuckDbColumn Of(string name, int index, DuckDBLogicalType type)
    {
        var id = NativeMethods.LogicalType.DuckDBGetTypeId(type);
        if (id is not (DuckDBType.List or DuckDBType.Array))
        {
            var (one, make) = One(id, type);
            if (IsJson(id, type)) return new(new(name, one), index, form => new StoredJson(new(name, form)));
            return new(new(name, one, IsReadable: make is not null), index, make is null ? null : _ => make());
        }
        using var child = id == DuckDBType.List ? NativeMethods.LogicalType.DuckDBListTypeChildType(type)
            : NativeMethods.LogicalType.DuckDBArrayTypeChildType(type);
        int? size = id == DuckDBType.List ? null : (int)NativeMethods.LogicalType.DuckDBArrayVectorGetSize(type);
        var childId = NativeMethods.LogicalType.DuckDBGetTypeId(child);
        var (of, item) = One(childId, child);
        if (IsJson(childId, child)) item = () => new StoredJson(new(name, null));
        return new(new(name, $"lists of {of}", IsList: true, IsReadable: item is not null), index,
            item is null ? null : form => new ListVectorText(item(), name, form!, size));
    }

    private static bool IsJson(DuckDBType id, DuckDBLogicalType type) => id == DuckDBType.Varchar && DuckDbLibrary.IsJson(type);

    private static (string Type, Func<VectorText>? Make) One(DuckDBType id, DuckDBLogicalType type)
    {
        (string, Func<VectorText>) Made<T, TText>(string word, TText text)
            where T : unmanaged
            where TText : struct, IValueText<T> => (word, () => new VectorText<T, TText>(text));

        return id switch
        {
            DuckDBType.Boolean => Made<bool, FlagText>("yes or no", default),
            DuckDBType.TinyInt => Made<sbyte, IntegerText>(Numbers, default),
            DuckDBType.SmallInt => Made<short, IntegerText>(Numbers, default),
            DuckDBType.Integer => Made<int, IntegerText>(Numbers, default),
            DuckDBType.BigInt => Made<long, IntegerText>(Numbers, default),
            DuckDBType.HugeInt => Made<Int128, IntegerText>(Numbers, default),
            DuckDBType.UnsignedTinyInt => Made<byte, IntegerText>(Numbers, default),
            DuckDBType.UnsignedSmallInt => Made<ushort, IntegerText>(Numbers, default),
            DuckDBType.UnsignedInteger => Made<uint, IntegerText>(Numbers, default),
            DuckDBType.UnsignedBigInt => Made<ulong, IntegerText>(Numbers, default),
            DuckDBType.UnsignedHugeInt => Made<UInt128, IntegerText>(Numbers, default),
            DuckDBType.Float => Made<float, NumberText>(Numbers, default),
            DuckDBType.Double => Made<double, NumberText>(Numbers, default),
            DuckDBType.Decimal => Decimal(type),
            DuckDBType.Date => Made<int, EndlessDate>("dates", default),
            DuckDBType.Time => Made<long, ClockText>("times", new(1000)),
            DuckDBType.TimeTz => Made<ulong, OffsetClock>("times", default),
            DuckDBType.TimestampS => Made<long, EndlessTimestamp>(Timestamps, new(new(1, false))),
            DuckDBType.TimestampMs => Made<long, EndlessTimestamp>(Timestamps, new(new(1000, false))),
            DuckDBType.Timestamp => Made<long, EndlessTimestamp>(Timestamps, new(new(1_000_000, false))),
            DuckDBType.TimestampNs => Made<long, EndlessTimestamp>(Timestamps, new(new(1_000_000_000, false))),
            DuckDBType.TimestampTz => Made<long, EndlessTimestamp>(Timestamps, new(new(1_000_000, true))),
            DuckDBType.Uuid => Made<UInt128, UuidText>(Text, default),
            DuckDBType.Varchar or DuckDBType.Blob => (Text, () => new StoredTexts()),
            DuckDBType.Enum => Words(type),
            DuckDBType.SqlNull => (Numbers, () => new NoText()),
            DuckDBType.List or DuckDBType.Array => ("lists", null),
            _ => ($"values of type {id.ToString().ToUpperInvariant()}", null),
        };
    }

    private static (string, Func<VectorText>) Decimal(DuckDBLogicalType type)
    {
        var text = new DecimalText(NativeMethods.LogicalType.DuckDBDecimalScale(type));
        Func<VectorText> make = NativeMethods.LogicalType.DuckDBDecimalInternalType(type) switch
        {
            DuckDBType.SmallInt => () => new VectorText<short, DecimalText>(text),
            DuckDBType.Integer => () => new VectorText<int, DecimalText>(text),
            DuckDBType.BigInt => () => new VectorText<long, DecimalText>(text),
            _ => () => new VectorText<Int128, DecimalText>(text),
        };
        return (Numbers, make);
    }

    private static (string, Func<VectorText>) Words(DuckDBLogicalType type)
    {
        var count = (int)NativeMethods.LogicalType.DuckDBEnumDictionarySize(type);
        byte[][] words = [.. Enumerable.Range(0, count).Select(i => NativeMethods.LogicalType.DuckDBEnumDictionaryValue(type, i))
            .Select(Encoding.UTF8.GetBytes)];
        return (Text, NativeMethods.LogicalType.DuckDBEnumInternalType(type) switch
        {
            DuckDBType.UnsignedTinyInt => () => new WordText<byte>(words),
            DuckDBType.UnsignedSmallInt => () => new WordText<ushort>(words),
            _ => () => new WordText<uint>(words),
        });
    }
}
