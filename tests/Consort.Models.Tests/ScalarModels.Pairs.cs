namespace Consort.Models.Tests;

// Factorization machines with attention, with vectors for fields and with powers, and products below towers.
internal static partial class ScalarModels
{
    // Qu et al. 2016: Σ_i Σ_j e_i e_jᵀ
    private static double[] OuterProducts(double[][] fields)
    {
        var d = fields[0].Length;
        var sum = new double[d * d];
        foreach (var left in fields)
            foreach (var right in fields)
                for (var i = 0; i < d * d; i++)
                    sum[i] += left[i / d] * right[i % d];
        return sum;
    }

    // Xiao et al. 2017, eq. 5–7
    private static double AttentionalPairs(Rig<double> rig, double[][] fields)
    {
        var h = rig.Of("member0/attention/projection").ToArray();
        var products = new List<double[]>();
        for (var i = 0; i < fields.Length; i++)
            for (var j = i + 1; j < fields.Length; j++)
                products.Add([.. fields[i].Zip(fields[j], (a, b) => a * b)]);
        var powers = products.Select(z => Math.Exp(Linear(rig, z, "member0/attention").Zip(h, (u, w) => Math.Max(0, u) * w).Sum()))
            .ToArray();
        var pooled = Enumerable.Range(0, fields[0].Length).Select(d => products.Select((z, p) => powers[p] / powers.Sum() * z[d]).Sum())
            .ToArray();
        return Linear(rig, pooled, "member0/output")[0];
    }

    // Juan et al. 2016, eq. 4: ⟨v_ij, v_ji⟩; a field's vectors leave out its own place
    private static double FieldAware(Rig<double> rig, int[] ids, double[] x)
    {
        const int D = 3;
        var fields = ids.Length + x.Length;
        var sum = 0.0;
        for (var i = 0; i < fields; i++)
            for (var j = i + 1; j < fields; j++)
                for (var d = 0; d < D; d++)
                    sum += Number(i, j - 1, d) * Number(j, i, d);
        return sum;

        double Number(int field, int place, int d) => field < ids.Length
            ? rig.Of("member0/field_aware/embedding")[(((ids[field] * (fields - 1)) + place) * D) + d]
            : x[field - ids.Length] * rig.Of(
                "member0/field_aware/numeric_embedding")[((((field - ids.Length) * (fields - 1)) + place) * D) + d];
    }

    // Cheng, Shen and Huang 2020: four logarithmic neurons, dimension by dimension
    private static double Logarithmic(Rig<double> rig, int[] ids, double[] x, double[][] fields, bool regularised)
    {
        const int Neurons = 4;
        var weight = rig.Of("member0/powers/weight").ToArray();
        var powers = new List<double>();
        for (var d = 0; d < fields[0].Length; d++)
            for (var k = 0; k < Neurons; k++)
            {
                var exponent = fields.Select((e, f) =>
                    weight[(k * fields.Length) + f] * Norm("log_norm", Math.Log(Math.Max(Math.Abs(e[d]), 1e-5)), f)).Sum();
                powers.Add(Norm("exp_norm", Math.Exp(exponent), k));
            }

        var logit = Linear(rig, Tower(rig, [.. powers], regularised, "afn"), "member0/afn/output")[0];
        return regularised
            ? Linear(rig, [logit, Output(rig, Tower(rig, Flat(Embeddings(rig, ids, x, "member0/deep")), true))], "member0/fusion")[0]
            : logit;

        double Norm(string name, double value, int i) => (rig.Of($"member0/{name}/scale")[i] * (value - rig.Of($"member0/{name}/mean")[i])
            / Math.Sqrt(rig.Of($"member0/{name}/variance")[i] + 1e-5)) + rig.Of($"member0/{name}/shift")[i];
    }

    // Naumov et al. 2019: inner products, or everything side by side with SiLU and batch norm
    private static double Recommendation(Rig<double> rig, double[][] categorical, double[] x, bool isConcat)
    {
        var fields = categorical;
        double[] dense = [];
        if (x.Length > 0)
        {
            dense = [.. Linear(rig, Tower(rig, x, isConcat, "bottom"), "member0/bottom/output")
                .Select(v => isConcat ? v / (1 + Math.Exp(-v)) : Math.Max(0, v))];
            fields = [.. categorical, dense];
        }

        var upper = isConcat || fields.Length == 1 ? Flat(fields) : [.. InnerProducts(fields), .. dense];
        return Output(rig, Tower(rig, upper, isConcat, "top"));
    }
}
