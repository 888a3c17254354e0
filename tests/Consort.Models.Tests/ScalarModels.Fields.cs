namespace Consort.Models.Tests;

// Attention, compressed interactions, masks and gates.
internal static partial class ScalarModels
{
    // Song et al. 2019, eq. 5–8: two layers, two heads of three numbers
    private static double Attention(Rig<double> rig, double[][] fields, bool regularised)
    {
        const int Heads = 2, A = 6, Head = A / Heads;
        for (var layer = 0; layer < 2; layer++)
        {
            var name = $"member0/attention/{layer}";
            var (w, d) = (rig.Of($"{name}/qkv").ToArray(), fields[0].Length);
            var projected = fields.Select(e => Enumerable.Range(0, 3 * A).Select(o => e.Select((v, i) => v * w[(o * d) + i]).Sum())
                .ToArray()).ToArray();
            var next = new double[fields.Length][];
            for (var i = 0; i < fields.Length; i++)
            {
                var mixed = new double[A];
                for (var head = 0; head < Heads; head++)
                {
                    var powers = projected.Select(other => Math.Exp(Enumerable.Range(head * Head, Head)
                        .Sum(k => projected[i][k] * other[A + k]) / (regularised ? Math.Sqrt(Head) : 1))).ToArray();
                    for (var k = head * Head; k < (head + 1) * Head; k++)
                        mixed[k] = projected.Select((other, j) => powers[j] / powers.Sum() * other[(2 * A) + k]).Sum();
                }

                var residual = d == A ? fields[i] : Linear(rig, fields[i], $"{name}/residual");
                mixed = [.. mixed.Zip(residual, (a, r) => a + r)];
                next[i] = [.. (regularised ? LayerNorm(rig, mixed, $"{name}/norm") : mixed).Select(v => Math.Max(0, v))];
            }

            fields = next;
        }

        return Linear(rig, Flat(fields), "member0/attention/output")[0];
    }

    private static double[] LayerNorm(Rig<double> rig, double[] x, string name, int offset = 0)
    {
        var (mean, scale, shift) = (x.Average(), rig.Of($"{name}/scale").ToArray(), rig.Of($"{name}/shift").ToArray());
        var variance = x.Average(v => (v - mean) * (v - mean));
        return [.. x.Select((v, i) => (scale[offset + i] * (v - mean) / Math.Sqrt(variance + 1e-5)) + shift[offset + i])];
    }

    // Lian et al. 2018, eq. 6–8: layers of 4 and 3 maps, dimension by dimension
    private static double[] Compressed(Rig<double> rig, double[][] first)
    {
        var (x, pooled) = (first, new List<double>());
        for (var layer = 0; layer < 2; layer++)
        {
            var (w, b) = (rig.Of($"member0/cin/{layer}/weight").ToArray(), rig.Of($"member0/cin/{layer}/bias").ToArray());
            var next = new double[b.Length][];
            for (var o = 0; o < b.Length; o++)
            {
                next[o] = new double[first[0].Length];
                for (var d = 0; d < next[o].Length; d++)
                {
                    next[o][d] = b[o];
                    for (var i = 0; i < first.Length; i++)
                        for (var j = 0; j < x.Length; j++)
                            next[o][d] += w[(((o * first.Length) + i) * x.Length) + j] * first[i][d] * x[j][d];
                }

                pooled.Add(next[o].Sum());
            }

            x = next;
        }

        return [.. pooled];
    }

    // Wang, She and Zhang 2021: serial blocks with ReLU, or two parallel ones of width 4 with SiLU under a tower
    private static double Masked(Rig<double> rig, double[][] fields, bool isParallel)
    {
        var x = Flat(fields);
        var normal = Flat([.. fields.Select((e, i) => LayerNorm(rig, e, "member0/norm", i * e.Length))]);
        if (!isParallel)
            return Output(rig, Block(Block(normal, 0), 1));
        var y = new[] { Block(normal, 0), Block(normal, 1) }.SelectMany(v => v).ToArray();
        for (var layer = 0; layer < 2; layer++)
            y = Activated(Linear(rig, y, $"member0/mlp/{layer}"));
        return Output(rig, y);

        double[] Block(double[] v, int index)
        {
            var hidden = Linear(rig, x, $"member0/block{index}/mask/hidden").Select(h => Math.Max(0, h)).ToArray();
            var mask = Linear(rig, hidden, $"member0/block{index}/mask");
            return Activated(LayerNorm(rig, Linear(rig, [.. v.Zip(mask, (a, m) => a * m)], $"member0/block{index}"),
                $"member0/block{index}/norm"));
        }

        double[] Activated(double[] h) => [.. h.Select(v => isParallel ? v / (1 + Math.Exp(-v)) : Math.Max(0, v))];
    }

    // Zhu et al. 2023: [u, u ⊙ v] with ReLU, or u + u ⊙ v, batch norm and SiLU
    private static double Factorized(Rig<double> rig, double[] x, int block, int layers, bool regularised)
    {
        for (var layer = 0; layer < layers; layer++)
        {
            var name = $"member0/block{block}/{layer}";
            var h = Linear(rig, x, name);
            double[] u = h[..(h.Length / 2)], v = h[(h.Length / 2)..];
            var product = u.Zip(v, (a, b) => a * b);
            x = regularised ? [.. u.Zip(product, (a, p) => a + p)] : [.. u, .. product];
            for (var i = 0; i < x.Length && regularised; i++)
                x[i] = (Norm("scale", i) * (x[i] - Norm("mean", i)) / Math.Sqrt(Norm("variance", i) + 1e-5)) + Norm("shift", i);
            x = [.. x.Select(a => regularised ? a / (1 + Math.Exp(-a)) : Math.Max(0, a))];

            double Norm(string statistic, int i) => rig.Of($"{name}/norm/{statistic}")[i];
        }

        return Linear(rig, x, $"member0/block{block}/output")[0];
    }

    // [E, E ⊙ G], g_fd = Σ_k w_fk e_kd + b_f
    private static double[] FieldGated(Rig<double> rig, double[][] fields)
    {
        var (w, b) = (rig.Of("member0/gate/weight").ToArray(), rig.Of("member0/gate/bias").ToArray());
        var gated = fields.Select((e, f) =>
            e.Select((v, d) => v * (b[f] + fields.Select((other, k) => w[(f * fields.Length) + k] * other[d]).Sum())).ToArray());
        return [.. Flat(fields), .. Flat([.. gated])];
    }
}
