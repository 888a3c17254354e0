namespace Consort.Serving;

/// <summary>How a package holds its numbers.</summary>
public enum PackageWeights
{
    /// <summary>Four bytes a number, as they were trained.</summary>
    Fp32,

    /// <summary>Embedding tables in half precision, two bytes a number; dense parameters as they were trained.</summary>
    Fp16,

    /// <summary>Embedding tables in one byte a number and a scale a row; dense parameters as they were trained.</summary>
    Int8,
}
