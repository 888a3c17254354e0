using System.Text;

namespace Consort.Cli.Terminals;

/// <summary>
/// Standard error, where nobody may be listening: closed (<c>2&gt;&amp;-</c>), or on a disk that is full. What cannot be said is not said;
/// the work, a request under way or a clean stop must not fail for it.
/// </summary>
internal sealed class StandardError(TextWriter console) : TextWriter
{
    public override Encoding Encoding => console.Encoding;

    public override void Write(char value) => Try(() => console.Write(value));

    public override void Write(char[] buffer, int index, int count) => Try(() => console.Write(buffer, index, count));

    public override void Write(string? value) => Try(() => console.Write(value));

    public override void WriteLine(string? value) => Try(() => console.WriteLine(value));

    public override void Flush() => Try(console.Flush);

    private static void Try(Action write)
    {
        try
        {
            write();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // nobody to tell
        }
    }
}
