namespace Consort.Models.Tests;

// Models that read everything side by side, over a row of numbers that is put together elsewhere.
internal static partial class ScalarModels
{
    /// <summary>The models below, with plain options.</summary>
    public static TheoryData<string> FlatNames => ["DNN", "WideDeep", "DCN", "DCNv2", "GDCN", "FinalMLP", "FinalNet"];

    public static double FlatLogit(string model, Rig<double> rig, int[] ids, double[] x, double[] flat) => model switch
    {
        "DNN" => Output(rig, Tower(rig, flat, false)),
        "WideDeep" => FirstOrder(rig, ids, x) + Output(rig, Tower(rig, flat, false)),
        "DCN" => Output(rig, [.. Cross(rig, flat), .. Tower(rig, flat, false)]),
        "DCNv2" => Output(rig, Tower(rig, MatrixCross(rig, flat), false)),
        "GDCN" => Output(rig, Tower(rig, GatedCross(rig, flat), false)),
        "FinalMLP" => TwoStreams(rig, ids, x, flat, false),
        "FinalNet" => Factorized(rig, flat, 1, 2, false),
        _ => throw new ArgumentException($"{model} has no formula here"),
    };

    /// <summary>DeepFM whose tower also reads the numeric columns as they are.</summary>
    public static double DeepFm(Rig<double> rig, int[] ids, double[] x, bool areEmbedded)
    {
        var embeddings = Embeddings(rig, ids, areEmbedded ? x : []);
        return FirstOrder(rig, ids, x) + Pairs(embeddings) + Output(rig, Tower(rig, [.. Flat(embeddings), .. x], false));
    }
}
