using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Recipes.Mutual;

/// <summary>AUC in Yılmaz and Aldemir 2024, means of four runs.</summary>
internal static class MutualPublished
{
    private static readonly Dictionary<(DataShape, string), (double Independent, double Scratch, double Pretrained)> Modes = new()
    {
        [(DataShape.Avazu, "FiBiNET")] = (.79701, .79700, .79836),
        [(DataShape.Avazu, "DCN")] = (.79398, .79396, .79566),
        [(DataShape.Avazu, "PNN")] = (.79595, .79587, .79701),
        [(DataShape.Avazu, "DeepFM")] = (.79604, .79597, .79681),
        [(DataShape.Criteo, "FiBiNET")] = (.81313, .81309, .81424),
        [(DataShape.Criteo, "DCN")] = (.81248, .81242, .81329),
        [(DataShape.Criteo, "PNN")] = (.81232, .81232, .81337),
        [(DataShape.Criteo, "DeepFM")] = (.81207, .81203, .81297),
    };

    private static readonly Dictionary<int, double> Sizes = new() { [2] = .79812, [3] = .79833, [4] = .79837, [5] = .79835 };

    /// <summary>Rows of the test split from which on the data are taken to be all of Criteo or Avazu.</summary>
    public const int WholeTestRows = 4_000_000;

    /// <summary>Table 1, or null.</summary>
    public static double? Of(DataShape shape, string model, string mode) =>
        !Modes.TryGetValue((shape, model), out var known) ? null : mode switch
        {
            MutualRow.Independent => known.Independent,
            MutualRow.Scratch => known.Scratch,
            MutualRow.Pretrained => known.Pretrained,
            _ => null,
        };

    /// <summary>The number of members, FiBiNET on Avazu with pretraining.</summary>
    public static double? Of(DataShape shape, string model, int members) =>
        shape == DataShape.Avazu && model == "FiBiNET" && Sizes.TryGetValue(members, out var known) ? known : null;
}
