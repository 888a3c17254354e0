using Consort.Data.Sources;
using ParquetSharp;
using ParquetSharp.Schema;

namespace Consort.Data.Parquet;

/// <summary>A column at the top of a Parquet schema.</summary>
/// <param name="Facts">Its name and type.</param>
/// <param name="Index">Its place among the leaves, the first of several.</param>
internal sealed record ParquetColumn(SourceColumn Facts, int Index)
{
    public const string Text = "text", Numbers = "numbers";

    /// <summary>The definition level from which on a value is there.</summary>
    public int Full { get; private init; }

    /// <summary>The definition level from which on a list has an element, be it NULL.</summary>
    public int Element { get; private init; }

    /// <summary>Whether the column itself may be NULL.</summary>
    public bool MayBeNull { get; private init; }

    /// <summary>The columns of a schema.</summary>
    public static IReadOnlyList<ParquetColumn> Of(SchemaDescriptor schema)
    {
        var columns = new List<ParquetColumn>();
        var leaves = Enumerable.Range(0, schema.NumColumns).GroupBy(i => schema.Column(i).Path.ToDotVector()[0], StringComparer.Ordinal);
        foreach (var leaf in leaves) columns.Add(Of(schema, leaf.Key, [.. leaf]));
        return columns;
    }

    private static ParquetColumn Of(SchemaDescriptor schema, string name, int[] leaves)
    {
        using var root = schema.ColumnRoot(leaves[0]);
        var leaf = schema.Column(leaves[0]);
        using var logical = root.LogicalType;
        var isGroup = root.NodeType == NodeType.Group;
        var isList = leaf.MaxRepetitionLevel == 1 && (!isGroup || logical.Type == LogicalTypeEnum.List) && leaves.Length == 1;
        // Between the list and its values stands at most the level that repeats.
        var isPlain = !isGroup && leaf.MaxRepetitionLevel == 0 || isList && leaf.Path.ToDotVector().Length <= 3;
        if (!isPlain)
        {
            var what = logical.Type == LogicalTypeEnum.Map ? "maps" : leaf.MaxRepetitionLevel > 0 ? "lists of lists or structs" : "structs";
            return new(new(name, what, IsReadable: false), leaves[0]);
        }
        var type = TypeOf(leaf);
        var mayBeNull = root.Repetition == Repetition.Optional;
        var shown = type ?? $"values of type {leaf.LogicalType.Type}";
        return new(new(name, isList ? $"lists of {shown}" : shown, isList, type is not null), leaves[0])
        {
            Full = leaf.MaxDefinitionLevel,
            Element = (mayBeNull ? 1 : 0) + 1,
            MayBeNull = mayBeNull,
        };
    }

    private static string? TypeOf(ColumnDescriptor leaf) => leaf.LogicalType.Type switch
    {
        LogicalTypeEnum.Date => "dates",
        LogicalTypeEnum.Time => "times",
        LogicalTypeEnum.Timestamp => "timestamps",
        LogicalTypeEnum.Uuid or LogicalTypeEnum.String or LogicalTypeEnum.Enum or LogicalTypeEnum.Json => Text,
        LogicalTypeEnum.Decimal or LogicalTypeEnum.Int or LogicalTypeEnum.Float16 or LogicalTypeEnum.Nil => Numbers,
        LogicalTypeEnum.Interval or LogicalTypeEnum.Variant or LogicalTypeEnum.Geometry or LogicalTypeEnum.Geography => null,
        _ => leaf.PhysicalType switch
        {
            PhysicalType.Boolean => "yes or no",
            PhysicalType.Int96 => "timestamps",
            PhysicalType.ByteArray or PhysicalType.FixedLenByteArray => Text,
            _ => Numbers,
        },
    };
}
