using System.Globalization;
using System.Text;
using Consort.Experiments.Files;
using Consort.Experiments.Packing;
using Consort.Experiments.Running;

namespace Consort.Fuzz.Targets;

/// <summary>A few clicks of every kind of column, a run that learnt from them, and its package.</summary>
internal sealed class TinyRun
{
    public const string Schema = """
        header: true
        delimiter: comma
        fields:
          - { name: label, kind: label }
          - { name: price, kind: numeric, transform: standardise }
          - { name: share, kind: numeric, transform: min_max }
          - { name: site, kind: categorical }
          - { name: device, kind: categorical, transform: "hash: 50" }
          - { name: visits, kind: numeric, transform: log2_buckets }
          - { name: age, kind: numeric, transform: "quantile_buckets: 6" }
          - { name: time, kind: categorical, derive: [hour, weekday, weekend] }
          - { name: app, kind: categorical, missing: ["", "none"] }
          - { name: seen, kind: sequence, splitter: ";", max_len: 4, share: site }
          - { name: tags, kind: list, pooling: max }
          - { name: likes, kind: list, weight_splitter: ":", pooling: sum }

        """;

    private readonly string _folder;

    public TinyRun(string folder)
    {
        _folder = folder;
        File.WriteAllText(At("schema.yaml"), Schema);
        File.WriteAllText(At("train.csv"), Rows(200, 1));
        File.WriteAllText(At("valid.csv"), Rows(50, 2));
    }

    public string Train => At("train.csv");

    public string Run => At("run");

    public string At(string name) => Path.Combine(_folder, name);

    /// <summary>Trains for an epoch.</summary>
    public FinishedRun Finish()
    {
        var experiment = Experiment.Parse(
            """
            name: tiny
            data: { schema: schema.yaml, train: train.csv, valid: valid.csv, test: valid.csv, cache: "$$CACHE" }
            embedding: { dimension: 4, initial_deviation: 0.1 }
            members:
              - { model: DeepFM, hidden_units: [8, 4], batch_norm: true }
              - { model: DCN, hidden_units: [8], cross_layers: 2 }
            training: { batch_size: 64, epochs: 1, learning_rate: 1e-2 }
            """.Replace("$$CACHE", At("cache").Replace('\\', '/'), StringComparison.Ordinal),
            At("tiny.yaml"), _folder);
        ExperimentRunner.Run(new RunRequest(experiment, Run, Threads: 1), CancellationToken.None);
        return new FinishedRun(Run, threads: 1);
    }

    /// <summary>Trains and packs.</summary>
    public string Package()
    {
        Finish().Dispose();
        RunPacker.Pack(new PackRequest(Run, At("tiny.consort"), 1), CancellationToken.None);
        return At("tiny.consort");
    }

    private static string Rows(int rows, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder("label,price,share,site,device,visits,age,time,app,seen,tags,likes\n");
        for (var row = 0; row < rows; row++)
            text.Append(CultureInfo.InvariantCulture,
                $"{random.Next(2)},{Or($"{random.NextDouble() * 100:F2}")},{Or($"{random.NextDouble():F3}")},s{random.Next(9)},d{random.Next(99)},{Or($"{random.Next(-3, 5000)}")},{Or($"{random.Next(90)}")},1410{21 + random.Next(9)}{random.Next(24):00},{(random.Next(5) == 0 ? "none" : $"äpp{random.Next(6)}")},{Join(6, ";", () => $"s{random.Next(9)}")},{Join(3, "|", () => $"t{random.Next(5)}")},{Join(3, "|", () => $"l{random.Next(5)}:{random.Next(4)}")}\n");
        return text.ToString();

        string Join(int most, string splitter, Func<string> token) =>
            string.Join(splitter, Enumerable.Range(0, random.Next(most)).Select(_ => token()));

        string Or(string value) => random.Next(8) == 0 ? "" : value;
    }
}
