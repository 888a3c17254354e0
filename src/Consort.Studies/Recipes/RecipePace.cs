using System.Globalization;

namespace Consort.Studies.Recipes;

/// <summary>How long runs take: what a few steps let expect, corrected by what finished runs took.</summary>
internal sealed class RecipePace
{
    private readonly Dictionary<string, double> _guesses = [];
    private readonly Dictionary<string, List<double>> _measured = [];

    /// <summary>The expected seconds of a run of a row.</summary>
    public void Guess(string row, double seconds) => _guesses[row] = seconds;

    /// <summary>The seconds that a run of a row took.</summary>
    public void Measured(string row, double seconds)
    {
        if (!_measured.TryGetValue(row, out var list))
            _measured[row] = list = [];
        list.Add(seconds);
    }

    /// <summary>The seconds that runs of these rows will take, or null where nothing is known of one.</summary>
    public double? Left(IEnumerable<string> rows)
    {
        var known = _measured.Where(m => _guesses.ContainsKey(m.Key)).ToList();
        // Guesses are off by much the same factor: epochs, evaluation, neighbours on the processors.
        var factor = known.Count == 0 ? 1 : known.Average(m => m.Value.Average() / _guesses[m.Key]);
        var sum = 0.0;
        foreach (var row in rows)
        {
            if (_measured.TryGetValue(row, out var list))
                sum += list.Average();
            else if (_guesses.TryGetValue(row, out var guess))
                sum += factor * guess;
            else
                return null;
        }

        return sum;
    }

    /// <summary>Seconds for people, with the word about where it is needed.</summary>
    public static string About(double seconds) => seconds < 1 ? "less than a second" : $"about {Time(seconds)}";

    private static string Time(double seconds) => seconds < 100
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:F0} s")
        : seconds < 6000
            ? string.Create(CultureInfo.InvariantCulture, $"{seconds / 60:F0} min")
            : string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:F1} h");
}
