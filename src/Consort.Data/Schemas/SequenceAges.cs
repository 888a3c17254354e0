namespace Consort.Data.Schemas;

/// <summary>In what ages are counted.</summary>
public enum AgeUnit
{
    /// <summary>Seconds.</summary>
    Second,

    /// <summary>Minutes.</summary>
    Minute,

    /// <summary>Hours.</summary>
    Hour,

    /// <summary>Days of 24 hours.</summary>
    Day,
}

/// <summary>In what order the steps of a history stand.</summary>
public enum StepOrder
{
    /// <summary>The newest last; equal times may follow one another.</summary>
    OldestFirst,

    /// <summary>The newest first.</summary>
    NewestFirst,

    /// <summary>Whatever: no order is a mistake.</summary>
    Any,
}

/// <summary>
/// What a sequence of times says of the history beside it: how old each step was when the row came, as one of n buckets. An age of q whole
/// units is in bucket 0 where q = 0, else in 1 + ⌊log₂ q⌋, the last bucket taking all that are older. A time later than the row's own is a
/// mistake: it would tell what came after. A step without a time, or a row without, has the id of a missing value.
/// </summary>
/// <param name="Of">The sequence whose steps these are the times of; both are cut alike.</param>
/// <param name="Until">The field of kind time that says when the row came.</param>
public sealed record SequenceAges(string Of, string Until)
{
    /// <summary>The most buckets.</summary>
    public const int MostBuckets = 64;

    /// <summary>n, 2 to <see cref="MostBuckets"/>.</summary>
    public int Buckets { get; init; } = 32;

    /// <summary>The unit.</summary>
    public AgeUnit Unit { get; init; }

    /// <summary>The order that times must be in.</summary>
    public StepOrder Order { get; init; }

    /// <summary>The unit in ticks of 100 ns.</summary>
    public long UnitTicks => Unit switch
    {
        AgeUnit.Second => TimeSpan.TicksPerSecond,
        AgeUnit.Minute => TimeSpan.TicksPerMinute,
        AgeUnit.Hour => TimeSpan.TicksPerHour,
        _ => TimeSpan.TicksPerDay,
    };

    /// <summary>The bucket of an age.</summary>
    /// <param name="ticks">The age in ticks of 100 ns, at least 0.</param>
    public int BucketOf(long ticks) =>
        Math.Min(Buckets - 1, ticks < UnitTicks ? 0 : 1 + System.Numerics.BitOperations.Log2((ulong)(ticks / UnitTicks)));

    /// <summary>The least age of a bucket, in units.</summary>
    public static long LeastOf(int bucket) => bucket == 0 ? 0 : 1L << (bucket - 1);
}
