using Consort.Foundation.Options;

namespace Consort.Learning.Schedules;

/// <summary>One learning-rate schedule that an experiment may name.</summary>
/// <param name="Name">The name in an experiment file.</param>
/// <param name="Summary">What it does and its keys, in a line.</param>
/// <param name="Create">Makes it from its options, the learning rate of step 0 and the steps of an epoch.</param>
public sealed record ScheduleEntry(string Name, string Summary, Func<OptionMap, double, long, Schedule> Create);

/// <summary>All schedules. A new schedule is one new file and one line here.</summary>
public static class ScheduleCatalogue
{
    private const long LongestWarmUp = 1_000_000_000;

    private static readonly ScheduleEntry[] All =
    [
        new("constant", "the same rate at every step", (_, rate, _) => new ConstantRate(rate)),
        new("exponential", "falls to `fraction` (0.1) of the rate in `epochs` (3), step by step",
            (map, rate, stepsPerEpoch) => new ExponentialDecay(
                rate, map.Number("fraction", 0.1, 1e-6, 1), map.Number("epochs", 3, 0.01, 10_000), stepsPerEpoch)),
        new("plateau", "times `factor` (0.1) at each evaluation without an improvement of `min_delta` (1e-6), not below `floor` (1e-6)",
            (map, rate, _) => new ReduceOnPlateau(
                rate, map.Number("factor", 0.1, 1e-6, 0.999999), map.Number("min_delta", 1e-6, 0, 1), map.Number("floor", 1e-6, 0, 1))),
    ];

    private static readonly Dictionary<string, ScheduleEntry> ByName = All.ToDictionary(entry => entry.Name);

    /// <summary>The entries, in the order in which they are listed.</summary>
    public static IReadOnlyList<ScheduleEntry> Entries => All;

    /// <summary>
    /// Makes the schedule that the key <c>name</c> names (constant when absent); <c>warmup_steps</c> (0) puts a linear rise before any of
    /// them. The caller closes the map, which rejects unknown keys.
    /// </summary>
    /// <param name="map">The options.</param>
    /// <param name="rate">Learning rate of step 0, above 0.</param>
    /// <param name="stepsPerEpoch">Steps of an epoch, at least 1.</param>
    /// <exception cref="ConsortException">Unknown name, or an option out of range.</exception>
    public static Schedule Create(OptionMap map, double rate, long stepsPerEpoch)
    {
        Schedule schedule = map.Choice("name", ByName["constant"], ByName).Create(map, rate, stepsPerEpoch);
        long steps = map.Long("warmup_steps", 0, 0, LongestWarmUp);
        return steps == 0 ? schedule : new WarmUp(schedule, steps);
    }
}
