namespace Consort.Models.Tests;

// Cross networks with gates and masks.
internal static partial class ScalarModels
{
    // Wang et al. 2023: x_{l+1} = x_0 ⊙ (W_l x_l + b_l) ⊙ σ(G_l x_l) + x_l
    private static double[] GatedCross(Rig<double> rig, double[] first)
    {
        var x = first;
        for (var layer = 0; layer < CrossLayers; layer++)
        {
            var (crossed, gate) = (Linear(rig, x, $"member0/cross/{layer}"), Linear(rig, x, $"member0/cross/{layer}/gate"));
            x = [.. x.Select((v, i) => (first[i] * crossed[i] / (1 + Math.Exp(-gate[i]))) + v)];
        }

        return x;
    }

    // Wang et al. 2021, eq. 3–5: three experts of rank four
    private static double[] LowRankCross(Rig<double> rig, double[] first)
    {
        const int Experts = 3, Rank = 4;
        var (x, n) = (first, first.Length);
        var g = rig.Of("member0/cross/gate").ToArray();
        for (var layer = 0; layer < CrossLayers; layer++)
        {
            var name = $"member0/cross/{layer}";
            var (u, c, v, b) = (rig.Of($"{name}/u").ToArray(), rig.Of($"{name}/c").ToArray(), rig.Of($"{name}/v").ToArray(),
                rig.Of($"{name}/bias").ToArray());
            var powers = Enumerable.Range(0, Experts).Select(e => Math.Exp(x.Select((a, i) => a * g[(e * n) + i]).Sum())).ToArray();
            var next = x.ToArray();
            for (var e = 0; e < Experts; e++)
            {
                var down = Enumerable.Range(0, Rank).Select(r => Math.Tanh(x.Select((a, i) => a * v[(((e * Rank) + r) * n) + i]).Sum()))
                    .ToArray();
                var inner = Enumerable.Range(0, Rank)
                    .Select(r => Math.Tanh(down.Select((a, i) => a * c[(((e * Rank) + r) * Rank) + i]).Sum())).ToArray();
                for (var i = 0; i < n; i++)
                    next[i] += powers[e] / powers.Sum() * first[i] * (b[i]
                        + inner.Select((a, r) => a * u[(i * Experts * Rank) + (e * Rank) + r]).Sum());
            }

            x = next;
        }

        return x;
    }

    // Li et al. 2024: x_{l+1} = x̄ ⊙ ([h, h ⊙ max(0, LN(h))] + b) + x_l, dimensions of all fields one after the other
    private static double[] SelfMaskedCross(Rig<double> rig, double[][] fields, bool regularised, bool isExponential)
    {
        var first = Enumerable.Range(0, fields[0].Length).SelectMany(d => fields.Select(e => e[d])).ToArray();
        var x = first;
        for (var layer = 0; layer < CrossLayers; layer++)
        {
            var name = $"member0/cross/{layer}";
            var weight = rig.Of($"{name}/weight").ToArray();
            var h = Enumerable.Range(0, weight.Length / x.Length).Select(o => x.Select((v, i) => v * weight[(o * x.Length) + i]).Sum())
                .ToArray();
            if (regularised)
                h = [.. h.Select(v => (Norm("scale") * (v - Norm("mean")) / Math.Sqrt(Norm("variance") + 1e-5)) + Norm("shift"))];
            var mask = LayerNorm(rig, h, $"{name}/layer_norm").Select(v => Math.Max(0, v)).ToArray();
            var both = h.Concat(h.Select((v, i) => v * mask[i])).ToArray();
            var bias = rig.Of($"{name}/bias").ToArray();
            x = [.. x.Select((v, i) => ((isExponential ? x : first)[i] * (both[i] + bias[i])) + v)];

            double Norm(string statistic) => rig.Of($"{name}/batch_norm/{statistic}")[0];
        }

        return x;
    }
}
