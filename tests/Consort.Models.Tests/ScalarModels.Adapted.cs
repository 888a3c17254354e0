namespace Consort.Models.Tests;

/// <summary>Members that share a tower.</summary>
internal static partial class ScalarModels
{
    /// <summary>Gorishniy et al. 2025: h ← s_i ⊙ (W (r_i ⊙ h)) + b_i, two layers; first r by input or by field.</summary>
    public static double Adapted(Rig<double> rig, double[][] embeddings, bool regularised, bool byField, int member = 0,
        string common = "member0")
    {
        double[] x = [.. embeddings.SelectMany((e, f) =>
            e.Select((v, d) => v * (byField ? Own("0/in")[f] : Own("0/in/0")[(f * e.Length) + d])))];
        for (var layer = 0; layer < 2; layer++)
        {
            var w = rig.Of($"{common}/mlp/{layer}/weight").ToArray();
            if (layer == 0 && byField)
                w = Regrouped(w, embeddings.Length, embeddings[0].Length);
            if (layer > 0)
                x = [.. x.Zip(Own($"{layer}/in"), (v, r) => v * r)];
            var width = w.Length / x.Length;
            double[] h = [.. Enumerable.Range(0, width).Select(o => x.Select((v, i) => v * w[(o * x.Length) + i]).Sum())];
            for (var o = 0; o < width; o++)
                h[o] = (h[o] * Own($"{layer}/out")[o]) + Own($"{layer}/bias")[o];
            x = Hidden(rig, h, regularised, $"member{member}/mlp/{layer}");
        }

        return Linear(rig, x, $"member{member}/output")[0];

        double[] Own(string name) => rig.Of($"member{member}/mlp/{name}").ToArray();
    }

    // [F, out, D] → [out, F·D]
    private static double[] Regrouped(double[] w, int fields, int d)
    {
        var outputs = w.Length / fields / d;
        return [.. Enumerable.Range(0, outputs).SelectMany(o => Enumerable.Range(0, fields * d)
            .Select(i => w[(((i / d * outputs) + o) * d) + (i % d)]))];
    }

    /// <summary>Guo et al. 2024: a tower over the mean of what sets of embeddings give, each through a cross network of its own.</summary>
    public static double OfSets(Rig<double> rig, Consort.Data.Schemas.FeatureSpace space, int row, int sets)
    {
        var crossed = Enumerable.Range(0, sets).Select(s => MatrixCross(
            rig, Flat(RowEmbeddings(rig, space, row, s == 0 ? "shared" : $"member0/set{s}")), s == 0 ? "cross" : $"set{s}/cross")).ToArray();
        return Output(rig, Tower(rig, [.. Enumerable.Range(0, crossed[0].Length).Select(i => crossed.Average(x => x[i]))], false));
    }

    /// <summary>The embeddings of a row.</summary>
    public static double[][] RowEmbeddings(Rig<double> rig, Consort.Data.Schemas.FeatureSpace space, int row, string scope)
    {
        var ids = Enumerable.Range(0, space.Categorical.Count).Select(f => rig.Ids[(row * space.Categorical.Count) + f]).ToArray();
        var x = Enumerable.Range(0, space.Numeric.Count).Select(n => (double)rig.Numeric[(row * space.Numeric.Count) + n]).ToArray();
        return Embeddings(rig, ids, x, scope);
    }
}
