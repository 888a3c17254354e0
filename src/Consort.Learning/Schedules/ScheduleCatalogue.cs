using Consort.Foundation.Options;

namespace Consort.Learning.Schedules;

/// <summary>All schedules. A new schedule is one new file and one line here.</summary>
public static class ScheduleCatalogue
{
    /// <summary>What a schedule's key <c>name</c> can name. Plateau where it is absent: what FuxiCTR does, and so what published numbers mean.</summary>
    public static Catalogue<ScheduleOptions> All { get; } = new(
        "name", ignoreCase: false, usual: "plateau",
        Entry("constant", "the same rate at every step", new OptionSet<ConstantRateOptions>(() => new())),
        Entry("exponential", "falls to a fraction of the rate in some epochs, step by step", ExponentialDecayOptions.Options),
        Entry("plateau", "falls at each evaluation without an improvement, not below a floor", ReduceOnPlateauOptions.Options));

    /// <summary>The entries, in the order in which they are listed.</summary>
    public static IReadOnlyList<CatalogueEntry<ScheduleOptions>> Entries => All.Entries;

    /// <summary>A schedule, before which a linear rise can be put.</summary>
    /// <param name="name">The name in an experiment file.</param>
    /// <param name="summary">What it does, in a line.</param>
    /// <param name="options">Its own options.</param>
    public static CatalogueEntry<ScheduleOptions> Entry<T>(string name, string summary, OptionSet<T> options) where T : ScheduleOptions =>
        CatalogueEntry<ScheduleOptions>.Of(
            name, summary, "-",
            options.Add("warmup_steps", o => o.WarmUpSteps, (o, v) => o with { WarmUpSteps = v }, ScheduleOptions.Steps, "steps of a linear rise before it"),
            o => o);
}
