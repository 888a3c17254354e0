namespace Consort.Serving;

/// <summary>
/// One impression of a scorer, to be filled, scored and filled again; made by <see cref="Scorer.NewImpression"/>. Fields that are not set
/// are missing. For one thread at a time.
/// </summary>
public sealed class Impression
{
    internal Impression(Scorer scorer)
    {
        Scorer = scorer;
        // Pinned, so that kernels can read them where they are.
        Ids = GC.AllocateArray<int>(Math.Max(1, scorer.Encoder.Space.Categorical.Count), pinned: true);
        Numerics = GC.AllocateArray<float>(Math.Max(1, scorer.Encoder.Space.Numeric.Count), pinned: true);
        Lists = new int[scorer.Encoder.Space.ListRoom];
        Times = new long[scorer.Encoder.TimesPerRow];
        Clear();
    }

    /// <summary>The scorer whose encoder it is filled by; no other scores it.</summary>
    public Scorer Scorer { get; }

    /// <summary>The row, with every way to set a value.</summary>
    public ImpressionRow Row => Scorer.RowOf(Ids, Numerics, Lists, Times);

    internal int[] Ids { get; }

    internal float[] Numerics { get; }

    internal int[] Lists { get; }

    internal long[] Times { get; }

    /// <summary>Sets all fields to missing.</summary>
    public void Clear() => Row.Clear();

    /// <summary>Sets a field to a raw value in UTF-8.</summary>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public void Set(int field, ReadOnlySpan<byte> value) => Row.Set(field, value);

    /// <summary>Sets a field to a raw value; null is missing.</summary>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public void Set(int field, string? value) => Row.Set(field, value);

    /// <summary>Sets a field to a number, or to anything else that writes itself as text.</summary>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public void Set<T>(int field, T value)
        where T : struct, IUtf8SpanFormattable => Row.Set(field, value);

    /// <inheritdoc cref="Set(int, ReadOnlySpan{byte})"/>
    /// <exception cref="ConsortException">There is no such field; the message names the nearest. Or the value is not what it
    /// expects.</exception>
    public void Set(string field, ReadOnlySpan<byte> value) => Row.Set(field, value);

    /// <inheritdoc cref="Set(int, string?)"/>
    /// <exception cref="ConsortException">There is no such field; the message names the nearest. Or the value is not what it
    /// expects.</exception>
    public void Set(string field, string? value) => Row.Set(field, value);

    /// <inheritdoc cref="Set{T}(int, T)"/>
    /// <exception cref="ConsortException">There is no such field; the message names the nearest. Or the value is not what it
    /// expects.</exception>
    public void Set<T>(string field, T value)
        where T : struct, IUtf8SpanFormattable => Row.Set(field, value);

    /// <summary>Sets a list or a sequence to these tokens, each as it is.</summary>
    /// <exception cref="ConsortException">The field is no list.</exception>
    public void SetList(int field, params ReadOnlySpan<string> tokens) => Row.SetList(field, tokens);

    /// <inheritdoc cref="SetList(int, ReadOnlySpan{string})"/>
    /// <exception cref="ConsortException">There is no such field; the message names the nearest. Or it is no list.</exception>
    public void SetList(string field, params ReadOnlySpan<string> tokens) => Row.SetList(field, tokens);

    /// <summary>Sets a list or a sequence to these numbers, or whatever writes itself as text.</summary>
    /// <exception cref="ConsortException">The field is no list.</exception>
    public void SetList<T>(int field, ReadOnlySpan<T> tokens)
        where T : struct, IUtf8SpanFormattable => Row.SetList(field, tokens);

    /// <inheritdoc cref="SetList{T}(int, ReadOnlySpan{T})"/>
    /// <exception cref="ConsortException">There is no such field; the message names the nearest. Or it is no list.</exception>
    public void SetList<T>(string field, ReadOnlySpan<T> tokens)
        where T : struct, IUtf8SpanFormattable => Row.SetList(field, tokens);

    /// <summary>How many categorical columns hold a value that was not seen in training.</summary>
    public int CountUnseen() => Row.CountUnseen();
}
