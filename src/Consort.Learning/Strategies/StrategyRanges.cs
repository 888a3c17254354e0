using Consort.Foundation.Options;

namespace Consort.Learning.Strategies;

/// <summary>Values that options of several strategies may have.</summary>
internal static class StrategyRanges
{
    public static readonly Domain<double> Weight = Domain.Number(0, 1000);
}
