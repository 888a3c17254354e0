using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Unicode;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Serving;

/// <summary>
/// One impression being filled with raw values, which are encoded as they are set: by the place of the field among
/// <see cref="Scorer.Fields"/> or by its name. Fields that are not set are missing. Nothing is allocated for values of up to 256 bytes of
/// UTF-8.
/// </summary>
public readonly ref struct ImpressionRow
{
    private const int StackBytes = 256;
    private readonly Scorer _scorer;
    private readonly Span<int> _ids; // [F]
    private readonly Span<float> _numerics; // [N]
    private readonly Span<int> _lists; // of this row alone
    private readonly int _from; // where these begin among the lists of a batch
    private readonly Span<long> _times; // that ages are counted between

    internal ImpressionRow(Scorer scorer, Span<int> ids, Span<float> numerics, Span<int> lists, int from, Span<long> times)
    {
        _scorer = scorer;
        _ids = ids;
        _numerics = numerics;
        _lists = lists;
        _from = from;
        _times = times;
    }

    private Encoder Encoder => _scorer.Encoder;

    /// <summary>Sets all fields to missing.</summary>
    public void Clear() => Encoder.Clear(_ids, _numerics, _lists, _from, _times);

    /// <summary>Sets a field to a raw value in UTF-8.</summary>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public void Set(int field, ReadOnlySpan<byte> value) =>
        Encoder.EncodeField(_scorer.SchemaIndex(field), value, _ids, _numerics, _lists, _times);

    /// <summary>Sets a field to a raw value; null is missing.</summary>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public void Set(int field, string? value)
    {
        if (value is null)
            SetMissing(field);
        else
            Set(field, value.AsSpan());
    }

    /// <summary>Sets a field to a raw value.</summary>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public void Set(int field, ReadOnlySpan<char> value)
    {
        var most = System.Text.Encoding.UTF8.GetMaxByteCount(value.Length);
        if (most <= StackBytes)
        {
            Span<byte> text = stackalloc byte[StackBytes];
            Utf8.FromUtf16(value, text, out _, out var written);
            Set(field, text[..written]);
            return;
        }

        var rented = ArrayPool<byte>.Shared.Rent(most);
        Utf8.FromUtf16(value, rented, out _, out var length);
        try
        {
            Set(field, rented.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// Sets a field to a number, or to anything else that writes itself as text, in the invariant culture; a field of times to a time,
    /// which is of UTC where it does not say otherwise.
    /// </summary>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public void Set<T>(int field, T value)
        where T : struct, IUtf8SpanFormattable
    {
        Span<byte> text = stackalloc byte[StackBytes];
        Set(field, text[..Write(field, value, text)]);
    }

    /// <summary>Whether a field is of kind boolean.</summary>
    public bool IsBoolean(int field) => Encoder.Schema.Fields[_scorer.SchemaIndex(field)].Kind == FieldKind.Boolean;

    /// <summary>Sets a field to yes or no, as the text <c>true</c> or <c>false</c>.</summary>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public void Set(int field, bool value) => Set(field, value ? "true"u8 : "false"u8);

    /// <summary>Sets a field to missing; a numeric one of a model of libsvm or libffm data to 0, as such rows mean it.</summary>
    public void SetMissing(int field) => Encoder.Clear(_scorer.SchemaIndex(field), _ids, _numerics, _lists, _times);

    /// <inheritdoc cref="Set(int, ReadOnlySpan{byte})"/>
    public void Set(string field, ReadOnlySpan<byte> value) => Set(_scorer.FieldIndex(field), value);

    /// <inheritdoc cref="Set(int, string?)"/>
    public void Set(string field, string? value) => Set(_scorer.FieldIndex(field), value);

    /// <inheritdoc cref="Set{T}(int, T)"/>
    public void Set<T>(string field, T value)
        where T : struct, IUtf8SpanFormattable => Set(_scorer.FieldIndex(field), value);

    /// <summary>Sets a list or a sequence to these tokens, each as it is: no splitter is looked for in them.</summary>
    /// <exception cref="ConsortException">The field is no list.</exception>
    public void SetList(int field, params ReadOnlySpan<string> tokens)
    {
        SetMissing(field);
        foreach (var token in tokens)
            AddToken(field, token);
    }

    /// <inheritdoc cref="SetList(int, ReadOnlySpan{string})"/>
    public void SetList(string field, params ReadOnlySpan<string> tokens) => SetList(_scorer.FieldIndex(field), tokens);

    /// <summary>Sets a list or a sequence to these numbers, or whatever writes itself as text.</summary>
    /// <exception cref="ConsortException">The field is no list.</exception>
    public void SetList<T>(int field, ReadOnlySpan<T> tokens)
        where T : struct, IUtf8SpanFormattable
    {
        SetMissing(field);
        foreach (var token in tokens)
            AddToken(field, token);
    }

    /// <inheritdoc cref="SetList{T}(int, ReadOnlySpan{T})"/>
    public void SetList<T>(string field, ReadOnlySpan<T> tokens)
        where T : struct, IUtf8SpanFormattable => SetList(_scorer.FieldIndex(field), tokens);

    /// <summary>Sets a list or a sequence to these tokens, each as it is; null is one that is missing, or no tokens at all.</summary>
    /// <exception cref="ConsortException">The field is no list.</exception>
    public void SetTokens(int field, IEnumerable<string?>? tokens)
    {
        SetMissing(field);
        if (tokens is string?[] array)
        {
            foreach (var token in array)
                AddToken(field, token);
        }
        else if (tokens is List<string?> list)
        {
            foreach (var token in list)
                AddToken(field, token);
        }
        else if (tokens is not null)
        {
            foreach (var token in tokens)
                AddToken(field, token);
        }
    }

    /// <summary>Sets a list or a sequence to these numbers, or whatever writes itself as text; null is no tokens.</summary>
    /// <exception cref="ConsortException">The field is no list.</exception>
    public void SetTokens<T>(int field, IEnumerable<T>? tokens)
        where T : struct, IUtf8SpanFormattable
    {
        if (tokens is T[] array)
        {
            SetList(field, array.AsSpan());
            return;
        }

        if (tokens is List<T> list)
        {
            SetList(field, CollectionsMarshal.AsSpan(list));
            return;
        }

        SetMissing(field);
        foreach (var token in tokens ?? [])
            AddToken(field, token);
    }

    /// <summary>Puts one more token behind those of a list or a sequence.</summary>
    /// <param name="field">The field.</param>
    /// <param name="token">In UTF-8.</param>
    /// <param name="weight">Where the field's tokens have weights: 0, or 1e-9 to 1e9; null takes what the token carries, as in a
    /// file.</param>
    /// <exception cref="ConsortException">The field is no list, or the weight no number of at least 0.</exception>
    public void AddToken(int field, ReadOnlySpan<byte> token, float? weight = null) =>
        Encoder.AddToken(_scorer.SchemaIndex(field), token, _lists, weight, _times);

    /// <inheritdoc cref="AddToken(int, ReadOnlySpan{byte}, float?)"/>
    public void AddToken(int field, ReadOnlySpan<char> token, float? weight = null)
    {
        Span<byte> text = stackalloc byte[StackBytes];
        if (System.Text.Encoding.UTF8.GetMaxByteCount(token.Length) > StackBytes)
            text = new byte[System.Text.Encoding.UTF8.GetMaxByteCount(token.Length)];
        Utf8.FromUtf16(token, text, out _, out var written);
        AddToken(field, text[..written], weight);
    }

    /// <summary>Puts a number, or whatever writes itself as text, behind the tokens of a list or a sequence.</summary>
    /// <inheritdoc cref="AddToken(int, ReadOnlySpan{byte}, float?)"/>
    public void AddToken<T>(int field, T token, float? weight = null)
        where T : struct, IUtf8SpanFormattable
    {
        Span<byte> text = stackalloc byte[StackBytes];
        AddToken(field, text[..Write(field, token, text)], weight);
    }

    /// <summary>How many categorical columns hold a value that was not seen in training, or a list with such a token.</summary>
    public int CountUnseen()
    {
        var count = 0;
        for (var column = 0; column < _ids.Length; column++)
        {
            var (unseen, id) = (Encoder.Space.Categorical[column].Offset + 1, _ids[column]);
            if (Encoder.IsGenerated(column))
                continue; // no value of its own
            if (Encoder.Space.Categorical[column].List is null)
                count += id == unseen ? 1 : 0;
            else
                count += _lists.Slice(id - _from + 1, _lists[id - _from]).Contains(unseen) ? 1 : 0;
        }

        return count;
    }

    private static DateTimeOffset? TimeOf<T>(T value) => value switch
    {
        DateTimeOffset time => time,
        DateTime { Kind: DateTimeKind.Local } time => time.ToUniversalTime(),
        DateTime time => new DateTimeOffset(time.Ticks, TimeSpan.Zero),
        DateOnly day => new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero),
        _ => null,
    };

    private int Write<T>(int field, T value, Span<byte> text)
        where T : struct, IUtf8SpanFormattable
    {
        if (TimeOf(value) is { } time && Encoder.WriteTime(_scorer.SchemaIndex(field), time, text) is > 0 and var length)
            return length;
        return value.TryFormat(text, out var written, default, CultureInfo.InvariantCulture)
            ? written
            : throw new ConsortException($"field {_scorer.Fields[field]}: found a {typeof(T).Name} of more than {StackBytes} bytes as text");
    }
}
