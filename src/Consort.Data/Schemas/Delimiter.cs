namespace Consort.Data.Schemas;

/// <summary>What stands between the cells of a delimited row: a character, or several such as <c>::</c>.</summary>
public readonly record struct Delimiter
{
    /// <summary>The most bytes of UTF-8 that one may have.</summary>
    public const int MostBytes = 16;

    private static readonly (string Name, string Text)[] Named =
        [("tab", "\t"), ("comma", ","), ("semicolon", ";"), ("pipe", "|"), ("space", " ")];

    private readonly string? _text;

    /// <summary>A delimiter; whether it can be one is checked with the schema.</summary>
    /// <param name="text">Its characters.</param>
    public Delimiter(string text) => _text = text;

    /// <summary>Its characters; a tab by default.</summary>
    public string Text => _text ?? "\t";

    /// <summary>Its bytes in UTF-8.</summary>
    public ReadOnlySpan<byte> Bytes => System.Text.Encoding.UTF8.GetBytes(Text);

    /// <summary>What a schema calls it: <c>comma</c>, or the characters in quotes.</summary>
    public string Name
    {
        get
        {
            var text = Text;
            return Named.FirstOrDefault(n => n.Text == text).Name ?? $"\"{text}\"";
        }
    }

    /// <summary>Whether rows can be cut by it: 1 to <see cref="MostBytes"/> bytes, no quote, line end or NUL among them.</summary>
    public bool IsUsable => Text.Length > 0 && Bytes.Length <= MostBytes && Text.IndexOfAny(['"', '\r', '\n', '\0']) < 0;

    /// <summary>What to say of a text that cannot be one.</summary>
    internal static string Expected(string text) =>
        $"found \"{text}\", expected 1 to {MostBytes} bytes without a quote, a line end or a NUL";

    /// <summary>A delimiter of one ASCII character.</summary>
    /// <param name="character">Its code.</param>
    public static implicit operator Delimiter(byte character) => new(((char)character).ToString());

    /// <summary>The first character.</summary>
    /// <param name="delimiter">A delimiter.</param>
    public static explicit operator char(Delimiter delimiter) => delimiter.Text[0];

    /// <summary>The delimiter that a schema names, such as <c>comma</c> or <c>::</c>.</summary>
    /// <param name="text">A name, or the characters themselves.</param>
    public static Delimiter Of(string text) => new(Named.FirstOrDefault(n => n.Name == text).Text ?? text);

    /// <inheritdoc/>
    public override string ToString() => Text;

    /// <summary>Delimiters are equal when their characters are.</summary>
    /// <param name="other">Another one.</param>
    public bool Equals(Delimiter other) => Text == other.Text;

    /// <inheritdoc/>
    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
