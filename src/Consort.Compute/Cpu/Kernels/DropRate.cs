namespace Consort.Compute.Cpu.Kernels;

/// <summary>How much an operation drops while training: its own share of numbers, or one in its place for a while.</summary>
/// <param name="own">p, in [0, 1); one that drops nothing goes on so, whatever takes its place.</param>
internal sealed class DropRate(double own)
{
    /// <summary>What those that stay are multiplied by, 1 / (1 − p).</summary>
    public double Scale { get; private set; } = 1 / (1 - own);

    /// <summary>Random bits below it drop.</summary>
    public uint Threshold { get; private set; } = ThresholdOf(own);

    /// <summary>Puts another share in the place of its own; null gives that back.</summary>
    public void Replace(double? rate)
    {
        var now = own > 0 ? rate ?? own : 0;
        (Scale, Threshold) = (1 / (1 - now), ThresholdOf(now));
    }

    private static uint ThresholdOf(double rate) => (uint)Math.Min(uint.MaxValue, rate * (1L << 32));
}
