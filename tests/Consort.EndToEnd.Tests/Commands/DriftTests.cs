using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Days of traffic beside the training rows: none alarms where nothing has changed, and a change is named within its day.</summary>
public sealed class DriftTests : IDisposable
{
    private const int RowsOfADay = 3000;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Drift_ThirtyDaysAndPlantedShifts_AreToldApart()
    {
        var package = Pack(20_000);
        for (var day = 0; day < 30; day++)
        {
            var run = Drift(package, Day(100 + day), "--labels");
            Assert.True(run.ExitCode == 0, $"day {day}: {run.Output}{run.Error}");
        }

        Assert.Equal([("age", "missing"), ("age", "psi")], Alarms(package, Day(200, isAgeDead: true)));
        Assert.Equal([("device", "missing"), ("device", "psi")], Alarms(package, Day(201, isDeviceDead: true)));
        Assert.Equal([("site", "unseen"), ("site", "psi")], Alarms(package, Day(202, newSite: 0.06)));
        Assert.Equal([("price", "psi")], Alarms(package, Day(203, priceFactor: 2)));

        // Bots have one user, one device and one campaign, and click nothing.
        var bots = Alarms(package, Day(204, bots: 0.3), "--labels");
        Assert.Contains(("user", "psi"), bots);
        Assert.Contains(("campaign", "psi"), bots);
        Assert.Contains(("", "calibration"), bots);
        Assert.DoesNotContain(bots, a => a.Column is "price" or "age");
        var text = Drift(package, _folder.At("204.csv"), "--labels").Output;
        Assert.Contains("; most: d4, ", text, StringComparison.Ordinal); // the token by its name
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Matches("^drift: [0-9]+ alarms; [0-9] of 6 columns changed: .*user", lines[1]);
        Assert.Matches("^next +consort update RUN --data ", lines[^1]);
    }

