using Microsoft.ML.Data;
using Column = Microsoft.ML.DataViewSchema.Column;

namespace Consort.ML;

/// <summary>What the keys of a column stand for; where nobody says so, they stand for themselves.</summary>
internal sealed class KeyValues
{
    private readonly object[]? _values;

    private KeyValues(object[]? values) => _values = values;

    public bool IsText => _values is [string, ..];

    public static KeyValues Of(Column column)
    {
        var type = column.Annotations.Schema.GetColumnOrNull("KeyValues")?.Type as VectorDataViewType;
        return new(type?.ItemType switch
        {
            TextDataViewType => Values<ReadOnlyMemory<char>>(v => v.ToString()),
            NumberDataViewType { RawType: var raw } when raw == typeof(float) => Values<float>(v => v),
            NumberDataViewType { RawType: var raw } when raw == typeof(double) => Values<double>(v => v),
            NumberDataViewType { RawType: var raw } when raw == typeof(int) => Values<int>(v => v),
            NumberDataViewType { RawType: var raw } when raw == typeof(uint) => Values<uint>(v => v),
            NumberDataViewType { RawType: var raw } when raw == typeof(long) => Values<long>(v => v),
            _ => null,
        });

        object[] Values<T>(Func<T, object> of)
        {
            VBuffer<T> values = default;
            column.GetKeyValues(ref values);
            return [.. values.DenseValues().Select(of)];
        }
    }

    /// <summary>Of a key; 0 is missing, the first is 1.</summary>
    public object? At(ulong key) => key == 0 ? null : _values is null ? key : key <= (ulong)_values.Length ? _values[key - 1] : null;
}
