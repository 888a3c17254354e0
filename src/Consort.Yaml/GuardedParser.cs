using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Consort.Yaml;

/// <summary>The library's parser, of which only <see cref="ConsortException"/> comes, with the line.</summary>
internal sealed class GuardedParser
{
    private readonly Parser _parser;
    private readonly string _text;
    private readonly string _source;

    public GuardedParser(string text, string source) => (_parser, _text, _source) = (new Parser(new StringReader(text)), text, source);

    /// <summary>
    /// The lists and mappings in brackets that are open: where a text breaks off, the innermost is mostly the one to close.
    /// </summary>
    public Stack<string> Open { get; } = [];

    /// <summary>The next event; the stream's end is one too.</summary>
    /// <exception cref="ConsortException">The text is malformed here.</exception>
    public ParsingEvent Next()
    {
        var line = _parser.Current?.End.Line ?? 1;
        try
        {
            if (_parser.MoveNext()) return _parser.Current!;
        }
        catch (YamlException e) when (e.Message.Contains("tab", StringComparison.Ordinal))
        {
            throw Malformed(TabAfter(Math.Max(e.Start.Line, 1)), "found a tab, expected spaces before keys and items", e);
        }
        catch (YamlException e)
        {
            throw Malformed(Math.Max(e.Start.Line, 1), e.Message, e);
        }
        // The library also throws what its own slips come to; for the user it is the same mistake.
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw Malformed(line, "expected keys and values, with texts that hold special characters in quotes", e);
        }
        throw Malformed(line, "found the end of the text too early", null);
    }

    // The library names where the value began; the tab stands before what comes next.
    private long TabAfter(long line)
    {
        var lines = _text.Split('\n');
        var at = Array.FindIndex(lines, (int)line - 1, l => l.AsSpan(0, l.Length - l.AsSpan().TrimStart().Length).Contains('\t'));
        return at < 0 ? line : at + 1;
    }

    private ConsortException Malformed(long line, string what, Exception? cause)
    {
        var message = string.Create(
            CultureInfo.InvariantCulture, $"{_source}:{line}: malformed YAML: {what.ReplaceLineEndings(" ").TrimEnd('.')}{(Open.TryPeek(out var open) ? $"; {open}" : "")}");
        return cause is null ? new ConsortException(message) : new ConsortException(message, cause);
    }
}
