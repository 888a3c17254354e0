namespace Consort.Learning.Losses;

/// <summary>Sigmoid and softplus that neither overflow nor lose digits for any finite logit.</summary>
internal static class Logistic
{
    /// <summary>1 / (1 + exp(−z)).</summary>
    public static double Sigmoid(double z)
    {
        var e = Math.Exp(-Math.Abs(z));
        return z >= 0 ? 1 / (1 + e) : e / (1 + e);
    }

    /// <summary>σ(z) and log(1 + exp(−|z|)), the part of a cross-entropy that costs time, with one exponential.</summary>
    public static (double Sigmoid, double Tail) SigmoidAndTail(double z)
    {
        var e = Math.Exp(-Math.Abs(z));
        return (z >= 0 ? 1 / (1 + e) : e / (1 + e), LogOnePlus(e));
    }

    /// <summary>log(1 + exp(z)).</summary>
    public static double Softplus(double z) => Math.Max(z, 0) + LogOnePlus(Math.Exp(-Math.Abs(z)));

    /// <summary>σ(z) and softplus(u), with one exponential where |u| is |z|.</summary>
    public static (double Sigmoid, double Softplus) SigmoidAndSoftplus(double z, double u)
    {
        var e = Math.Exp(-Math.Abs(z));
        var other = Math.Abs(u) == Math.Abs(z) ? e : Math.Exp(-Math.Abs(u));
        return (z >= 0 ? 1 / (1 + e) : e / (1 + e), Math.Max(u, 0) + LogOnePlus(other));
    }

    /// <summary>log(1 + x) for x ≥ 0 without losing a small x (double.LogP1 is the plain formula and does lose it).</summary>
    public static double LogOnePlus(double x)
    {
        var u = 1 + x;
        // Kahan: the rounding error of u appears in log(u) and in (u − 1) alike and cancels.
        return u == 1 ? x : Math.Log(u) * x / (u - 1);
    }
}
