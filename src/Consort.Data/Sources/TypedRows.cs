using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;
using System.Text;

namespace Consort.Data.Sources;

/// <summary>
/// Rows that a program has: objects whose public properties are columns, by their names. Numbers, texts (also as UTF-8 in
/// <c>byte[]</c>), flags, enums, dates and times, Guids, each maybe null, and lists of these. A property of another type is a column that
/// cannot be read.
/// </summary>
public static class TypedRows
{
    internal const string Word = "rows";
    internal const string LooksInto = "Types of rows are looked into, and read by code that is made when the program runs.";

    /// <summary>A kind of source with one place, <c>rows:NAME</c>.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="rows">Begins anew at each call, with the same rows in the same order: encoding reads twice.</param>
    [RequiresUnreferencedCode(LooksInto)]
    [RequiresDynamicCode(LooksInto)]
    public static SourceKind Of<T>(string name, Func<IEnumerable<T>> rows) =>
        Kind(name, () => Steps(rows().GetEnumerator()), TypedColumn<T>.All());

    /// <inheritdoc cref="Of{T}(string, Func{IEnumerable{T}})"/>
    [RequiresUnreferencedCode(LooksInto)]
    [RequiresDynamicCode(LooksInto)]
    public static SourceKind Of<T>(string name, Func<IAsyncEnumerable<T>> rows) =>
        Kind(name, () => Steps(rows().GetAsyncEnumerator()), TypedColumn<T>.All());

    internal static SourceKind Kind<T>(string name, Func<IEnumerable<T>> rows, IReadOnlyList<TypedColumn<T>> columns) =>
        new($"{Word}:{name}", request => new TypedSource<T>(request, rows, columns),
            _ => [.. columns.Select(c => c.Facts)])
        { Words = [Word], Place = $"{Word}:{name}" };

    private static IEnumerable<T> Steps<T>(IEnumerator<T> rows)
    {
        using (rows)
            while (rows.MoveNext()) yield return rows.Current;
    }

