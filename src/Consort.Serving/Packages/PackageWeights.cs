namespace Consort.Serving.Packages;

/// <summary>How a package holds embedding tables. Dense parameters and first-order weights are in float32 always: they are small.</summary>
public enum PackageWeights
{
    /// <summary>Four bytes a number, as they were trained.</summary>
    Fp32,

    /// <summary>Two bytes a number.</summary>
    Fp16,

    /// <summary>One byte a number and a scale of four bytes a row: x ≈ scale · q, scale = max |x| / 127.</summary>
    Int8,
}

/// <summary>How the logits of the members become one.</summary>
public enum MemberFusion
{
    /// <summary>z = (1/M) Σ_m z_m.</summary>
    Mean,

    /// <summary>z = Σ_m z_m.</summary>
    Sum,

    /// <summary>z = Σ_m z_m of members whose output layers are slices of one.</summary>
    Concat,
}

/// <summary>What is checked when a package is opened.</summary>
public enum PackageCheck
{
    /// <summary>Everything, every byte: reads the file once.</summary>
    Whole,

    /// <summary>
    /// All but the numbers of embedding tables, which are then read from disk only as impressions ask for them. A table
    /// damaged on disk gives wrong probabilities, but never reads beyond its memory. For files that were checked after they
    /// were copied.
    /// </summary>
    AllButTables,
}
