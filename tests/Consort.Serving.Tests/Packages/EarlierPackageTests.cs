using System.Globalization;
using System.Text.Json;
using Consort.Foundation.Options;

namespace Consort.Serving.Tests.Packages;

/// <summary>
/// A package that version 0.1.0 wrote before packages were JSON (commit 758e850), and the probabilities that its run said of a few rows.
/// </summary>
public sealed class EarlierPackageTests
{
    private static string At(string name) => Path.Combine(AppContext.BaseDirectory, "Packages", "Earlier", name);

    [Fact]
    public void Load_APackageWithYamlInside_ScoresAsItsRunDid()
    {
        YamlOptions.Register();
        using var scorer = Scorer.Load(At("earlier.consort"));
        Assert.StartsWith("embedding:\n", scorer.Package.Model, StringComparison.Ordinal);
        var rows = File.ReadAllLines(At("few.csv")).Skip(1).Select(l => l.Split(',').Select(c => c.Trim('"')).ToArray()).ToArray();
        var expected = File.ReadAllLines(At("few.txt")).Select(l => float.Parse(l, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(20, rows.Length);
        string[] names = ["clicked", "user", "item", "price", "tags"];
        var impression = scorer.NewImpression();
        for (var row = 0; row < rows.Length; row++)
        {
            foreach (var (name, value) in names.Zip(rows[row]))
            {
                if (scorer.Fields.Contains(name))
                    impression.Set(scorer.FieldIndex(name), value);
            }

            Assert.Equal(expected[row], scorer.Score(impression), 1e-6f);
        }
    }

    [Fact]
    public void Read_YamlWhereNobodyReadsIt_SaysWhatToDo()
    {
        var message = Assert.Throws<ConsortException>(
            () => StoredOptions.Read("embedding:\n  dimension: 2\n", "ctr.consort (model)", yaml: null)).Message;
        Assert.StartsWith("ctr.consort (model): found options as YAML", message, StringComparison.Ordinal);
        Assert.Contains("\"consort pack\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_APackageOfToday_HoldsNoYamlThatIsRead()
    {
        using var data = new ServingData();
        using var family = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [4] }"));
        using var model = JsonDocument.Parse(family.Content().Model);
        Assert.Equal("DeepFM", model.RootElement.GetProperty("members")[0].GetProperty("model").GetString());
        var head = Data.Encoders.EncoderImage.Head(family.Content().Encoder);
        Assert.Contains("\"fields\": [", System.Text.Encoding.UTF8.GetString(head), StringComparison.Ordinal);
    }
}
