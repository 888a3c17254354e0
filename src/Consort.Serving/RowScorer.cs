using System.Linq.Expressions;
using System.Reflection;
using Consort.Foundation.Options;

namespace Consort.Serving;

/// <summary>
/// Scores rows of a type of the caller's: texts, UTF-8 (<c>byte[]</c>, <see cref="ReadOnlyMemory{T}"/>), numbers and whatever else writes
/// itself as text; null is missing. How a row is read is compiled once. Made by <see cref="Scorer.For{T}"/>. Safe for many threads at once.
/// </summary>
/// <typeparam name="T">The type of rows.</typeparam>
public sealed class RowScorer<T>
{
    private delegate void Reader(T row, ImpressionRow impression);

    private readonly Scorer _scorer;
    private readonly Reader[] _readers;

    internal RowScorer(Scorer scorer)
    {
        _scorer = scorer;
        var readers = new Dictionary<int, Reader>();
        string? unread = null;
        foreach (var member in typeof(T).GetMembers(BindingFlags.Instance | BindingFlags.Public)
            .Where(m => m is FieldInfo or PropertyInfo { CanRead: true }))
        {
            if (FieldOf(member) is not { } field)
            {
                unread ??= MistakeOf(member);
                continue;
            }

            if (!readers.TryAdd(field, ReaderOf(scorer, member, field)))
                throw new ConsortException($"{typeof(T).Name}.{member.Name}: found a second property for field {scorer.Fields[field]}");
        }

        if (readers.Count == 0)
            throw new ConsortException($"{typeof(T).Name}: found no property named like a field, expected some of {string.Join(", ", scorer.Fields)}");
        // A value that went nowhere, by a misspelt name, would make every score wrong in silence.
        if (unread is not null)
            throw new ConsortException(unread);
        _readers = [.. readers.Values];
        Fields = [.. readers.Keys.Order().Select(f => scorer.Fields[f])];
    }

    /// <summary>The fields that rows give; the others of <see cref="Scorer.Fields"/> are missing in every row.</summary>
    public IReadOnlyList<string> Fields { get; }

    /// <summary>Scores a row.</summary>
    /// <returns>The probability of a click.</returns>
    /// <exception cref="ConsortException">A value is not what its field expects.</exception>
    public float Score(T row)
    {
        var workspace = _scorer.Take();
        try
        {
            Read(row, _scorer.RowOf(workspace.Ids, workspace.Numerics, workspace.Lists, workspace.Times));
            return _scorer.ScoreRow(workspace, workspace.Ids, workspace.Numerics, workspace.Lists);
        }
        finally
        {
            _scorer.Return(workspace);
        }
    }

    /// <summary>Scores rows.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="probabilities">Gets the probability of a click of each.</param>
    /// <exception cref="ConsortException">A value is not what its field expects.</exception>
    /// <exception cref="ArgumentException">There is too little room.</exception>
    public void Score(ReadOnlySpan<T> rows, Span<float> probabilities)
    {
        if (probabilities.Length < rows.Length)
            throw new ArgumentException($"found room for {probabilities.Length} probabilities, expected {rows.Length}",
                nameof(probabilities));
        var workspace = _scorer.Take();
        try
        {
            var (columns, numerics) = (_scorer.Encoder.Space.Categorical.Count, _scorer.Encoder.Space.Numeric.Count);
            for (var start = 0; start < rows.Length; start += workspace.BatchRows)
            {
                var count = Math.Min(workspace.BatchRows, rows.Length - start);
                for (var row = 0; row < count; row++)
                    Read(rows[start + row], _scorer.RowOf(workspace.BatchIds.AsSpan(row * columns),
                        workspace.BatchNumerics.AsSpan(row * numerics), workspace.BatchLists, workspace.BatchTimes,
                        row));
                _scorer.ScoreRows(workspace, workspace.BatchIds, workspace.BatchNumerics, workspace.BatchLists, count,
                    probabilities.Slice(start, count), start);
            }
        }
        catch (ConsortException)
        {
            // A call is answered as a whole or not at all.
            probabilities[..rows.Length].Clear();
            throw;
        }
        finally
        {
            _scorer.Return(workspace);
        }
    }

    /// <summary>Fills an impression from a row; fields that the row does not give become missing.</summary>
    /// <exception cref="ConsortException">A value is not what its field expects.</exception>
    public void Fill(T row, Impression impression)
    {
        _scorer.Require(impression.Scorer);
        Read(row, impression.Row);
    }

    /// <summary>Fills an impression of a batch from a row; fields that the row does not give become missing.</summary>
    /// <exception cref="ConsortException">A value is not what its field expects.</exception>
    public void Fill(T row, ImpressionRow impression) => Read(row, impression);

    private void Read(T row, ImpressionRow impression)
    {
        impression.Clear();
        foreach (var reader in _readers)
            reader(row, impression);
    }

    private int? FieldOf(MemberInfo member)
    {
        // A record's attribute may stand on the parameter of its constructor.
        var name = member.GetCustomAttribute<ImpressionFieldAttribute>()?.Name
            ?? typeof(T).GetConstructors().SelectMany(c => c.GetParameters())
                .Where(p => p.Name == member.Name).Select(p => p.GetCustomAttribute<ImpressionFieldAttribute>()?.Name)
                .FirstOrDefault(n => n is not null);
        if (name is not null)
            return _scorer.FieldIndex(name);
        if (member.IsDefined(typeof(ImpressionIgnoreAttribute)))
            return null;
        for (var field = 0; field < _scorer.Fields.Count; field++)
            if (string.Equals(_scorer.Fields[field], member.Name, StringComparison.OrdinalIgnoreCase))
                return field;
        // CampaignId is campaign_id: each language has its own way to write names.
        for (var field = 0; field < _scorer.Fields.Count; field++)
            if (string.Equals(Bare(_scorer.Fields[field]), Bare(member.Name), StringComparison.OrdinalIgnoreCase))
                return field;
        return null;
    }

