namespace Consort.Foundation.Options;

/// <summary>
/// Where a search for a good value of an option looks unless it is told: the numbers between two, or some values in an order in which
/// neighbours are alike. Narrower than what the option may be: most of that never helps.
/// </summary>
/// <param name="Low">The least number; NaN where there are choices.</param>
/// <param name="High">The greatest.</param>
/// <param name="IsLog">Whether equal ratios count alike, rather than equal differences.</param>
/// <param name="Choices">The values as a file says them; none where there are numbers.</param>
public sealed record SearchRange(double Low, double High, bool IsLog, IReadOnlyList<string> Choices)
{
    /// <summary>Numbers of which equal differences count alike.</summary>
    public static SearchRange Linear(double low, double high) => new(low, high, false, []);

    /// <summary>Numbers of which equal ratios count alike; above 0.</summary>
    public static SearchRange Log(double low, double high) => new(low, high, true, []);

    /// <summary>Some values.</summary>
    public static SearchRange Of(params IReadOnlyList<string> choices) => new(double.NaN, double.NaN, false, choices);
}
