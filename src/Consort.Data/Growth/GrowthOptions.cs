using Consort.Foundation.Options;

namespace Consort.Data.Growth;

/// <summary>What becomes of numbers that training rows have scaled.</summary>
public enum NumberGrowth
{
    /// <summary>They are scaled as before.</summary>
    Stay,

    /// <summary>Mean, deviation and range follow the new rows, those of before counting less and less.</summary>
    Follow,
}

/// <summary>How the vocabulary of an encoder follows new rows.</summary>
public sealed record GrowthOptions
{
    /// <summary>The declaration.</summary>
    public static OptionSet<GrowthOptions> Options { get; } = new OptionSet<GrowthOptions>(() => new())
        .Add("min_count", o => o.MinCount, (o, v) => o with { MinCount = v }, Domain.Integer(0, int.MaxValue),
            "rows of the new data that must have a token before it gets an id; 0 takes the schema's")
        .Add("waiting_mb", o => o.WaitingMegabytes, (o, v) => o with { WaitingMegabytes = v }, Domain.Integer(0, 1024),
            "megabytes of a counting Bloom filter in which tokens below the count wait from update to update, `count_decay` of their counts each time, so that one that comes a little every day gets an id; 0 counts the new rows alone")
        .Add("count_decay", o => o.CountDecay, (o, v) => o with { CountDecay = v }, Domain.Number(0, 1),
            "what counts of before are worth beside those of the new rows, when `max_features` decides who stays, and of tokens that wait")
        .Add("max_age", o => o.MaxAge, (o, v) => o with { MaxAge = v }, Domain.Integer(0, GrowthOptions.OldestAge),
            "updates in a row that a token may be missing in before it loses its id; 0 keeps it for ever")
        .Add("max_features", o => o.MaxFeatures, (o, v) => o with { MaxFeatures = v }, Domain.Long(0, int.MaxValue),
            "the most tokens of all columns together: beyond it those of the least decayed count lose their ids; 0 sets no limit")
        .Add("numbers", o => o.Numbers, (o, v) => o with { Numbers = v },
            Domain.Words(("stay", NumberGrowth.Stay), ("follow", NumberGrowth.Follow)),
            "scales of numeric columns: stay as they were fitted, so that weights read what they have learned, or follow the new rows by `count_decay`");

    internal const int OldestAge = 60_000;

    /// <summary>Rows that must have a token before it gets an id; 0 for what the schema says.</summary>
    public int MinCount { get; init => field = Options.Checked("min_count", value); }

    /// <summary>
    /// Megabytes of the filter in which tokens that come too seldom for an id wait from update to update; 0 for none.
    /// </summary>
    public int WaitingMegabytes { get; init => field = Options.Checked("waiting_mb", value); }

    /// <summary>What counts of before are worth beside those of the new rows.</summary>
    public double CountDecay { get; init => field = Options.Checked("count_decay", value); } = 0.9;

    /// <summary>Updates in a row that a token may be missing in; 0 for any number.</summary>
    public int MaxAge { get; init => field = Options.Checked("max_age", value); }

    /// <summary>The most tokens of all columns together, pairs of crosses taking what tokens leave; 0 for no limit.</summary>
    public long MaxFeatures { get; init => field = Options.Checked("max_features", value); }

    /// <summary>What becomes of the scales of numeric columns.</summary>
    public NumberGrowth Numbers { get; init => field = Options.Checked("numbers", value); }
}
