using Consort.Data.Schemas;

namespace Consort.Models.Tests;

/// <summary>
/// The models once more, row by row and number by number as their papers write them, in double precision and in scoring mode. Slow on
/// purpose; shares no code with the graph.
/// </summary>
internal static partial class ScalarModels
{
    private const int CrossLayers = 2;

    public static double Logit(string model, Rig<double> rig, FeatureSpace space, int row, bool regularised)
    {
        var ids = Enumerable.Range(0, space.Categorical.Count).Select(f => rig.Ids[(row * space.Categorical.Count) + f]).ToArray();
        var x = Enumerable.Range(0, space.Numeric.Count).Select(n => (double)rig.Numeric[(row * space.Numeric.Count) + n]).ToArray();
        return model switch
        {
            "LR" => rig.Of("member0/bias")[0] + FirstOrder(rig, ids, x),
            "FM" => rig.Of("member0/bias")[0] + FirstOrder(rig, ids, x) + Pairs(Embeddings(rig, ids, x)),
            "DNN" => Output(rig, Tower(rig, Flat(Embeddings(rig, ids, x)), regularised)),
            "TabM" => Adapted(rig, Embeddings(rig, ids, x), regularised, byField: regularised, 0),
            "DeepFM" => FirstOrder(rig, ids, x) + Pairs(Embeddings(rig, ids, x))
                + Output(rig, Tower(rig, Flat(Embeddings(rig, ids, x)), regularised)),
            "DCN" => Output(rig, [.. Cross(rig, Flat(Embeddings(rig, ids, x))), .. Tower(rig, Flat(Embeddings(rig, ids, x)), regularised)]),
            "WideDeep" => FirstOrder(rig, ids, x) + Output(rig, Tower(rig, Flat(Embeddings(rig, ids, x)), regularised)),
            "NFM" => FirstOrder(rig, ids, x) + Output(rig, Tower(rig, Pooled(Embeddings(rig, ids, x)), regularised)),
            "FwFM" => FieldWeighted(rig, ids, x, Embeddings(rig, ids, x), byFeature: !regularised),
            "DCNv2" => Output(rig, !regularised
                ? Tower(rig, MatrixCross(rig, Flat(Embeddings(rig, ids, x))), regularised)
                : [.. Tower(rig, LowRankCross(rig, Flat(Embeddings(rig, ids, x))), true),
                    .. Tower(rig, Flat(Embeddings(rig, ids, x)), true, "mlp_parallel")]),
            "PNN" => Output(rig, Tower(
                rig, [.. Flat(Embeddings(rig, ids, x)), .. InnerProducts(Embeddings(rig, ids, x)),
                    .. regularised ? OuterProducts(Embeddings(rig, ids, x)) : []], regularised)),
            "FiBiNET" => FirstOrder(rig, ids, x) + Output(rig, Tower(rig, Bilinear(rig, Embeddings(rig, ids, x)), regularised)),
            "FinalMLP" => TwoStreams(rig, ids, x, Flat(Embeddings(rig, ids, x)), regularised),
            "AutoInt" => Attention(rig, Embeddings(rig, ids, x), regularised) + (regularised
                ? FirstOrder(rig, ids, x) + Output(rig, Tower(rig, Flat(Embeddings(rig, ids, x)), true)) : 0),
            "FiGNN" => FieldGraph(rig, Embeddings(rig, ids, x), isGated: !regularised, isReused: regularised),
            "xDeepFM" => FirstOrder(rig, ids, x) + Linear(rig, Compressed(rig, Embeddings(rig, ids, x)), "member0/cin/output")[0]
                + Output(rig, Tower(rig, Flat(Embeddings(rig, ids, x)), regularised)),
            "MaskNet" => Masked(rig, Embeddings(rig, ids, x), regularised),
            "FinalNet" => regularised
                ? (Factorized(rig, FieldGated(rig, Embeddings(rig, ids, x)), 1, 2, true)
                    + Factorized(rig, Flat(Embeddings(rig, ids, x)), 2, 1, true)) / 2
                : Factorized(rig, Flat(Embeddings(rig, ids, x)), 1, 2, false),
            "GDCN" => Output(rig, !regularised
                ? Tower(rig, GatedCross(rig, Flat(Embeddings(rig, ids, x))), regularised)
                : [.. GatedCross(rig, Flat(Embeddings(rig, ids, x))), .. Tower(rig, Flat(Embeddings(rig, ids, x)), regularised)]),
            "LCN" => Output(rig, SelfMaskedCross(rig, Embeddings(rig, ids, x), regularised, isExponential: false)),
            "ECN" => Output(rig, SelfMaskedCross(rig, Embeddings(rig, ids, x), regularised, isExponential: true)),
            "AFN" => Logarithmic(rig, ids, x, Embeddings(rig, ids, x), regularised),
            "AFM" => rig.Of("member0/bias")[0] + FirstOrder(rig, ids, x) + AttentionalPairs(rig, Embeddings(rig, ids, x)),
            "FFM" => rig.Of("member0/bias")[0] + FirstOrder(rig, ids, x) + FieldAware(rig, ids, x),
            "DIN" or "DIEN" or "BST" or "DMIN" or "SIM" =>
                OfHistories(ModelCase.Of(model).Model(regularised), rig, space, row, regularised),
            "DLRM" => Recommendation(rig, Embeddings(rig, ids, []), x, regularised),
            _ => throw new ArgumentException($"{model} has no formula here"),
        };
    }

