using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Consort.EndToEnd.Tests.House;

/// <summary>The README's table is that of a demonstration whose results are kept: <c>docs/results/demo.json</c>.</summary>
public sealed partial class DemoTableTests
{
    private const string Renewal =
        "./consort demo --json docs/results/demo.json && CONSORT_RENEW=1 ./test --filter DemoTable";

    [Fact]
    public void Table_OfTheReadme_IsThatOfTheResultsKept()
    {
        var text = File.ReadAllText(Repository.At("README.md"));
        using var json = JsonDocument.Parse(File.ReadAllText(Repository.At("docs/results/demo.json")));
        Assert.Single(Tables().Matches(text));
        var renewed = Tables().Replace(text, $"<!-- demo: docs/results/demo.json -->\n{Table(json.RootElement)}<!-- end -->");
        if (Environment.GetEnvironmentVariable("CONSORT_RENEW") == "1")
            File.WriteAllText(Repository.At("README.md"), renewed);
        else
            Assert.True(text == renewed, $"README.md does not say what docs/results/demo.json says; renew it: {Renewal}");
    }

    private static string Table(JsonElement demo)
    {
        var (results, taught) = (demo.GetProperty("results").EnumerateArray().ToArray(), demo.GetProperty("taught"));
        var lines = new List<string>
        {
            $"| family | how it learned | towers to score | AUC | above {taught.GetProperty("name").GetString()} alone | log-loss |",
            "|---|---|--:|--:|--:|--:|",
        };
        for (var row = 0; row < results.Length;)
        {
            // Members of one family, of whose rows nothing is kept, share a line.
            var next = row + 1;
            while (row > 0 && IsPart(results[row]) && next < results.Length && IsPart(results[next]))
                next++;
            lines.Add(Line(results[row..next]));
            row = next;
        }

        var (truth, kept) = (demo.GetProperty("ceiling"), taught.GetProperty("kept").GetDouble());
        lines.Add($"| *planted truth* | *best reachable* |  | {Number(truth, "auc")} |  | {Number(truth, "logloss")} |");
        lines.Add("");
        lines.Add(Text($"One {taught.GetProperty("name").GetString()} taught by the averaged models keeps {kept * 100:F0} % of what averaging them gains ({taught.GetProperty("low").GetDouble() * 100:F0} to {taught.GetProperty("high").GetDouble() * 100:F0} over test rows), at the cost of one model."));
        return string.Concat(lines.Select(l => $"{l}\n"));
    }

    private static string Line(JsonElement[] rows)
    {
        string Words(string key) => string.Join(", ", rows.Select(r => r.GetProperty(key).GetString()).Distinct());
        string Range(string key) => string.Join(" to ", new[] { rows.Min(r => r.GetProperty(key).GetDouble()), rows.Max(r => r.GetProperty(key).GetDouble()) }
            .Select(n => Text($"{n:F5}")).Distinct());
        var mark = Words("strategy").StartsWith("taught", StringComparison.Ordinal) ? "**" : "";
        var above = rows[0].GetProperty("above_alone").ValueKind == JsonValueKind.Null
            ? "" : $"{Signed(rows[0], "above_alone")} ({Signed(rows[0], "above_alone_low")} … {Signed(rows[0], "above_alone_high")})";
        string[] cells = [Words("name"), Words("strategy"), Text($"{rows[0].GetProperty("members").GetInt32()}"), Range("auc"), above,
            Range("logloss")];
        return $"| {string.Join(" | ", cells.Select(c => c.Length == 0 ? c : $"{mark}{c}{mark}"))} |";
    }

    private static bool IsPart(JsonElement row) => row.GetProperty("above_alone").ValueKind == JsonValueKind.Null;

    private static string Number(JsonElement of, string key) => Text($"{of.GetProperty(key).GetDouble():F5}");

    // With a minus as long as a plus, and none before what rounds to nothing.
    private static string Signed(JsonElement of, string key)
    {
        var rounded = Math.Round(of.GetProperty(key).GetDouble(), 4);
        return Text($"{(rounded == 0 ? 0 : rounded):+0.0000;−0.0000;0.0000}");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    [GeneratedRegex("<!-- demo: [^>]*? -->\n(?:(?!<!--).*\n)*<!-- end -->")]
    private static partial Regex Tables();
}