    // What is wrong with a property that no field is named like; null where it may be passed over.
    private string? MistakeOf(MemberInfo member)
    {
        if (member.IsDefined(typeof(ImpressionIgnoreAttribute)))
            return null;
        var others = _scorer.Encoder.Schema.Fields.Where(f => !_scorer.Fields.Contains(f.Name)).Select(f => Bare(f.Name));
        return others.Contains(Bare(member.Name), StringComparer.OrdinalIgnoreCase)
            ? null
            : $"{typeof(T).Name}.{member.Name}: is not one that the model reads{NearestWord.Hint(member.Name, _scorer.Fields)}; name its field by [ImpressionField], or pass over it by [ImpressionIgnore]";
    }

    private static string Bare(string name) => name.Replace("_", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal);

    private static Reader ReaderOf(Scorer scorer, MemberInfo member, int field)
    {
        var (row, impression) = (Expression.Parameter(typeof(T)), Expression.Parameter(typeof(ImpressionRow)));
        Expression value = Expression.MakeMemberAccess(row, member);
        var place = Expression.Constant(field);
        Expression body;
        if (Nullable.GetUnderlyingType(value.Type) is { } inner)
        {
            body = Expression.IfThenElse(
                Expression.Property(value, "HasValue"),
                Set(Expression.Property(value, "Value"), inner),
                Expression.Call(impression, nameof(ImpressionRow.SetMissing), null, place));
        }
        else
        {
            body = Set(value, value.Type);
        }

        return Expression.Lambda<Reader>(body, row, impression).Compile();

        Expression Set(Expression given, Type type)
        {
            if (type == typeof(string))
                return Expression.Call(impression, Method(typeof(string)), place, given);
            if (type == typeof(bool))
                return Expression.Call(impression, Method(typeof(bool)), place, given);
            if (type == typeof(byte[]))
                return Expression.Call(typeof(RowScorer<T>), nameof(SetBytes), null, impression, place,
                    Expression.Convert(given, typeof(ReadOnlyMemory<byte>)));
            if (type == typeof(ReadOnlyMemory<byte>))
                return Expression.Call(typeof(RowScorer<T>), nameof(SetBytes), null, impression, place, given);
            if (TokenOf(type) is { } token)
            {
                return scorer.Encoder.IsList(scorer.SchemaIndex(field))
                    ? Expression.Call(typeof(RowScorer<T>), token == typeof(string) ? nameof(SetTexts) : nameof(SetNumbers),
                        token == typeof(string) ? null : [token], impression, place, given)
                    : throw new ConsortException(
                        $"{typeof(T).Name}.{member.Name}: found several values, expected one: field {scorer.Fields[field]} is no list");
            }

            if (type.IsValueType && typeof(IUtf8SpanFormattable).IsAssignableFrom(type))
                return Expression.Call(typeof(RowScorer<T>), nameof(SetNumber), [type], impression, place, given);
            throw new ConsortException(
                $"{typeof(T).Name}.{member.Name}: found a {type.Name}, expected a string, UTF-8 bytes, a number, a bool or another value that writes itself as text, and for a list several strings or numbers");
        }

        static MethodInfo Method(Type type) => typeof(ImpressionRow).GetMethod(nameof(ImpressionRow.Set), [typeof(int), type])!;
    }

    // What an array, a list or another sequence holds, where that can be a token; null of other types.
    private static Type? TokenOf(Type type)
    {
        var sequence = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>) ? type
            : Array.Find(type.GetInterfaces(), i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEnumerable<>));
        return sequence?.GetGenericArguments()[0] is { } token
            && (token == typeof(string) || (token.IsValueType && typeof(IUtf8SpanFormattable).IsAssignableFrom(token))) ? token : null;
    }

    private static void SetTexts(ImpressionRow impression, int field, IEnumerable<string?>? tokens)
    {
        impression.SetMissing(field);
        if (tokens is string?[] array)
        {
            foreach (var token in array)
                impression.AddToken(field, token);
        }
        else if (tokens is List<string?> list)
        {
            foreach (var token in list)
                impression.AddToken(field, token);
        }
        else if (tokens is not null)
        {
            foreach (var token in tokens)
                impression.AddToken(field, token);
        }
    }

    private static void SetNumbers<TValue>(ImpressionRow impression, int field, IEnumerable<TValue>? tokens)
        where TValue : struct, IUtf8SpanFormattable
    {
        if (tokens is TValue[] array)
        {
            impression.SetList(field, array.AsSpan());
            return;
        }

        if (tokens is List<TValue> list)
        {
            impression.SetList(field, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(list));
            return;
        }

        impression.SetMissing(field);
        foreach (var token in tokens ?? [])
            impression.AddToken(field, token);
    }

    private static void SetBytes(ImpressionRow impression, int field, ReadOnlyMemory<byte> value) => impression.Set(field, value.Span);

    private static void SetNumber<TValue>(ImpressionRow impression, int field, TValue value)
        where TValue : struct, IUtf8SpanFormattable => impression.Set(field, value);
}
