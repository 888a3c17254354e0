using System.Globalization;
using System.Text;

namespace Consort.Kills;

/// <summary>A few hundred clicks, a schema and experiments over them.</summary>
internal static class TinyRows
{
    private const string Schema = """
        delimiter: comma
        header: true
        fields:
          - {name: label, kind: label}
          - {name: user, kind: categorical}
          - {name: item, kind: categorical}
          - {name: price, kind: numeric, transform: standardise}
        """;

    private const string Single = """
        data: { schema: schema.yaml, source: rows.csv, by: seed, seed: 1, cache: cache }
        embedding: { dimension: 4, initial_deviation: 0.1 }
        members: [{ model: DNN, hidden_units: [8], dropout: 0.2, batch_norm: true }]
        training: { batch_size: 64, epochs: 2, learning_rate: 1e-2, patience: 0 }
        """;

    // Prices are tokens that no other row has: their rows rest, and are behind at every checkpoint.
    private static readonly string Wide = Schema.Replace("kind: numeric, transform: standardise", "kind: categorical", StringComparison.Ordinal);

    private const string Deferred = """
        data: { schema: wide.yaml, source: rows.csv, by: seed, seed: 1, cache: cache }
        embedding: { dimension: 4, initial_deviation: 0.1 }
        members: [{ model: DNN, hidden_units: [8], dropout: 0.2, batch_norm: true }]
        training: { batch_size: 4, epochs: 3, learning_rate: 1e-2, patience: 0, embedding_update: deferred, checkpoint_minutes: 0.01 }
        """;

    private const string Family = """
        data: { schema: schema.yaml, source: rows.csv, by: seed, seed: 1, cache: cache }
        embedding: { dimension: 4, initial_deviation: 0.1 }
        members:
          - { model: DeepFM, hidden_units: [8, 4], dropout: 0.2, batch_norm: true }
          - { model: DCN, hidden_units: [8], cross_layers: 2 }
        training: { batch_size: 64, evaluations_per_epoch: 2 }
        phases:
          - { name: first, strategy: { name: kdef }, epochs: 3, learning_rate: 1e-2, patience: 0 }
          - { name: second, strategy: { name: mutual }, epochs: 2, learning_rate: 1e-3, patience: 0, schedule: { name: exponential } }
          - { name: third, strategy: { name: supervised }, epochs: 2, learning_rate: 1e-3, patience: 0, evaluate_first: true }
        """;

    private const string Ranks = """
        data: { schema: schema.yaml, source: rows.csv, by: seed, seed: 1, cache: cache }
        embedding: { dimension: 4, initial_deviation: 0.1 }
        members:
          - { model: DeepFM, hidden_units: [8, 4], dropout: 0.2, batch_norm: true }
          - { model: DCN, hidden_units: [8], cross_layers: 2 }
        training: { batch_size: 64, evaluations_per_epoch: 2, checkpoint_minutes: 0.01 }
        phases:
          - { name: first, strategy: { name: kdef }, epochs: 3, learning_rate: 1e-2, patience: 0 }
          - { name: second, strategy: { name: mutual }, epochs: 2, learning_rate: 1e-3, patience: 0 }
        """;

    private const string Daily = Single + """

        phases:
          - { name: older, data: older.csv, epochs: 2 }
          - { days: da*.csv, waiting_mb: 1, count_decay: 0.8 }
        """;

    public static IEnumerable<(string Name, string Text)> Files =>
        [("schema.yaml", Schema), ("single.yaml", Single), ("family.yaml", Family), ("wide.yaml", Wide), ("deferred.yaml", Deferred),
            ("ranks.yaml", Ranks), ("daily.yaml", Daily),
            ("rows.csv", Rows(1)), ("older.csv", Rows(2)), ("day.csv", Rows(3))];

    private static string Rows(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder("label,user,item,price\n");
        for (var row = 0; row < 900; row++)
        {
            var (user, item, price) = (random.Next(12), random.Next(9), random.NextDouble() * 10);
            var label = random.NextDouble() < 1 / (1 + Math.Exp(-((user % 3) - 1 + (0.2 * (price - 5))))) ? 1 : 0;
            text.Append(CultureInfo.InvariantCulture, $"{label},u{user},i{item},{price:F3}\n");
        }

        return text.ToString();
    }
}
