using Consort.Studies.Diagnostics;

namespace Consort.Experiments.Tests.Diagnostics;

public sealed class RepresentationTests
{
    private static readonly Representation X = Draw(101, 13, 1);
    private static readonly Representation Y = Draw(101, 6, 2);

    [Fact]
    public void Cka_OfItself_IsOne() => Assert.Equal(1, Cka(X, X), 9);

    [Fact]
    public void Cka_WhicheverIsFirst_IsTheSame() => Assert.Equal(Cka(X, Y), Cka(Y, X), 12);

    [Fact]
    public void Cka_ShiftedScaledPermuted_IsOne()
    {
        var values = new float[X.Values.Length];
        for (var i = 0; i < values.Length; i++)
            values[i] = (3 * X.Values[(i / X.Units * X.Units) + (X.Units - 1 - (i % X.Units))]) + 7;
        Assert.Equal(1, Cka(X, new Representation(values, X.Rows, X.Units)), 6);
    }

    [Fact]
    public void Cka_RandomMatrices_MatchesTheSumOverRows()
    {
        // ⟨K, L⟩ / (‖K‖ ‖L‖) over the centred kernels K = X Xᵀ and L = Y Yᵀ.
        var (k, l) = (Kernel(X), Kernel(Y));
        var expected = Product(k, l) / Math.Sqrt(Product(k, k) * Product(l, l));
        Assert.Equal(expected, Cka(X, Y), 9);

        static double Product(double[] a, double[] b) => a.Zip(b, (p, q) => p * q).Sum();
        static double[] Kernel(Representation x)
        {
            var mean = Enumerable.Range(0, x.Units)
                .Select(u => Enumerable.Range(0, x.Rows).Average(r => (double)x.Values[(r * x.Units) + u])).ToArray();
            return [.. from i in Enumerable.Range(0, x.Rows) from j in Enumerable.Range(0, x.Rows)
                       select Enumerable.Range(0, x.Units)
                       .Sum(u => (x.Values[(i * x.Units) + u] - mean[u]) * (x.Values[(j * x.Units) + u] - mean[u]))];
        }
    }

    [Fact]
    public void Concat_Two_StandSideBySide()
    {
        var both = Representation.Concat([new Representation([1, 2, 3, 4], 2, 2), new Representation([5, 6], 2, 1)]);
        Assert.Equal([1f, 2, 5, 3, 4, 6], both.Values);
        Assert.Equal((2, 3), (both.Rows, both.Units));
        Assert.Same(X, Representation.Concat([X]));
    }

    private static double Cka(Representation x, Representation y) => Representation.Cka(x, Centred(x), y, Centred(y));

    private static Spectrum Centred(Representation x)
    {
        var factor = new RowFactor(x.Units);
        for (var row = 0; row < x.Rows; row++)
            factor.Add(x.Values.AsSpan(row * x.Units, x.Units));
        return factor.Spectra().Centred;
    }

    private static Representation Draw(int rows, int units, int seed)
    {
        var random = new Random(seed);
        return new Representation([.. Enumerable.Range(0, rows * units).Select(_ => (float)random.NextDouble())], rows, units);
    }
}
