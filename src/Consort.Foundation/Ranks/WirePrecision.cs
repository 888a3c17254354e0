namespace Consort.Foundation.Ranks;

/// <summary>What gradients are rounded to where they travel between ranks. Sums are floats, and so is all that is kept.</summary>
public enum WirePrecision
{
    /// <summary>Not at all: 4 bytes a number.</summary>
    Float,

    /// <summary>The upper half of a float, 2 bytes: 8 bits of significand, all of its range.</summary>
    Bf16,

    /// <summary>
    /// IEEE's half of 4,096 times the number, 2 bytes: 11 bits of significand for gradients from 1.5e-8 to 16. Smaller ones lose bits,
    /// larger ones become infinite.
    /// </summary>
    Fp16,
}

/// <summary>The names of what gradients travel in, and their sizes.</summary>
public static class WirePrecisions
{
    /// <summary>The names as command lines write them.</summary>
    public static IReadOnlyDictionary<string, WirePrecision> Names { get; } = new Dictionary<string, WirePrecision>
    { ["float"] = WirePrecision.Float, ["bf16"] = WirePrecision.Bf16, ["fp16"] = WirePrecision.Fp16 };

    /// <summary>The name of one.</summary>
    public static string Name(this WirePrecision precision) => Names.First(n => n.Value == precision).Key;

    /// <summary>Bytes of a number.</summary>
    public static int Bytes(this WirePrecision precision) => precision == WirePrecision.Float ? sizeof(float) : sizeof(ushort);
}
