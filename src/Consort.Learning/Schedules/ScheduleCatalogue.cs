using Consort.Foundation.Options;

namespace Consort.Learning.Schedules;

/// <summary>All schedules. A new schedule is one new file and one line here.</summary>
public static class ScheduleCatalogue
{
    /// <summary>
    /// What a schedule's key <c>name</c> can name. Plateau where it is absent: what FuxiCTR does, and so what published numbers mean.
    /// </summary>
    public static Catalogue<ScheduleOptions> All { get; } = new Catalogue<ScheduleOptions>("name", usual: "plateau")
        .With("constant", "the same rate at every step", new OptionSet<ConstantRateOptions>(() => new()))
        .With("exponential", "falls to a fraction of the rate in some epochs, step by step", ExponentialDecayOptions.Options)
        .With("plateau", "falls at each evaluation without an improvement, not below a floor", ReduceOnPlateauOptions.Options);

    /// <summary>The entries, in the order in which they are listed.</summary>
    public static IReadOnlyList<CatalogueEntry<ScheduleOptions>> Entries => All.Entries;

    /// <summary>The catalogue with one more schedule, before which a linear rise can be put.</summary>
    /// <param name="catalogue">The catalogue.</param>
    /// <param name="name">The name in an experiment file.</param>
    /// <param name="summary">What it does, in a line.</param>
    /// <param name="options">Its own options.</param>
    public static Catalogue<ScheduleOptions> With<T>(this Catalogue<ScheduleOptions> catalogue, string name, string summary,
        OptionSet<T> options)
        where T : ScheduleOptions =>
            catalogue.With(
                name, summary, "-",
                options.Add("warmup_steps", o => o.WarmUpSteps, (o, v) => o with { WarmUpSteps = v }, ScheduleOptions.Steps,
                    "steps of a linear rise before it"), o => o);
}
