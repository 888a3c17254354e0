namespace Consort.Cli.Terminals;

/// <summary>
/// One line that is written over itself, and lines above it that stay. Drawn by whoever reports, so that no thread of its own takes time
/// from training; where the output goes to a file only the lines that stay are written. Safe for several threads.
/// </summary>
internal sealed class StatusLine(TextWriter writer, bool isInteractive)
{
    private readonly Lock _lock = new();
    private readonly char[] _blanks = [.. Enumerable.Repeat(' ', 512)];
    private int _shown;

    /// <summary>Whether <see cref="Draw"/> shows anything.</summary>
    public bool IsInteractive { get; } = isInteractive;

    /// <summary>Replaces the line.</summary>
    public void Draw(ReadOnlySpan<char> text)
    {
        if (!IsInteractive)
            return;
        lock (_lock)
        {
            text = Printable(text);
            text = text[..Math.Min(text.Length, Width() - 1)];
            writer.Write('\r');
            writer.Write(text);
            Blank(_shown - text.Length);
            _shown = text.Length;
        }
    }

    /// <summary>Writes a line that stays.</summary>
    public void Keep(ReadOnlySpan<char> text)
    {
        lock (_lock)
        {
            Clear();
            writer.WriteLine(Printable(text));
        }
    }

    /// <summary>Takes the line away, before results or a message.</summary>
    public void Clear()
    {
        lock (_lock)
        {
            if (_shown == 0)
                return;
            writer.Write('\r');
            Blank(_shown);
            writer.Write('\r');
            _shown = 0;
        }
    }

    // Names of phases and runs are the user's, and may hold what steers a terminal.
    private static ReadOnlySpan<char> Printable(ReadOnlySpan<char> text) =>
        text.IndexOfAnyExceptInRange(' ', '~') < 0 ? text : PrintableText.Of(text.ToString());

    private void Blank(int count) => writer.Write(_blanks.AsSpan(0, Math.Clamp(count, 0, _blanks.Length)));

    private int Width()
    {
        try
        {
            return Math.Clamp(Console.WindowWidth, 20, _blanks.Length);
        }
        catch (IOException)
        {
            return 80; // no terminal behind the stream after all
        }
    }
}
