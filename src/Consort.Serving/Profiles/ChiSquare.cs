namespace Consort.Serving.Profiles;

/// <summary>Tails of the normal and the chi-square distribution.</summary>
internal static class ChiSquare
{
    /// <summary>
    /// The probability of more than x with k degrees of freedom, by the cube root's being nearly normal (Wilson and Hilferty 1931).
    /// </summary>
    public static double Above(double x, int degrees)
    {
        if (degrees < 1 || x <= 0)
            return 1;
        var part = 2.0 / (9 * degrees);
        return NormalAbove((Math.Cbrt(x / degrees) - (1 - part)) / Math.Sqrt(part));
    }

    /// <summary>The probability of a standard normal value above z.</summary>
    public static double NormalAbove(double z)
    {
        if (z < 0)
            return 1 - NormalAbove(-z);
        var density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
        if (z > 3)
        {
            // Laplace's continued fraction, z + 1/(z + 2/(z + …)).
            var tail = z;
            for (var k = 60; k > 0; k--)
                tail = z + (k / tail);
            return density / tail;
        }

        var (term, sum) = (z, z);
        for (var k = 1; k < 60; k++)
            sum += term *= z * z / ((2 * k) + 1);
        return 0.5 - (density * sum);
    }
}
