using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.ML;
using Consort.Serving;
using Microsoft.ML;

namespace MlNet;

/// <summary>An offer that was shown.</summary>
public sealed record Offer
{
    /// <summary>Whether it was clicked.</summary>
    public bool Clicked { get; init; }

    /// <summary>Where it was shown.</summary>
    public string Site { get; init; } = "";

    /// <summary>What it costs; NaN where nobody knows.</summary>
    public float Price { get; init; }

    /// <summary>The hour of the day.</summary>
    public int Hour { get; init; }
}

/// <summary>What the scorer adds.</summary>
public sealed class Scored
{
    /// <summary>The logit.</summary>
    public float Score { get; set; }

    /// <summary>Of a click.</summary>
    public float Probability { get; set; }
}

/// <summary>What it came to.</summary>
/// <param name="Auc">On the run's test rows.</param>
/// <param name="MeasuredByMlNet">AUC over all rows, by ML.NET's evaluator.</param>
/// <param name="Probability">Of one offer, by a prediction engine.</param>
public sealed record PipelineResult(double Auc, double MeasuredByMlNet, double Probability);

/// <summary>A pipeline of ML.NET prepares the rows, Consort trains on them, and scores in that pipeline again.</summary>
public static class Pipeline
{
    private const string Yaml = """
        data:
          source: rows:offers
          by: seed
          cache: encoded
          schema:
            fields:
              - { name: Clicked, kind: label }
              - { name: Site, kind: categorical }
              - { name: SiteKey, kind: categorical }
              - { name: Price, kind: numeric, transform: standardise }
              - { name: Hour, kind: ignored }
              - { name: Evening, kind: categorical }
        members: [{ model: DeepFM, hidden_units: [16] }]
        training: { batch_size: 256, epochs: 4, learning_rate: 0.01 }
        """;

    /// <summary>Goes it in an empty folder.</summary>
    public static PipelineResult Run(string folder, CancellationToken cancellation)
    {
        var context = new MLContext(seed: 1);
        var offers = context.Data.LoadFromEnumerable(Offers(6_000));
        var prepare = context.Transforms.Conversion.MapValueToKey("SiteKey", "Site")
            .Append(context.Transforms.CustomMapping<Offer, Part>(
                (o, p) => p.Evening = o.Hour >= 18 ? "evening" : "day", contractName: null));
        var prepared = prepare.Fit(offers);

        // The prepared rows are a source as a file is one.
        var names = Catalogues.Default.With(SourceCatalogue.BuiltIn.With(DataViewRows.Of("offers", prepared.Transform(offers))));
        var file = Path.Combine(folder, "offers.yaml");
        File.WriteAllText(file, Yaml);
        var experiment = Experiment.Load(file, catalogues: names);
        var run = ExperimentRunner.Run(new RunRequest(experiment, Path.Combine(folder, "run"), Threads: 2), cancellation);
        var package = Path.Combine(folder, "offers.consort");
        RunPacker.Pack(new PackRequest(run.Folder, package, Threads: 2) { Catalogues = names }, cancellation);

        using var scorer = Scorer.Load(package);
        var pipeline = prepare.Append(context.Transforms.ScoreClicks(scorer)).Fit(offers);
        var measured = context.BinaryClassification.Evaluate(pipeline.Transform(offers), labelColumnName: "Clicked");
        using var engine = context.Model.CreatePredictionEngine<Offer, Scored>(pipeline);
        var answer = engine.Predict(new Offer { Site = "news", Price = 3, Hour = 20 });
        return new PipelineResult(run.Training.Test!.Metrics.Ensemble.Auc, measured.AreaUnderRocCurve, answer.Probability);
    }

    /// <summary>Made-up offers: clicked in the evening, on the news, and where they are cheap.</summary>
    public static IEnumerable<Offer> Offers(int count)
    {
        var random = new Random(1);
        string[] sites = ["news", "mail", "shop", "blog"];
        for (var i = 0; i < count; i++)
        {
            var (site, price, hour) = (sites[random.Next(4)], (float)Math.Round(random.NextDouble() * 20, 1), random.Next(24));
            var logit = (site == "news" ? 1 : -0.5) + (hour >= 18 ? 1.5 : -0.5) - price / 10;
            yield return new Offer
            {
                Clicked = random.NextDouble() < 1 / (1 + Math.Exp(-logit)),
                Site = site,
                Price = i % 50 == 0 ? float.NaN : price,
                Hour = hour,
            };
        }
    }

    private sealed class Part
    {
        public string Evening { get; set; } = "";
    }
}
