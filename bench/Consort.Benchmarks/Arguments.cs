using System.Globalization;
using Consort.Data;
using Consort.Data.Options;

namespace Consort.Benchmarks;

/// <summary>The options of a command, <c>--name value</c> each, read strictly.</summary>
internal sealed class Arguments
{
    private readonly string _command;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Takes the words after the command.</summary>
    /// <param name="command">Its name, for messages.</param>
    /// <param name="words">Names and values in turn.</param>
    /// <param name="known">The names, without dashes.</param>
    public Arguments(string command, ReadOnlySpan<string> words, params string[] known)
    {
        _command = command;
        for (int i = 0; i < words.Length; i += 2)
        {
            string name = words[i].StartsWith("--", StringComparison.Ordinal) ? words[i][2..] : "";
            if (!known.Contains(name))
            {
                string hint = NearestWord.Find(name, known) is { } near ? $"; did you mean --{near}?" : $", expected one of --{string.Join(", --", known)}";
                throw new ConsortException($"{command}: unknown option \"{words[i]}\"{hint}");
            }
            if (i + 1 == words.Length) throw new ConsortException($"{command}, --{name}: found nothing, expected a value");
            if (!_values.TryAdd(name, words[i + 1])) throw new ConsortException($"{command}, --{name}: found it twice, expected it once");
        }
    }

    public string? Text(string name) => _values.GetValueOrDefault(name);

    public int Integer(string name, int fallback, int min, int max)
    {
        if (Text(name) is not { } text) return fallback;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) || value < min || value > max)
            throw Mistake(name, string.Create(CultureInfo.InvariantCulture, $"an integer from {min} to {max}"));
        return value;
    }

    /// <summary>One of a few words; the first is the default.</summary>
    public string Choice(string name, params string[] choices)
    {
        string text = Text(name) ?? choices[0];
        return choices.Contains(text, StringComparer.OrdinalIgnoreCase)
            ? text.ToLowerInvariant()
            : throw Mistake(name, string.Join(" or ", choices));
    }

    public ConsortException Mistake(string name, string expected) => new($"{_command}, --{name}: found \"{Text(name)}\", expected {expected}");
}
