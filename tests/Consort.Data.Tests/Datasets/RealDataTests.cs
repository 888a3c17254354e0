using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Datasets;

public sealed class RealDataTests : IDisposable
{
    private const string Census = """
        delimiter: comma
        trim: true
        missing: ["", "?"]
        fields:
          - {name: age, kind: numeric, transform: standardise}
          - {name: workclass, kind: categorical}
          - {name: weight, kind: numeric, transform: {quantile_buckets: 20}}
          - {name: education, kind: categorical}
          - {name: education_years, kind: numeric, transform: min_max}
          - {name: marital_status, kind: categorical}
          - {name: occupation, kind: categorical}
          - {name: relationship, kind: categorical}
          - {name: race, kind: categorical}
          - {name: sex, kind: categorical}
          - {name: capital_gain, kind: numeric, transform: log2_buckets}
          - {name: capital_loss, kind: numeric, transform: log2_buckets}
          - {name: hours, kind: numeric}
          - {name: country, kind: categorical}
          - {name: income, kind: label, values: {">50K": 1, "<=50K": 0}}
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private EncodedDataset Encode(Schema schema, SplitPlan plan)
    {
        DatasetEncoder.Encode(new EncodeRequest(schema, plan, _folder.At("e")));
        return EncodedDataset.Open(_folder.At("e"));
    }

    [Fact]
    public void Frappe_GivenFiles_AreEncodedWhole()
    {
        string train = RealData.Find("frappe_x1/train_rebuilt.csv"), valid = RealData.Find("frappe_x1/valid.csv"),
            test = RealData.Find("frappe_x1/test.csv");
        using var dataset = Encode(Schema.Preset("frappe"), SplitPlan.Given([train], [valid], [test]));
        Assert.Equal((202_027, 57_722, 28_860), (dataset.Train.Rows, dataset.Valid!.Rows, dataset.Test!.Rows));
        Assert.Equal(67_604, dataset.Train.Clicks);
        Assert.Equal(10, dataset.Categorical.Count);
        Assert.Equal(File.ReadLines(train).Skip(1).Select(l => l.Split(',')[1]).Distinct().Count() + 2, dataset.Categorical[0].Size);
    }

    [Fact]
    public void Criteo_RawSample_IsEncodedAsItIs()
    {
        var source = RealData.Find("criteo_8k/criteo_8k.tsv");
        using var dataset = Encode(Schema.Preset("criteo"), SplitPlan.Given([source]));
        Assert.Equal(8000, dataset.Train.Rows);
        Assert.Equal(39, dataset.Categorical.Count);
        // C1 against a plain count of the file.
        string[][] rows = [.. File.ReadLines(source).Select(l => l.Split('\t'))];
        var counts = rows.GroupBy(r => r[14]).Where(g => g.Key != "").ToDictionary(g => g.Key, g => g.Count());
        Assert.Equal(counts.Count(c => c.Value >= 10) + 2, dataset.Categorical[13].Size);
        var encoded = Row.Of(dataset.Train);
        for (var r = 0; r < rows.Length; r++)
        {
            var expected = rows[r][14] == "" ? "(missing)" : counts[rows[r][14]] >= 10 ? rows[r][14] : "(oov)";
            Assert.Equal(expected, dataset.Encoder.Token(encoded[r].Ids[13]));
        }
    }

    [Fact]
    public void Avazu_RawSample_HasDerivedColumns()
    {
        var source = RealData.Find("avazu_9k/avazu_sample.csv");
        using var dataset = Encode(Schema.Preset("avazu"), SplitPlan.BySeed([source], 1));
        Assert.Equal(8999, dataset.Train.Rows + dataset.Valid!.Rows + dataset.Test!.Rows);
        Assert.Equal(["hour", "weekday", "weekend", "C1"], dataset.Categorical.Take(4).Select(c => c.Name));
        Assert.Equal(24, dataset.Categorical.Count);
    }

    [Fact]
    public void Census_MixedColumns_AreEncoded()
    {
        string train = RealData.Find("census/train.csv"), test = RealData.Find("census/valid.csv");
        using var dataset = Encode(Schema.Load(OptionMap.Parse(Census, "census.yaml")), SplitPlan.Given([train], null, [test]));
        Assert.Equal((32_561, 16_281), (dataset.Train.Rows, dataset.Test!.Rows));
        Assert.Equal(7841, dataset.Train.Clicks);
        Assert.Equal(["age", "education_years", "hours"], dataset.Numeric);
        Assert.Equal(0, Row.Of(dataset.Train).Average(r => (double)r.Numeric[0]), 4);
    }
}
