using System.Globalization;
using System.Numerics;

namespace Consort.AspNetCore.Registry;

/// <summary>Versions in the order of their numbers where they are numbers, after all that are not.</summary>
internal sealed class VersionOrder : IComparer<string>
{
    public static VersionOrder Ascending { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        var (left, right) = (Number(x!), Number(y!));
        return (left, right) switch
        {
            ({ } a, { } b) when a != b => a.CompareTo(b),
            ({ }, null) => 1,
            (null, { }) => -1,
            _ => string.CompareOrdinal(x, y),
        };
    }

    private static BigInteger? Number(string text) =>
        BigInteger.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
