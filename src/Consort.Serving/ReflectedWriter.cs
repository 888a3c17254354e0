using System.Diagnostics.CodeAnalysis;
using System.Linq.Expressions;
using System.Reflection;

namespace Consort.Serving;

/// <summary>Writes rows of a type that is looked into when the program runs; how each property is read is compiled once.</summary>
[RequiresUnreferencedCode("Rows without [ImpressionRow] are read by reflection.")]
[RequiresDynamicCode("Rows without [ImpressionRow] are read by code that is made when the program runs.")]
internal sealed class ReflectedWriter<T> : ImpressionWriter<T>
{
    private delegate void Reader(T row, int field, ImpressionRow impression);

    private readonly Reader?[] _readers;

    public ReflectedWriter() : this([.. typeof(T).GetMembers(BindingFlags.Instance | BindingFlags.Public)
        .Where(m => m is FieldInfo or PropertyInfo { CanRead: true })
        .Where(m => FieldOf(m) is not null || !m.IsDefined(typeof(ImpressionIgnoreAttribute)))])
    {
    }

    private ReflectedWriter(MemberInfo[] members) : base([.. members.Select(PropertyOf)]) =>
        _readers = [.. members.Select((m, i) => Properties[i].Mistake is null ? ReaderOf(m) : null)];

    public override void Write(T row, ReadOnlySpan<int> fields, ImpressionRow impression)
    {
        for (var property = 0; property < _readers.Length; property++)
            if (fields[property] >= 0)
                _readers[property]!(row, fields[property], impression);
    }

    // A record's attribute may stand on the parameter of its constructor.
    private static string? FieldOf(MemberInfo member) => member.GetCustomAttribute<ImpressionFieldAttribute>()?.Name
        ?? typeof(T).GetConstructors().SelectMany(c => c.GetParameters())
            .Where(p => p.Name == member.Name).Select(p => p.GetCustomAttribute<ImpressionFieldAttribute>()?.Name)
            .FirstOrDefault(n => n is not null);

    private static Type TypeOf(MemberInfo member) => member is FieldInfo field ? field.FieldType : ((PropertyInfo)member).PropertyType;

    private static RowProperty PropertyOf(MemberInfo member)
    {
        var type = TypeOf(member);
        var inner = Nullable.GetUnderlyingType(type) ?? type;
        var isOne = inner == typeof(string) || inner == typeof(bool) || inner == typeof(byte[]) || inner == typeof(ReadOnlyMemory<byte>);
        var isSeveral = !isOne && TokenOf(inner) is not null;
        return new(member.Name, FieldOf(member), isSeveral, isOne || isSeveral || IsNumber(inner) ? null
            : $"found a {inner.Name}, expected a string, UTF-8 bytes, a number, a bool or another value that writes itself as text, and for a list several strings or numbers");
    }

    private static Reader ReaderOf(MemberInfo member)
    {
        ParameterExpression row = Expression.Parameter(typeof(T)), field = Expression.Parameter(typeof(int)),
            impression = Expression.Parameter(typeof(ImpressionRow));
        Expression value = Expression.MakeMemberAccess(row, member);
        var body = Nullable.GetUnderlyingType(value.Type) is { } inner
            ? Expression.IfThenElse(
                Expression.Property(value, "HasValue"),
                Set(Expression.Property(value, "Value"), inner),
                Expression.Call(impression, nameof(ImpressionRow.SetMissing), null, field))
            : Set(value, value.Type);
        return Expression.Lambda<Reader>(body, row, field, impression).Compile();

        Expression Set(Expression given, Type type)
        {
            if (type == typeof(string) || type == typeof(bool))
                return Expression.Call(impression, typeof(ImpressionRow).GetMethod(nameof(ImpressionRow.Set), [typeof(int), type])!, field,
                    given);
            if (type == typeof(byte[]) || type == typeof(ReadOnlyMemory<byte>))
                return Expression.Call(typeof(ReflectedWriter<T>), nameof(SetBytes), null, impression, field,
                    Expression.Convert(given, typeof(ReadOnlyMemory<byte>)));
            return TokenOf(type) is { } token
                ? Expression.Call(impression, nameof(ImpressionRow.SetTokens), token == typeof(string) ? null : [token], field, given)
                : Expression.Call(typeof(ReflectedWriter<T>), nameof(SetNumber), [type], impression, field, given);
        }
    }

    private static bool IsNumber(Type type) => type.IsValueType && typeof(IUtf8SpanFormattable).IsAssignableFrom(type);

    // What an array, a list or another sequence holds, where that can be a token; null of other types.
    private static Type? TokenOf(Type type)
    {
        var sequence = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>) ? type
            : Array.Find(type.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>));
        return sequence?.GetGenericArguments()[0] is { } token && (token == typeof(string) || IsNumber(token)) ? token : null;
    }

    private static void SetBytes(ImpressionRow impression, int field, ReadOnlyMemory<byte> value) => impression.Set(field, value.Span);

    private static void SetNumber<TValue>(ImpressionRow impression, int field, TValue value)
        where TValue : struct, IUtf8SpanFormattable => impression.Set(field, value);
}
