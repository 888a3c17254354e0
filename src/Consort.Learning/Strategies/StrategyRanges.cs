using System.Runtime.CompilerServices;

namespace Consort.Learning.Strategies;

/// <summary>Ranges and choices that the options of several strategies share.</summary>
internal static class StrategyRanges
{
    public const double MaxWeight = 1000;

    public static void CheckWeight(double weight, [CallerArgumentExpression(nameof(weight))] string? name = null)
    {
        // Written so that NaN fails too.
        if (!(weight >= 0 && weight <= MaxWeight))
        {
            throw new ArgumentOutOfRangeException(name, weight, $"expected a weight from 0 to {MaxWeight}");
        }
    }
}
