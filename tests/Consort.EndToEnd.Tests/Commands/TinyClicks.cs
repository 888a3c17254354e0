using System.Globalization;
using System.Text;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Hand-made clicks: two categorical fields and a number that decide the label, train, valid and test.</summary>
internal sealed class TinyClicks : IDisposable
{
    private const string Schema = """
        format: delimited
        delimiter: comma
        header: true
        fields:
          - {name: label, kind: label}
          - {name: user, kind: categorical}
          - {name: item, kind: categorical}
          - {name: price, kind: numeric, transform: standardise}
        """;

    private const string OnePhase = "  epochs: 4\n  learning_rate: 1e-2\n  patience: 0";

    private readonly TempFolder _folder = new();

    public TinyClicks(int rows = 600)
    {
        _folder.File("schema.yaml", Schema);
        Train = _folder.File("train.csv", Rows(rows, 1));
        Valid = _folder.File("valid.csv", Rows(rows / 3, 2));
        Test = _folder.File("test.csv", Rows(rows / 3, 3));
        Experiment = WriteExperiment("experiment.yaml");
    }

    public string Path => _folder.Path;

    public string Train { get; }

    public string Valid { get; }

    public string Test { get; }

    public string Experiment { get; }

    public string At(string name) => _folder.At(name);

    public string File(string name, string text) => _folder.File(name, text);

    /// <summary>An experiment of two members with dropout and batch norm, so that a resumed run has state to lose.</summary>
    public string WriteExperiment(string name, string training = OnePhase, string rest = "strategy: { name: kdef }") => _folder.File(name, $$"""
        name: tiny
        data:
          schema: schema.yaml
          train: train.csv
          valid: valid.csv
          test: test.csv
          cache: {{_folder.At("cache").Replace('\\', '/')}}
        embedding: { dimension: 4, initial_deviation: 0.1 }
        members:
          - { model: DeepFM, hidden_units: [8, 4], dropout: 0.2, batch_norm: true }
          - { model: DCN, hidden_units: [8], cross_layers: 2 }
        training:
          batch_size: 64
        {{training}}
        {{rest}}
        """);

    public static string Rows(int rows, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder("label,user,item,price\n");
        for (var row = 0; row < rows; row++)
        {
            var (user, item, price) = (random.Next(12), random.Next(9), random.NextDouble() * 10);
            var logit = ((user % 3) - 1) + ((user + item) % 2 == 0 ? 1 : -1) + (0.2 * (price - 5));
            var label = random.NextDouble() < 1 / (1 + Math.Exp(-logit)) ? 1 : 0;
            text.Append(CultureInfo.InvariantCulture, $"{label},u{user},i{item},{price:F3}\n");
        }

        return text.ToString();
    }

    public void Dispose() => _folder.Dispose();
}