    // Rows of 10 tokens or none: half of them without one are but a tenth of all tokens.
    [Fact]
    public void Drift_ListsThatGoEmptyAndZerosAmongNumbers_AreToldAsRows()
    {
        _folder.File("schema.yaml", """
            delimiter: comma
            header: true
            fields:
              - {name: label, kind: label}
              - {name: tags, kind: list, splitter: "|", max_len: 10}
              - {name: seen, kind: sequence, splitter: "|", max_len: 10}
              - {name: clicks, kind: numeric, transform: none}
              - {name: size, kind: numeric, transform: standardise}
            """);
        Rows(1, 0.1, 0.1);
        Rows(2, 0.1, 0.1);
        var package = PackLogistic();
        Assert.Empty(Found(Rows(3, 0.1, 0.1), 0));
        var text = Drift(package, Rows(4, 0.5, 0.1)).Output;
        Assert.Contains("4.csv: 3,000 rows, 4 watched columns", text, StringComparison.Ordinal);
        Assert.DoesNotContain("-0.0000", text, StringComparison.Ordinal);
        foreach (var list in new[] { "tags", "seen" })
        {
            Assert.Contains((list, "missing"), Found(_folder.At("4.csv"), 3));
            Assert.Equal(0.5, Share(list, "missing").GetDouble(), 0.03);
            Assert.Equal(0.1, Share(list, "missing_before").GetDouble(), 0.02);
        }

        // Zeros are no missing values.
        Assert.DoesNotContain(Found(Rows(5, 0.1, 0.5), 3), a => a.Kind == "missing");
        Assert.Equal(JsonValueKind.Null, Share("clicks", "missing").ValueKind);
        Assert.Equal(0, Share("size", "missing").GetDouble());
        Assert.Contains("not known", Drift(package, _folder.At("5.csv")).Output, StringComparison.Ordinal);

        string Rows(int day, double empty, double zero)
        {
            var random = new Random(day);
            return _folder.File($"{day}.csv", "label,tags,seen,clicks,size\n" + string.Concat(Enumerable.Range(0, 3000).Select(_ =>
                FormattableString.Invariant($"{random.Next(2)},{List()},{List()},{(random.NextDouble() < zero ? 0 : random.Next(1, 9))},{random.NextDouble():F4}\n"))));

            string List() => random.NextDouble() < empty ? "" : string.Join('|', Enumerable.Range(0, 10).Select(_ => $"t{random.Next(5)}"));
        }

        (string Column, string Kind)[] Found(string day, int code)
        {
            Assert.Equal(code, Drift(package, day, "--json", _folder.At("drift.json")).ExitCode);
            using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("drift.json")));
            return [.. json.RootElement.GetProperty("alarms").EnumerateArray()
                .Select(a => (a.GetProperty("column").GetString()!, a.GetProperty("kind").GetString()!))];
        }

        JsonElement Share(string column, string key)
        {
            using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("drift.json")));
            return json.RootElement.GetProperty("columns").EnumerateArray()
                .Single(c => c.GetProperty("name").GetString() == column).GetProperty(key).Clone();
        }
    }

    [Fact]
    public void Drift_FewRows_RaiseNoAlarm()
    {
        // 50 rows have a plain PSI of about .5 by chance alone.
        var package = Pack(5_000);
        for (var day = 0; day < 20; day++)
            Assert.Equal(0, Drift(package, Day(300 + day, rows: 50)).ExitCode);
    }

    [Fact]
    public void Drift_OfARunAndOfAnEarlierPackage_ComparesAndSaysWhatToDo()
    {
        Pack(5_000);
        var day = Day(400, priceFactor: 2);
        var drift = Drift(_folder.At("run"), day, "--html", _folder.At("drift.html"));
        Assert.Equal(3, drift.ExitCode);
        Assert.Contains($"update {_folder.At("run")} --data {day}", drift.Output, StringComparison.Ordinal);
        var page = File.ReadAllText(_folder.At("drift.html"));
        foreach (var words in new[] { "400.csv beside what", "drift: ", "price, psi:", "<svg", "campaign" })
            Assert.Contains(words, page, StringComparison.Ordinal);
        Assert.Contains("is the file that is read", Drift(_folder.At("run"), day, "--html", day).Error, StringComparison.Ordinal);
        var earlier = ConsoleRun.Of("drift", day, Repository.At("tests/Consort.Serving.Tests/Packages/Earlier/earlier.consort"));
        Assert.Equal(2, earlier.ExitCode);
        Assert.Contains("found no profile of the training rows", earlier.Error, StringComparison.Ordinal);
        var mistake = Drift(_folder.At("run"), day, "--psi", "-1");
        Assert.Equal(2, mistake.ExitCode);
        Assert.Contains("--psi: found -1, expected 0 to 100", mistake.Error, StringComparison.Ordinal);
    }

    private (string Column, string Kind)[] Alarms(string package, string day, params string[] more)
    {
        var run = Drift(package, day, ["--json", _folder.At("drift.json"), .. more]);
        Assert.Equal(3, run.ExitCode);
        using var json = JsonDocument.Parse(File.ReadAllText(_folder.At("drift.json")));
        return [.. json.RootElement.GetProperty("alarms").EnumerateArray()
            .Select(a => (a.GetProperty("column").GetString()!, a.GetProperty("kind").GetString()!)).Where(a => a.Item2 != "scores")];
    }

    private static ConsoleRun Drift(string model, string day, params string[] more) => ConsoleRun.Of(["drift", day, model, "-q", .. more]);

    private string Pack(int rows)
    {
        _folder.File("schema.yaml", """
            format: delimited
            delimiter: comma
            header: true
            min_count: 2
            fields:
              - {name: label, kind: label}
              - {name: site, kind: categorical}
              - {name: user, kind: categorical}
              - {name: device, kind: categorical}
              - {name: campaign, kind: categorical}
              - {name: price, kind: numeric, transform: standardise}
              - {name: age, kind: numeric, transform: standardise}
            """);
        Day(1, rows: rows);
        Day(2, rows: rows / 2);
        return PackLogistic();
    }

    private string PackLogistic()
    {
        var experiment = _folder.File("lr.yaml", $$"""
            data: { schema: schema.yaml, train: 1.csv, valid: 2.csv, cache: {{_folder.At("cache").Replace('\\', '/')}} }
            embedding: { dimension: 2 }
            members: [{ model: LR }]
            training: { batch_size: 256, epochs: 1, learning_rate: 1e-2 }
            """);
        foreach (var command in new string[][] { ["train", experiment, "--out", _folder.At("run")], ["pack", _folder.At("run"), "-o", _folder.At("m.consort")] })
        {
            var run = ConsoleRun.Of(command);
            Assert.True(run.ExitCode == 0, run.Error);
        }

        return _folder.At("m.consort");
    }

    private string Day(int day, int rows = RowsOfADay, bool isAgeDead = false, bool isDeviceDead = false, double newSite = 0,
        double priceFactor = 1, double bots = 0)
    {
        var random = new Random(day);
        var text = new StringBuilder("label,site,user,device,campaign,price,age\n");
        for (var row = 0; row < rows; row++)
        {
            // Rare sites and users are many: of every day some are new though nothing has changed.
            var (site, user) = (Rare(300), Rare(20_000));
            var (device, campaign) = (random.Next(5), random.Next(40));
            var normal = Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
            var (price, age) = (Math.Exp(1 + (0.8 * normal)), 18 + random.Next(60));
            var hasAge = random.Next(10) > 0 && !isAgeDead;
            var logit = -1.5 + (0.5 * ((site % 3) - 1)) + (0.4 * ((campaign % 5) - 2)) + (0.2 * normal);
            var label = random.NextDouble() < 1 / (1 + Math.Exp(-logit)) ? 1 : 0;
            var isNew = random.NextDouble() < newSite;
            if (random.NextDouble() < bots)
                (label, user, device, campaign) = (0, 200, 4, 39);
            text.Append(CultureInfo.InvariantCulture,
                $"{label},{(isNew ? "brand-new" : $"s{site}")},u{user},{(isDeviceDead ? "" : $"d{device}")},c{campaign},{price * priceFactor:F3},{(hasAge ? age.ToString(CultureInfo.InvariantCulture) : "")}\n");
        }

        return _folder.File($"{day}.csv", text.ToString());

        int Rare(int count) => (int)(count * Math.Pow(random.NextDouble(), 3));
    }
}
