using Consort.Data.Schemas;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Models;
using Consort.Models.Embeddings;

namespace Consort.Experiments.Tests.Recipes;

/// <summary>
/// Models with BARS' settings on Frappe have as many parameters as FuxiCTR's ("Total number of parameters" of the logs in reczoo/BARS,
/// ranking/ctr/MODEL/MODEL_frappe_x1).
/// </summary>
public sealed class ParameterCountTests
{
    // FuxiCTR 1's vocabularies of user, item, daytime, weekday, isweekend, homework, cost, weather, country and city, each with one id
    // for unknown tokens. FuxiCTR 2 and we have one more, for missing values.
    private static readonly int[] Sizes = [955, 4083, 8, 8, 3, 4, 3, 10, 81, 234];
    private static readonly string[] Names =
        ["user", "item", "daytime", "weekday", "isweekend", "homework", "cost", "weather", "country", "city"];

    [Theory]
    [InlineData("LR", 5_390, 1)] // LR_frappe_x1_001_ff730f43.log
    [InlineData("FM", 59_280, 11)] // FM_frappe_x1_001_6234f1e3.log
    [InlineData("FFM", 490_400, 91)] // FFM_frappe_x1_007_b8a83e47.log
    [InlineData("FwFM", 107_826, 20)] // FwFM_frappe_x1_005_95cf3ccd.log
    [InlineData("AFM", 60_826, 11)] // AFM_frappe_x1_011_2d591f68.log
    [InlineData("NFM", 384_880, 11)] // NFM_frappe_x1_012_3ebff53c.log
    [InlineData("DNN", 781_892 - 364_001, 10)] // DNN_frappe_x1_001_ad0f0fce.log; FuxiCTR 1.1 makes the tower twice and uses one
    [InlineData("WideDeep", 423_280, 11)] // WideDeep_frappe_x1_030_af559975.log
    [InlineData("DeepFM", 423_280, 11)] // DeepFM_frappe_x1_001_4ae3a56e.log
    [InlineData("PNN", 433_491, 10)] // PNN/IPNN_frappe_x1, PNN_frappe_x1_020_f371a3ab.log
    [InlineData("DCN", 418_591, 10)] // DCN_frappe_x1_013_efa58c31.log
    [InlineData("DCNv2", 458_391, 10)] // DCNv2_frappe_x1_007_c207b717.log
    [InlineData("xDeepFM", 429_809, 11)] // xDeepFM_frappe_x1_005_447fa536.log
    [InlineData("AutoInt", 306_051, 10)] // AutoInt_frappe_x1_005_2b296630.log
    [InlineData("AutoIntPlus", 622_180, 10)] // AutoInt/AutoInt+_frappe_x1, AutoInt_frappe_x1_006_dba8e61c.log
    [InlineData("FiBiNET", 743_480, 11)] // FiBiNET_frappe_x1_002_aedd06a6.log
    [InlineData("AFN", 4_066_711, 10)] // AFN_frappe_x1_008_f15b0bf0.log
    [InlineData("AFNPlus", 4_482_205, 20)] // AFN/AFN+_frappe_x1, AFN_frappe_x1_004_d2ea60c3.log
    [InlineData("MaskNet", 571_691, 10)] // MaskNet_frappe_x1_028_015da53e.log
    [InlineData("DLRM", 417_891, 10)] // DLRM_frappe_x1_006_216831a3.log
    public void Parameters_OfAPublishedSetting_AreThoseOfItsLog(string model, int published, int widthOfAFeature) =>
        Check(Published(model), published, widthOfAFeature);

    [Theory]
    [InlineData("FinalMLP", 253_392)] // FinalMLP_frappe_x1_004_e1ab402f.log
    [InlineData("FinalNet-1B", 256_791)] // FinalNet/FinalNet_frappe_x1/FinalNet_1B_frappe_x1, FINAL_frappe_x1_006_75be0578.log
    [InlineData("FinalNet", 338_502)] // FinalNet/FinalNet_frappe_x1/FinalNet_2B_frappe_x1, FINAL_frappe_x1_003_c3722b71.log
    public void Parameters_OfASettingOfFuxiCtr2_AreThoseOfItsLog(string model, int published) =>
        Assert.Equal(published, Published(model).Build(Space([.. Sizes.Select(s => s + 1)])).ParameterCount);

    [Theory]
    [InlineData("{ model: DCN, hidden_units: [], cross_layers: 6 }", 55_191, 10)] // DCN/CrossNet_frappe_x1, DCN_frappe_x1_005_b755b0b0.log
    [InlineData("{ model: DCNv2, structure: crossnet_only, cross_layers: 4 }", 94_391,
        10)] // DCNv2/CrossNetv2_frappe_x1, DCNv2_frappe_x1_001_881fe47a.log
    [InlineData("{ model: xDeepFM, hidden_units: [], cin_hidden_units: [64, 64, 64] }", 147_984,
        11)] // xDeepFM/CIN_frappe_x1, xDeepFM_frappe_x1_008_9e8759c4.log
    public void Parameters_OfAPartOfAModel_AreThoseOfItsLog(string member, int published, int widthOfAFeature)
    {
        var model = ModelCatalogue.Create(OptionMap.Parse(member, "member"));
        Check(new Family(new EmbeddingOptions { Dimension = 10 }, [model]), published, widthOfAFeature);
    }

    private static void Check(Family family, int published, int widthOfAFeature)
    {
        Assert.Equal(published, family.Build(Space(Sizes)).ParameterCount);
        Assert.Equal(published + (Sizes.Length * widthOfAFeature), family.Build(Space([.. Sizes.Select(s => s + 1)])).ParameterCount);
    }

    private static Family Published(string model)
    {
        var file = Path.Combine(Repository.Root(), "configs", "frappe_x1", $"{model}.yaml");
        return Experiment.Parse(File.ReadAllText(file), file, folder: null).Family;
    }

    private static FeatureSpace Space(int[] sizes)
    {
        var plain = FeatureSpace.Of(sizes);
        return new FeatureSpace([.. plain.Categorical.Select((c, i) => c with { Name = Names[i] })], []);
    }
}
