using Consort.Foundation.Numbers;
using Consort.Serving.Profiles;

namespace Consort.Serving.Tests.Profiles;

public sealed class BinShiftTests
{
    private static readonly double[] Shares = [0.3, 0.2, 0.15, 0.1, 0.1, 0.05, 0.05, 0.03, 0.02];

    [Theory]
    [InlineData(3.841459, 1, 0.05, 0.004)]
    [InlineData(18.30704, 10, 0.05, 0.0005)]
    [InlineData(76.15389, 50, 0.01, 0.0002)]
    public void Above_OfKnownPoints_IsTheirTail(double x, int degrees, double tail, double tolerance) =>
        Assert.Equal(tail, ChiSquare.Above(x, degrees), tolerance);

    [Theory]
    [InlineData(0, 0.5)]
    [InlineData(1.959964, 0.025)]
    [InlineData(-1.959964, 0.975)]
    [InlineData(2.999977, 0.001349997)]
    [InlineData(4.753424, 1e-6)]
    public void NormalAbove_OfKnownPoints_IsTheirTail(double z, double tail) =>
        Assert.Equal(1, ChiSquare.NormalAbove(z) / tail, 1e-4);

    // Without the correction the mean index would be (B − 1)(1/n + 1/m), .017 of 500 and 20,000 rows.
    [Theory]
    [InlineData(500, 20_000)]
    [InlineData(5_000, 2_000)]
    public void Of_SamplesOfOneSource_HasIndexNoneAndTrueErrors(int n, int m)
    {
        const int Draws = 2000;
        var (sum, small) = (0.0, 0);
        for (ulong draw = 0; draw < Draws; draw++)
        {
            var shift = BinShift.Of(Counts(m, draw, "before"), Counts(n, draw, "now"));
            sum += shift.Psi;
            small += shift.P < 0.05 ? 1 : 0;
        }

        var chance = (Shares.Length - 1) * ((1.0 / n) + (1.0 / m));
        Assert.InRange(sum / Draws, -0.1 * chance, 0.1 * chance);
        Assert.InRange(small / (double)Draws, 0.035, 0.065);
    }

    [Fact]
    public void Of_ABinThatDoubles_IsTheFormula()
    {
        var shift = BinShift.Of([800_000, 200_000], [600_000, 400_000]);
        Assert.Equal((0.2 * Math.Log(0.4 / 0.2)) - (0.2 * Math.Log(0.6 / 0.8)), shift.Psi, 1e-5);
        Assert.Equal((1, 0.2, 0.4), (shift.Bin, Math.Round(shift.Before, 6), Math.Round(shift.Now, 6)));
        Assert.True(shift.P < 1e-9);
    }

    [Fact]
    public void Of_EmptySamples_IsNoShift() => Assert.Equal((0, 1), (BinShift.Of([3, 4], [0L, 0]).Psi, BinShift.Of([0L, 0], [3L, 4]).P));

    private static long[] Counts(int rows, ulong draw, string name)
    {
        var (random, counts) = (new CounterRandom(draw, name), new long[Shares.Length]);
        for (var row = 0; row < rows; row++)
        {
            var (u, bin) = (random.Uniform((ulong)row), 0);
            while (bin < Shares.Length - 1 && (u -= Shares[bin]) > 0)
                bin++;
            counts[bin]++;
        }

        return counts;
    }
}
