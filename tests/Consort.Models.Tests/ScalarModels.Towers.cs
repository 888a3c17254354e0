using Consort.Data.Schemas;

namespace Consort.Models.Tests;

/// <summary>Towers with other norms than the models' papers have.</summary>
internal static partial class ScalarModels
{
    /// <summary>A DNN of one hidden layer: Linear → layer norm → tanh → Linear.</summary>
    public static double LayerNormed(Rig<double> rig, FeatureSpace space, int row)
    {
        var ids = Enumerable.Range(0, space.Categorical.Count).Select(f => rig.Ids[(row * space.Categorical.Count) + f]).ToArray();
        var x = Enumerable.Range(0, space.Numeric.Count).Select(n => (double)rig.Numeric[(row * space.Numeric.Count) + n]).ToArray();
        var h = Linear(rig, Flat(Embeddings(rig, ids, x)), "member0/mlp/0");
        var (mean, scale, shift) = (h.Average(), rig.Of("member0/mlp/0/norm/scale").ToArray(),
            rig.Of("member0/mlp/0/norm/shift").ToArray());
        var deviation = Math.Sqrt(h.Average(v => (v - mean) * (v - mean)) + 1e-5);
        return Output(rig, [.. h.Select((v, i) => Math.Tanh((scale[i] * (v - mean) / deviation) + shift[i]))]);
    }
}
