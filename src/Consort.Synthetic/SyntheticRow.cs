namespace Consort.Synthetic;

/// <summary>One row and room to generate it; each thread has its own.</summary>
internal sealed class SyntheticRow
{
    /// <summary>Room for a row.</summary>
    /// <param name="width">Width of a row of effects, 1 + d.</param>
    public SyntheticRow(int width) => Effects = new float[CriteoShape.Fields * width];

    /// <summary>Numbers of I1..I13 and ranks of C1..C26; <see cref="long.MinValue"/> when missing. [39]</summary>
    public long[] Values { get; } = new long[CriteoShape.Fields];

    /// <summary>Effects and latent vectors, [39, 1 + d].</summary>
    public float[] Effects { get; }

    /// <summary>First-order part of the logit, of standard deviation 1.</summary>
    public double First { get; set; }

    /// <summary>Pairwise part of the logit, of standard deviation 1.</summary>
    public double Pairwise { get; set; }

    /// <summary>Third-order part of the logit, of standard deviation 1.</summary>
    public double Third { get; set; }

    /// <summary>True click probability.</summary>
    public float Truth { get; set; }

    /// <summary>The click drawn from it.</summary>
    public bool Click { get; set; }
}
