using System.Globalization;
using Consort.Data.Sources;
using Microsoft.ML.Data;
using Column = Microsoft.ML.DataViewSchema.Column;
using Row = Microsoft.ML.DataViewRow;

namespace Consort.ML;

/// <summary>A column of ML.NET, or one number of a vector, as a column of Consort.</summary>
/// <param name="Facts">Its name and type.</param>
/// <param name="Column">Where it is.</param>
/// <param name="Open">For a row that moves: what reads its value of the moment, null where it is missing; null where it cannot be
/// read.</param>
internal sealed record ViewColumn(SourceColumn Facts, Column Column, Func<Row, Func<object?>>? Open)
{
    public static IReadOnlyList<ViewColumn> All(Microsoft.ML.DataViewSchema schema) =>
        [.. schema.Where(c => !c.IsHidden).SelectMany(Of)];

    /// <summary>As a column of rows whose values stand in arrays.</summary>
    public TypedColumn<object?[]> At(int index)
    {
        if (Open is null) return new(Facts, null);
        return Facts.IsList
            ? new(Facts, (object?[] row, CellWriter writer, ListForm? form, out Cell cell) =>
                TypedText.Many((IEnumerable<object?>?)row[index], writer, form, out cell))
            : new(Facts, (object?[] row, CellWriter writer, ListForm? form, out Cell cell) =>
                TypedText.One(row[index], writer, form, out cell));
    }

    private static IEnumerable<ViewColumn> Of(Column column)
    {
        var vector = column.Type as VectorDataViewType;
        var item = vector?.ItemType ?? column.Type;
        if (vector is { IsKnownSize: true } && item is NumberDataViewType)
        {
            var names = SlotNames(column, vector.Size);
            return names.Select((name, slot) =>
                new ViewColumn(new($"{column.Name}[{name}]", "numbers"), column, Reader(column, item, slot)));
        }

        var reader = Reader(column, item, vector is null ? null : -1);
        var type = TypeOf(item, column);
        return [new ViewColumn(reader is null ? new(column.Name, $"values of type {column.Type}", IsReadable: false)
            : new(column.Name, vector is null ? type : $"lists of {type}", IsList: vector is not null), column, reader)];
    }

    private static string TypeOf(DataViewType item, Column column) =>
        item is KeyDataViewType ? KeyValues.Of(column) is { IsText: true } ? "text" : "numbers"
        : item is TextDataViewType ? "text" : TypedText.TypeOf(item.RawType) ?? "";

    // A slot of null is the whole of one value, −1 the whole of a list.
    private static Func<Row, Func<object?>>? Reader(Column column, DataViewType item, int? slot)
    {
        if (item is KeyDataViewType)
        {
            var keys = KeyValues.Of(column);
            return item.RawType == typeof(byte) ? Read<byte>(k => keys.At(k))
                : item.RawType == typeof(ushort) ? Read<ushort>(k => keys.At(k))
                : item.RawType == typeof(uint) ? Read<uint>(k => keys.At(k))
                : Read<ulong>(k => keys.At(k));
        }

        return item switch
        {
            TextDataViewType => Read<ReadOnlyMemory<char>>(v => v.ToString()),
            BooleanDataViewType => Read<bool>(v => v),
            DateTimeDataViewType => Read<DateTime>(v => v),
            DateTimeOffsetDataViewType => Read<DateTimeOffset>(v => v),
            NumberDataViewType => Type.GetTypeCode(item.RawType) switch
            {
                TypeCode.Single => Read<float>(v => float.IsNaN(v) ? null : v),
                TypeCode.Double => Read<double>(v => double.IsNaN(v) ? null : v),
                TypeCode.SByte => Read<sbyte>(v => v),
                TypeCode.Byte => Read<byte>(v => v),
                TypeCode.Int16 => Read<short>(v => v),
                TypeCode.UInt16 => Read<ushort>(v => v),
                TypeCode.Int32 => Read<int>(v => v),
                TypeCode.UInt32 => Read<uint>(v => v),
                TypeCode.Int64 => Read<long>(v => v),
                TypeCode.UInt64 => Read<ulong>(v => v),
                _ => null,
            },
            _ => null,
        };

        Func<Row, Func<object?>> Read<T>(Func<T, object?> of) => slot switch
        {
            null => row => Scalar(row, of),
            < 0 => Vector<T>(values => values.DenseValues().Select(of).ToArray()),
            { } at => Vector<T>(values => of(values.GetItemOrDefault(at))),
        };

        Func<object?> Scalar<T>(Row row, Func<T, object?> of)
        {
            var (get, value) = (row.GetGetter<T>(row.Schema[column.Index]), default(T)!);
            return () =>
            {
                get(ref value);
                return of(value);
            };
        }

        Func<Row, Func<object?>> Vector<T>(Func<VBuffer<T>, object?> of) => row => Scalar(row, of);
    }

    private static string[] SlotNames(Column column, int size)
    {
        if (!column.HasSlotNames()) return [.. Enumerable.Range(0, size).Select(i => i.ToString(CultureInfo.InvariantCulture))];
        VBuffer<ReadOnlyMemory<char>> names = default;
        column.GetSlotNames(ref names);
        return [.. names.DenseValues().Select(n => n.ToString())];
    }
}
