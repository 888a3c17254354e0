using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Clicks of which it is known what they rest on.</summary>
public sealed class ImportanceTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Diagnose_Importance_FindsWhatClicksRestOn()
    {
        _folder.File("schema.yaml", """
            format: delimited
            delimiter: comma
            header: true
            fields:
              - {name: label, kind: label}
              - {name: strong, kind: categorical}
              - {name: idle, kind: categorical}
              - {name: left, kind: categorical}
              - {name: right, kind: categorical}
              - {name: price, kind: numeric, transform: standardise}
            """);
        foreach (var (name, rows) in new[] { ("train", 12_000), ("valid", 3000), ("test", 6000) })
            _folder.File($"{name}.csv", Rows(rows, name.Length));
        var experiment = _folder.File("fm.yaml", $$"""
            data: { schema: schema.yaml, train: train.csv, valid: valid.csv, test: test.csv, cache: {{_folder.At("cache").Replace('\\', '/')}} }
            embedding: { dimension: 4, initial_deviation: 0.1 }
            members: [{ model: DeepFM, hidden_units: [16] }]
            training: { batch_size: 128, epochs: 6, learning_rate: 1e-2 }
            """);
        var train = ConsoleRun.Of("train", experiment, "--out", _folder.At("run"));
        Assert.True(train.ExitCode == 0, train.Error);
        string[] command = ["diagnose", _folder.At("run"), "--importance", "4000", "--together", "left,right", "--rows", "64", "-q"];
        var run = ConsoleRun.Of([.. command, "--json", _folder.At("d.json")]);
        Assert.True(run.ExitCode == 0, run.Error);

        using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("d.json")));
        var found = json.RootElement.GetProperty("importance");
        var fields = found.GetProperty("fields").EnumerateArray().ToDictionary(f => f.GetProperty("field").GetString()!);
        Assert.Equal(["idle", "left", "left+right", "price", "right", "strong"], fields.Keys.Order(StringComparer.Ordinal));
        // Surely worth something, and surely next to nothing.
        Assert.True(Value("strong", "low") > 0.02);
        Assert.True(fields["strong"].GetProperty("auc").GetProperty("low").GetDouble() > 0);
        Assert.InRange(Value("idle", "value"), -0.01, 0.01);
        // Left and right say nothing alone, and much as a pair: what needs both is lost by dealing either.
        var pairs = found.GetProperty("pairs").EnumerateArray().ToArray();
        var strongest = pairs[0];
        Assert.Equal(["left", "right"], new[] { strongest.GetProperty("first").GetString(), strongest.GetProperty("second").GetString() }.Order());
        Assert.True(strongest.GetProperty("interaction").GetProperty("high").GetDouble() < 0);
        // More of the price is more clicks.
        var curve = found.GetProperty("curves")[0];
        var said = curve.GetProperty("probabilities").EnumerateArray().Select(p => p.GetDouble()).ToArray();
        Assert.True(said[^1] > said[0] + 0.05);
        Assert.InRange(curve.GetProperty("values")[4].GetDouble(), 4, 6); // in the rows' own units
        Assert.NotEqual(0, found.GetProperty("slices").GetArrayLength());
        Assert.Contains("Importance of fields", File.ReadAllText(_folder.At("run/diagnosis.md")), StringComparison.Ordinal);

        // The same whenever it is asked, read back by the report, and absent unless asked for.
        Assert.Equal(0, ConsoleRun.Of([.. command, "--json", _folder.At("again.json")]).ExitCode);
        Assert.Equal(File.ReadAllText(_folder.At("d.json")), File.ReadAllText(_folder.At("again.json")));
        var report = ConsoleRun.Of("report", _folder.At("run"), "--out", _folder.At("report.html"));
        Assert.True(report.ExitCode == 0, report.Error);
        Assert.Contains("strong matters most", File.ReadAllText(_folder.At("report.html")), StringComparison.Ordinal);
        var wrong = ConsoleRun.Of("diagnose", _folder.At("run"), "--importance", "100", "--together", "lefd,right", "-q");
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("--together lefd: found no such field", wrong.Error, StringComparison.Ordinal);

        double Value(string field, string key) => fields[field].GetProperty("log_loss").GetProperty(key).GetDouble();
    }

    private static string Rows(int rows, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder("label,strong,idle,left,right,price\n");
        for (var row = 0; row < rows; row++)
        {
            var (strong, idle, left, right, price) = (random.Next(6), random.Next(6), random.Next(2), random.Next(2), random.NextDouble() * 10);
            var logit = (0.9 * (strong - 2.5)) + (left == right ? 1 : -1) + (0.15 * (price - 5));
            var label = random.NextDouble() < 1 / (1 + Math.Exp(-logit)) ? 1 : 0;
            text.Append(CultureInfo.InvariantCulture, $"{label},s{strong},i{idle},l{left},r{right},{price:F3}\n");
        }

        return text.ToString();
    }
}