    private static IEnumerable<T> Steps<T>(IAsyncEnumerator<T> rows)
    {
        try
        {
            while (rows.MoveNextAsync().AsTask().GetAwaiter().GetResult()) yield return rows.Current;
        }
        finally
        {
            rows.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}

/// <summary>A property as a column; how it is written is compiled once.</summary>
/// <param name="Facts">Its name and type.</param>
/// <param name="Write">Writes a row's value, of a list in its form; false where the splitter would cut a token. Null where it cannot be
/// read.</param>
internal sealed record TypedColumn<T>(SourceColumn Facts, TypedColumn<T>.Writer? Write)
{
    public delegate bool Writer(T row, CellWriter writer, ListForm? form, out Cell cell);

    [RequiresUnreferencedCode(TypedRows.LooksInto)]
    [RequiresDynamicCode(TypedRows.LooksInto)]
    public static IReadOnlyList<TypedColumn<T>> All() => [.. typeof(T).GetProperties(BindingFlags.Instance | BindingFlags.Public)
        .Where(p => p.CanRead && p.GetIndexParameters().Length == 0 && p.Name != "EqualityContract").Select(Of)];

    [RequiresUnreferencedCode(TypedRows.LooksInto)]
    [RequiresDynamicCode(TypedRows.LooksInto)]
    private static TypedColumn<T> Of(PropertyInfo property)
    {
        if (TypedText.TypeOf(property.PropertyType) is { } type)
            return new(new(property.Name, type), Compile(property, nameof(TypedText.One), property.PropertyType));
        var item = property.PropertyType.GetInterfaces().Append(property.PropertyType)
            .FirstOrDefault(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>))?.GetGenericArguments()[0];
        return item is not null && TypedText.TypeOf(item) is { } of
            ? new(new(property.Name, $"lists of {of}", IsList: true), Compile(property, nameof(TypedText.Many), item))
            : new(new(property.Name, $"values of type {property.PropertyType.Name}", IsReadable: false), null);
    }

    [RequiresUnreferencedCode(TypedRows.LooksInto)]
    [RequiresDynamicCode(TypedRows.LooksInto)]
    private static Writer Compile(PropertyInfo property, string method, Type item)
    {
        ParameterExpression row = Expression.Parameter(typeof(T)), writer = Expression.Parameter(typeof(CellWriter)),
            form = Expression.Parameter(typeof(ListForm)), cell = Expression.Parameter(typeof(Cell).MakeByRefType());
        var call = Expression.Call(typeof(TypedText), method, [item], Expression.Property(row, property), writer, form, cell);
        return Expression.Lambda<Writer>(call, row, writer, form, cell).Compile();
    }
}

/// <summary>Values of .NET types as text.</summary>
internal static class TypedText
{
    /// <summary>What values of a type are; null where they are none that can be read.</summary>
    public static string? TypeOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(bool)) return "yes or no";
        if (type == typeof(DateOnly)) return "dates";
        if (type == typeof(TimeOnly)) return "times";
        if (type == typeof(DateTime) || type == typeof(DateTimeOffset)) return "timestamps";
        if (type.IsEnum || type == typeof(string) || type == typeof(Guid) || type == typeof(char) || type == typeof(byte[])) return "text";
        var isNumber = type.IsPrimitive || type == typeof(decimal) || type == typeof(Half)
            || type == typeof(Int128) || type == typeof(UInt128);
        return isNumber && type != typeof(nint) && type != typeof(nuint) ? "numbers" : null;
    }

    public static bool One<TValue>(TValue value, CellWriter writer, ListForm? form, out Cell cell)
    {
        cell = Write(value, writer);
        return true;
    }

    public static bool Many<TValue>(IEnumerable<TValue>? values, CellWriter writer, ListForm? form, out Cell cell)
    {
        cell = new Cell { Length = -1 };
        if (values is null) return true;
        var list = new ListText(writer, form!);
        var isWhole = true;
        foreach (var value in values)
        {
            if (Write(value, writer) is { Length: >= 0 } token) isWhole &= list.Take(token);
            else list.TakeMissing();
        }
        cell = list.End();
        return isWhole;
    }

    // The tests of types are decided when the method is compiled for a type of values.
    private static Cell Write<TValue>(TValue value, CellWriter writer) => value switch
    {
        null => new Cell { Length = -1 },
        bool v => writer.Flag(v),
        sbyte v => writer.Integer(v),
        byte v => writer.Integer(v),
        short v => writer.Integer(v),
        ushort v => writer.Integer(v),
        int v => writer.Integer(v),
        uint v => writer.Integer(v),
        long v => writer.Integer(v),
        ulong v => writer.Unsigned(v),
        Int128 v => writer.Large(v),
        UInt128 v => writer.Large(v),
        Half v => writer.Number((float)v),
        float v => writer.Number(v),
        double v => writer.Number(v),
        decimal v => writer.Large(v / 1.0000000000000000000000000000m), // without zeros behind
        DateOnly v => writer.Date(v.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber),
        TimeOnly v => writer.Time(v.Ticks * 100),
        DateTime v => writer.Timestamp(v.Ticks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerSecond, v.Kind == DateTimeKind.Utc),
        DateTimeOffset v => writer.Timestamp(v.UtcTicks - DateTime.UnixEpoch.Ticks, TimeSpan.TicksPerSecond, isUtc: true),
        Guid v => writer.Uuid(v.ToByteArray(bigEndian: true)),
        byte[] v => writer.Text(v),
        _ => Text(value.ToString()!, writer),
    };

    private static Cell Text(string text, CellWriter writer)
    {
        Span<byte> few = stackalloc byte[512];
        return Encoding.UTF8.TryGetBytes(text, few, out var length)
            ? writer.Text(few[..length]) : writer.Text(Encoding.UTF8.GetBytes(text));
    }
}
