using System.Globalization;
using Consort.Foundation.Options;

namespace Consort.Benchmarks;

/// <summary>The options of a command, <c>--name value</c> each, read strictly.</summary>
internal sealed class Arguments
{
    private readonly string _command;
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Takes the words after the command.</summary>
    /// <param name="command">Its name, for messages.</param>
    /// <param name="words">Names and values in turn.</param>
    /// <param name="known">The names, without dashes; those that end in ? stand alone, without a value.</param>
    public Arguments(string command, ReadOnlySpan<string> words, params string[] known)
    {
        _command = command;
        var names = Array.ConvertAll(known, k => k.TrimEnd('?'));
        for (var i = 0; i < words.Length; i += 2)
        {
            var name = words[i].StartsWith("--", StringComparison.Ordinal) ? words[i][2..] : "";
            if (!names.Contains(name))
            {
                var hint = NearestWord.Find(name, names) is { } near
                    ? $"; did you mean --{near}?" : $", expected one of --{string.Join(", --", names)}";
                throw new ConsortException($"{command}: unknown option \"{words[i]}\"{hint}");
            }
            if (known.Contains(name + "?"))
            {
                _values[name] = "";
                i--;
                continue;
            }
            if (i + 1 == words.Length) throw new ConsortException($"{command}, --{name}: found nothing, expected a value");
            if (!_values.TryAdd(name, words[i + 1])) throw new ConsortException($"{command}, --{name}: found it twice, expected it once");
        }
    }

    public string? Text(string name) => _values.GetValueOrDefault(name);

    public int Integer(string name, int fallback, int min, int max)
    {
        if (Text(name) is not { } text) return fallback;
        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) || value < min || value > max)
            throw Mistake(name, string.Create(CultureInfo.InvariantCulture, $"an integer from {min} to {max}"));
        return value;
    }

    public double Number(string name, double fallback, double min, double max)
    {
        if (Text(name) is not { } text) return fallback;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || !(value >= min && value <= max))
            throw Mistake(name, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"));
        return value;
    }

    public bool Flag(string name) => _values.ContainsKey(name);

    /// <summary>Words between commas.</summary>
    public IReadOnlyList<string> List(string name, params IReadOnlyList<string> fallback) => Text(name) is not { } text ? fallback
        : text.Split(',', StringSplitOptions.TrimEntries) is var words && words.All(w => w.Length > 0)
        && words.Distinct(StringComparer.OrdinalIgnoreCase).Count() == words.Length ? words
        : throw Mistake(name, "different values with commas between them");

    /// <summary>Integers between commas.</summary>
    public IReadOnlyList<int> Integers(string name, int min, int max, params IReadOnlyList<int> fallback)
    {
        if (Text(name) is null) return fallback;
        return [.. List(name).Select(w => int.TryParse(w, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= min
            && value <= max
            ? value
            : throw Mistake(name, string.Create(CultureInfo.InvariantCulture, $"integers from {min} to {max} with commas between them")))];
    }

    /// <summary>One of a few words; the first is the default.</summary>
    public string Choice(string name, params string[] choices)
    {
        var text = Text(name) ?? choices[0];
        return choices.Contains(text, StringComparer.OrdinalIgnoreCase)
            ? text.ToLowerInvariant()
            : throw Mistake(name, string.Join(" or ", choices));
    }

    public ConsortException Mistake(string name, string expected) =>
        new($"{_command}, --{name}: found \"{Text(name)}\", expected {expected}");
}
