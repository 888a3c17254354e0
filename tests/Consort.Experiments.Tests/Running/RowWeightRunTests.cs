using System.Globalization;
using Consort.Experiments.Files;
using Consort.Experiments.Running;

namespace Consort.Experiments.Tests.Running;

/// <summary>A run on weighted rows beside one on the same rows, each written out as often as its weight says.</summary>
public sealed class RowWeightRunTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("consort-weights-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Train_WeightTwo_IsTheRowTwice()
    {
        var random = new Random(1);
        var rows = Enumerable.Range(0, 240).Select(_ =>
        {
            var (a, b) = (random.NextDouble() - 0.5, random.NextDouble() - 0.5);
            return (Text: string.Create(CultureInfo.InvariantCulture, $"{(random.NextDouble() < 1 / (1 + Math.Exp(-4 * a)) ? 1 : 0)},{a:F4},{b:F4}"),
                Weight: random.Next(4));
        }).ToArray();
        var weighted = Train("weighted", rows.Select(r => $"{r.Text},{r.Weight}"), "- {name: w, kind: weight}");
        var written = Train("written", rows.SelectMany(r => Enumerable.Repeat($"{r.Text},x", r.Weight)), "- {name: w, kind: ignored}");
        var plain = Train("plain", rows.Select(r => $"{r.Text},x"), "- {name: w, kind: ignored}");
        var (found, expected) = (weighted.Training.Valid.Metrics.Members[0], written.Training.Valid.Metrics.Members[0]);
        Assert.Equal(expected.LogLoss, found.LogLoss, 1e-5);
        Assert.Equal(expected.Auc, found.Auc, 1e-5);
        Assert.Equal(expected.Calibration, found.Calibration, 1e-4);
        Assert.NotEqual(plain.Training.Valid.Metrics.Members[0].LogLoss, found.LogLoss, 1e-3);
    }

    private RunResult Train(string name, IEnumerable<string> rows, string field)
    {
        var lines = rows.ToArray();
        foreach (var file in new[] { "train", "valid" })
            File.WriteAllLines(Path.Combine(_folder, $"{name}-{file}.csv"), lines);
        File.WriteAllText(Path.Combine(_folder, $"{name}.yaml"), $$"""
            data:
              schema:
                delimiter: comma
                fields:
                  - {name: y, kind: label}
                  - {name: a, kind: numeric}
                  - {name: b, kind: numeric}
                  {{field}}
              train: {{name}}-train.csv
              valid: {{name}}-valid.csv
              cache: {{Path.Combine(_folder, "cache-" + name)}}
            members: [{ model: DNN, hidden_units: [8] }, { model: LR }]
            training: { epochs: 5, batch_size: 1000, learning_rate: 0.02 }
            """);
        var run = new RunRequest(Experiment.Load(Path.Combine(_folder, $"{name}.yaml")), Path.Combine(_folder, name), Threads: 1);
        return ExperimentRunner.Run(run, CancellationToken.None);
    }
}