    // Σ_f w[id_f] + Σ_n w_n x_n
    private static double FirstOrder(Rig<double> rig, int[] ids, double[] x)
    {
        var sum = 0.0;
        for (var f = 0; f < ids.Length; f++)
            sum += rig.Of("member0/first_order")[ids[f]];
        for (var n = 0; n < x.Length; n++)
            sum += rig.Of("member0/numeric_first_order")[n] * x[n];
        return sum;
    }

    // e_f: a row of the table; e_n = x_n · v_n
    private static double[][] Embeddings(Rig<double> rig, int[] ids, double[] x, string scope = "shared")
    {
        const int D = 3;
        var embeddings = new List<double[]>();
        foreach (var id in ids)
            embeddings.Add([.. Enumerable.Range(0, D).Select(d => rig.Of($"{scope}/embedding")[(id * D) + d])]);
        for (var n = 0; n < x.Length; n++)
            embeddings.Add([.. Enumerable.Range(0, D).Select(d => x[n] * rig.Of($"{scope}/numeric_embedding")[(n * D) + d])]);
        return [.. embeddings];
    }

    private static double[] Flat(double[][] embeddings) => [.. embeddings.SelectMany(e => e)];

    // Rendle 2010, eq. 1: Σ_{i<j} ⟨e_i, e_j⟩, pair by pair
    private static double Pairs(double[][] embeddings)
    {
        var sum = 0.0;
        for (var i = 0; i < embeddings.Length; i++)
            for (var j = i + 1; j < embeddings.Length; j++)
                sum += embeddings[i].Zip(embeddings[j], (a, b) => a * b).Sum();
        return sum;
    }

    // Qu et al. 2016: ⟨e_i, e_j⟩, i < j
    private static double[] InnerProducts(double[][] embeddings)
    {
        var products = new List<double>();
        for (var i = 0; i < embeddings.Length; i++)
            for (var j = i + 1; j < embeddings.Length; j++)
                products.Add(embeddings[i].Zip(embeddings[j], (a, b) => a * b).Sum());
        return [.. products];
    }

    // Huang et al. 2019, eq. 2–7: [(e_i W) ⊙ e_j] of the embeddings, then of those that squeeze and excitation re-weights;
    // one W or one a pair, whichever the weight's size says
    private static double[] Bilinear(Rig<double> rig, double[][] embeddings)
    {
        var (fields, d) = (embeddings.Length, embeddings[0].Length);
        var (squeeze, excite) = (rig.Of("member0/senet/squeeze/weight").ToArray(), rig.Of("member0/senet/excite/weight").ToArray());
        var weight = rig.Of("member0/bilinear/weight").ToArray();
        var means = embeddings.Select(e => e.Average()).ToArray();
        var hidden = new double[squeeze.Length / fields];
        for (var h = 0; h < hidden.Length; h++)
            hidden[h] = Math.Max(0, means.Select((m, f) => m * squeeze[(h * fields) + f]).Sum());
        var scales = new double[fields];
        for (var f = 0; f < fields; f++)
            scales[f] = Math.Max(0, hidden.Select((v, h) => v * excite[(f * hidden.Length) + h]).Sum());
        var weighted = embeddings.Select((e, f) => e.Select(v => v * scales[f]).ToArray()).ToArray();

        var result = new List<double>();
        foreach (var e in new[] { embeddings, weighted })
        {
            var pair = 0;
            for (var i = 0; i < fields; i++)
                for (var j = i + 1; j < fields; j++, pair++)
                    for (var column = 0; column < d; column++)
                    {
                        var left = 0.0; // (e_i W) at the column
                        for (var row = 0; row < d; row++)
                            left += e[i][row] * weight[((weight.Length == d * d ? 0 : pair) * d * d) + (row * d) + column];
                        result.Add(left * e[j][column]);
                    }
        }

        return [.. result];
    }

    // He and Chua 2017, eq. 3: Σ_{i<j} e_i ⊙ e_j, pair by pair
    private static double[] Pooled(double[][] embeddings)
    {
        var sum = new double[embeddings[0].Length];
        for (var i = 0; i < embeddings.Length; i++)
            for (var j = i + 1; j < embeddings.Length; j++)
                for (var d = 0; d < sum.Length; d++)
                    sum[d] += embeddings[i][d] * embeddings[j][d];
        return sum;
    }

    // Pan et al. 2018, eq. 4 with a vector a feature or a field in the linear term
    private static double FieldWeighted(Rig<double> rig, int[] ids, double[] x, double[][] embeddings, bool byFeature)
    {
        var linear = byFeature
            ? Flat(embeddings).Zip(Flat(Embeddings(rig, ids, x, "member0/linear")), (e, w) => e * w).Sum()
            : Flat(embeddings).Zip(rig.Of("member0/linear/weight").ToArray(), (e, w) => e * w).Sum();
        return linear + Linear(rig, InnerProducts(embeddings), "member0/pairs")[0];
    }

