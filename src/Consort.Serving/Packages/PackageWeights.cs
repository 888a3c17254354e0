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

/// <summary>What is checked when a package is opened.</summary>
public enum PackageCheck
{
    /// <summary>Everything, every byte: reads the file once.</summary>
    Whole,

    /// <summary>
    /// All but the numbers of embedding tables, which are then read from disk only as impressions ask for them. A table damaged on disk
    /// gives wrong probabilities, but never reads beyond its memory. For files that were checked after they were copied.
    /// </summary>
    AllButTables,
}
