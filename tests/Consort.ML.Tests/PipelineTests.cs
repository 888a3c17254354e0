using Consort.Serving;
using Microsoft.ML;
using Microsoft.ML.Data;
using MlNet;

namespace Consort.ML.Tests;

/// <summary>The sample goes the whole way, and its scores are those of the scorer.</summary>
public sealed class PipelineTests
{
    [Fact]
    public void Run_TheSample_TrainsScoresAndIsMeasuredByMlNet()
    {
        using var folder = new TempFolder();
        var result = Pipeline.Run(folder.Path, CancellationToken.None);
        Assert.InRange(result.Auc, 0.65, 0.95);
        Assert.InRange(result.MeasuredByMlNet, 0.65, 0.95);
        Assert.InRange(result.Probability, 0.6, 0.99); // cheap, on the news, in the evening

        using var scorer = Scorer.Load(folder.At("offers.consort"));
        var context = new MLContext();
        var rows = Pipeline.Offers(300).ToArray();
        var view = context.Data.LoadFromEnumerable(rows.Select(o => new Row(o.Site, o.Site, o.Price, o.Hour >= 18 ? "evening" : "day")));
        var scores = context.Transforms.ScoreClicks(scorer).Fit(view).Transform(view);
        var probabilities = scores.GetColumn<float>("Probability").ToArray();
        var logits = scores.GetColumn<float>("Score").ToArray();
        Assert.Equal(rows.Length, probabilities.Length);
        var impression = scorer.NewImpression();
        for (var row = 0; row < rows.Length; row++)
        {
            impression.Set("Site", rows[row].Site);
            impression.Set("SiteKey", rows[row].Site);
            if (float.IsNaN(rows[row].Price))
                impression.Set("Price", (string?)null);
            else
                impression.Set("Price", rows[row].Price);
            impression.Set("Evening", rows[row].Hour >= 18 ? "evening" : "day");
            Assert.Equal(scorer.Score(impression), probabilities[row], 1e-6f);
            Assert.Equal(1 / (1 + Math.Exp(-logits[row])), probabilities[row], 1e-5); // the package is not calibrated
        }

        var message = Assert.Throws<ConsortException>(() => context.Transforms.ScoreClicks(scorer).Fit(
            context.Data.LoadFromEnumerable(rows))).Message;
        Assert.Contains("found no column SiteKey in the view, expected one for each field", message, StringComparison.Ordinal);
    }

    private sealed record Row(string Site, string SiteKey, float Price, string Evening);
}