    // Wang et al. 2021, eq. 1: x_{l+1} = x_0 ⊙ (W_l x_l + b_l) + x_l
    private static double[] MatrixCross(Rig<double> rig, double[] first, string name = "cross")
    {
        var x = first;
        for (var layer = 0; layer < CrossLayers; layer++)
        {
            var hidden = Linear(rig, x, $"member0/{name}/{layer}");
            x = [.. x.Select((v, i) => (first[i] * hidden[i]) + v)];
        }

        return x;
    }

    // Mao et al. 2023, eq. 5–11; gates over a learned vector, or over the first and the second column where there are tables
    private static double TwoStreams(Rig<double> rig, int[] ids, double[] x, double[] flat, bool regularised)
    {
        var left = Tower(rig, regularised ? Gated(rig, ids, flat, 0) : flat, regularised, "mlp1");
        var right = Tower(rig, regularised ? Gated(rig, ids, flat, 1) : flat, regularised, "mlp2");
        var heads = regularised ? 2 : 1;
        var (n, m) = (left.Length / heads, right.Length / heads);
        var w = rig.Of("member0/fusion/weight").ToArray();
        var z = Linear(rig, left, "member0/output1")[0] + Linear(rig, right, "member0/output2")[0];
        for (var h = 0; h < heads; h++)
            for (var i = 0; i < n; i++)
                for (var j = 0; j < m; j++)
                    z += left[(h * n) + i] * w[(((h * n) + i) * m) + j] * right[(h * m) + j];
        return z;
    }

    private static double[] Gated(Rig<double> rig, int[] ids, double[] flat, int stream)
    {
        var gate = $"member0/gate{stream + 1}";
        var hasTable = rig.Graph.Tables.Any(t => t.Name == $"{gate}/context/embedding");
        var context = hasTable
            ? Flat(Embeddings(rig, [ids[stream] - rig.Graph.Columns[stream].Offset], [], $"{gate}/context")) // rows of that column alone
            : rig.Of($"{gate}/context").ToArray();
        var hidden = Linear(rig, context, $"{gate}/0").Select(v => Math.Max(0, v)).ToArray();
        return [.. Linear(rig, hidden, $"{gate}/output").Zip(flat, (g, e) => 2 / (1 + Math.Exp(-g)) * e)];
    }

    // Wang et al. 2017, eq. 3: x_{l+1} = x_0 x_lᵀ w_l + b_l + x_l
    private static double[] Cross(Rig<double> rig, double[] first)
    {
        var x = first;
        for (var layer = 0; layer < CrossLayers; layer++)
        {
            var (w, b) = (rig.Of($"member0/cross/{layer}/weight").ToArray(), rig.Of($"member0/cross/{layer}/bias").ToArray());
            var next = new double[x.Length];
            for (var i = 0; i < x.Length; i++)
            {
                var outer = 0.0; // row i of x_0 x_lᵀ, times w
                for (var j = 0; j < x.Length; j++)
                    outer += first[i] * x[j] * w[j];
                next[i] = outer + b[i] + x[i];
            }

            x = next;
        }

        return x;
    }

    // Linear → batch norm with running statistics → activation; dropout is the identity when scoring
    private static double[] Tower(Rig<double> rig, double[] x, bool regularised, string name = "mlp")
    {
        for (var layer = 0; layer < 2; layer++)
            x = Hidden(rig, Linear(rig, x, $"member0/{name}/{layer}"), regularised, $"member0/{name}/{layer}");
        return x;
    }

    private static double[] Hidden(Rig<double> rig, double[] h, bool regularised, string scope)
    {
        for (var i = 0; i < h.Length && regularised; i++)
        {
            var normal = (h[i] - Norm("mean", i)) / Math.Sqrt(Norm("variance", i) + 1e-5);
            h[i] = (Norm("scale", i) * normal) + Norm("shift", i);
        }

        return [.. h.Select(v => regularised ? v / (1 + Math.Exp(-v)) : Math.Max(v, 0))]; // SiLU or ReLU

        double Norm(string statistic, int i) => rig.Of($"{scope}/norm/{statistic}")[i];
    }

    private static double Output(Rig<double> rig, double[] x) => Linear(rig, x, "member0/output")[0];

    // x Wᵀ + b
    private static double[] Linear(Rig<double> rig, double[] x, string name)
    {
        var w = rig.Of($"{name}/weight").ToArray();
        var b = rig.Store.Slots.Any(s => s.Parameter.Name == $"{name}/bias") ? rig.Of($"{name}/bias").ToArray() : null;
        var result = new double[w.Length / x.Length];
        for (var o = 0; o < result.Length; o++)
        {
            result[o] = b?[o] ?? 0;
            for (var i = 0; i < x.Length; i++)
                result[o] += w[(o * x.Length) + i] * x[i];
        }

        return result;
    }
}
