using System.Globalization;
using System.Text.RegularExpressions;
using Consort.Cli.Terminals;
using Consort.Foundation.Tables;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Tables that stay readable whatever is in them, and columns that a run does not know.</summary>
public sealed partial class TableTests
{
    [Fact]
    public void Describe_LongTokensAndNames_AreShortenedAndNamesStayWhole()
    {
        using var clicks = new TinyClicks();
        var token = new string('x', 3_000_000);
        var schema = clicks.File("long.yaml",
            "{delimiter: comma, header: true, fields: [{name: label, kind: label}, {name: advert_text, kind: categorical}, {name: age, kind: numeric}]}");
        var rows = clicks.File("long.csv", $"label,advert_text,age\n1,{token},20\n0,red\u001b[31m,22\n");
        var run = ConsoleRun.Of("data", "describe", rows, "--schema", schema, "--json", clicks.At("long.json"));
        Assert.True(run.ExitCode == 0, run.Error);
        Assert.True(run.Output.Length < 5000, $"{run.Output.Length} characters");
        Assert.Contains("advert_text   categorical", run.Output, StringComparison.Ordinal);
        Assert.Contains("age           numeric", run.Output, StringComparison.Ordinal);
        Assert.Contains("xxx… ×1", run.Output, StringComparison.Ordinal);
        Assert.Contains("red\\u001b[31m ×1", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Output);
        Assert.Contains(token, File.ReadAllText(clicks.At("long.json")), StringComparison.Ordinal); // for machines, whole
    }

    [Theory]
    [InlineData(160)]
    [InlineData(80)]
    [InlineData(40)]
    [InlineData(12)]
    public void WriteTo_AnyWidth_KeepsNamesAndNumbersWhole(int width)
    {
        var table = Of(
            2, ["column", "kind", "distinct", "missing", "most frequent"],
            ["advertiser_name", "categorical", "1,234,567", "12.34 %", "red ×10  green ×9  blue ×8  yellow ×7  orange ×6  violet ×5"],
            ["age", "numeric", "", "0.00 %", "20 to 28, mean 24 ± 2.582"]);
        table = table with { Columns = [.. table.Columns.SkipLast(1), table.Columns[^1] with { IsProse = true, Format = "" }] };
        var text = Written(table, width);
        foreach (var whole in new[] { "advertiser_name", "categorical", "1,234,567", "12.34 %", "numeric", "distinct", "violet", "2.582" })
            Assert.Contains(whole, text, StringComparison.Ordinal);
        Assert.DoesNotContain('…', text);
        if (width >= 80)
            Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd('\r').Length, 0, width));
    }

    [Theory]
    [InlineData(160)]
    [InlineData(100)]
    [InlineData(80)]
    [InlineData(79)]
    [InlineData(60)]
    [InlineData(20)]
    public void WriteTo_HeadsAndNamesOfSeveralWords_KeepsAllWhole(int width)
    {
        string[] heads = ["", "AUC of the run", "of the package", "cost", "log-loss of the run", "of the package", "predicted/observed",
            "calibration error"];
        var table = Of(
            1, heads, ["member 0: DeepFM", "0.706670", "0.706671", "0.000000", "0.456837", "0.456838", "0.8912", "0.01234"],
            ["best reachable", "0.706672", "0.706673", "", "0.456839", "0.456836", "1.3512", "0.05678"]);
        var text = Written(table, width);
        foreach (var whole in heads.Concat(
            ["member 0: DeepFM", "best reachable", "0.706670", "0.000000", "0.456837", "0.456839", "1.3512", "0.05678"]))
            Assert.Contains(whole, text, StringComparison.Ordinal);
        Assert.DoesNotContain('…', text);
        if (width >= 60)
            Assert.All(text.Split('\n'), line => Assert.InRange(line.TrimEnd('\r').Length, 0, width));
    }

    [Fact]
    public void WriteTo_EveryWidth_IsATableFromTheNarrowestThatFits()
    {
        var table = Of(1, ["", "AUC", "log-loss", "predicted/observed", "calibration error"],
            ["member 0: AutoIntPlus", "0.706670", "0.456837", "0.8912", "0.0123"]);
        var isTable = false;
        for (var width = 40; width <= 120; width++)
        {
            var lines = Written(table, width).Split('\n').Select(l => l.TrimEnd('\r')).ToArray();
            var fits = lines.Any(l => l.Contains("member 0: AutoIntPlus", StringComparison.Ordinal)
                && l.Contains("0.0123", StringComparison.Ordinal));
            Assert.True(fits || !isTable, $"at {width} no table, but in a narrower one");
            isTable = fits;
            Assert.All(lines, l => Assert.InRange(l.Length, 0, width));
            foreach (var whole in new[] { "member 0: AutoIntPlus", "predicted/observed", "calibration error", "0.706670", "0.456837",
                "0.8912", "0.0123" })
                Assert.Contains(lines, l => l.Contains(whole, StringComparison.Ordinal));
        }

        Assert.True(isTable);
    }

    [Fact]
    public void WriteTo_ControlCharacters_AreShown()
    {
        var table = Of(1, ["run", "AUC"], ["a\u001b[2Jb\tc\nd\u202ee", "0.5"]);
        Assert.Contains("a\\u001b[2Jb\\tc\\nd\\u202ee", Written(table, 100), StringComparison.Ordinal);
    }

    [Fact]
    public void Keep_ControlCharacters_AreShown()
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture);
        new StatusLine(writer, isInteractive: false).Keep("phase \u001b]0;x\a: done");
        Assert.Equal("phase \\u001b]0;x\\u0007: done", writer.ToString().TrimEnd());
    }

    [Fact]
    public void PredictAndEvaluate_AColumnThatTheRunDoesNotKnow_PassOverItAndSaySo()
    {
        using var clicks = new TinyClicks();
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "-q").ExitCode);
        var lines = File.ReadAllLines(clicks.Test);
        var wider = clicks.File("wider.csv", string.Join('\n', lines.Select((l, i) => i == 0 ? "request_id," + l : $"q{i}," + l)) + "\n");
        string[] predict = ["predict", clicks.At("run"), "--out", "-", "-q", "--data"],
            evaluate = ["evaluate", clicks.At("run"), "-q", "--data"];
        foreach (var command in new[] { predict, evaluate })
        {
            var plain = ConsoleRun.Of([.. command, clicks.Test]);
            Assert.Equal("", plain.Error);
            var wide = ConsoleRun.Of([.. command, wider]);
            Assert.Equal(0, wide.ExitCode);
            Assert.Equal(plain.Output.Replace(clicks.Test, wider, StringComparison.Ordinal), wide.Output);
            Assert.Equal($"{wider}: passed over 1 column that the run does not know: request_id", wide.Error.Trim());
            var strict = ConsoleRun.Of([.. command, wider, "--unknown-columns", "error"]);
            Assert.Equal(2, strict.ExitCode);
            Assert.Contains("column \"request_id\" is not in the schema (the run keeps the schema it was trained with", strict.Error,
                StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Train_PretrainedVectorsOfOtherTokens_SaysThatNoneMatched()
    {
        using var clicks = new TinyClicks();
        clicks.File("vectors.txt", "nobody 1 2 3 4\n");
        var experiment = clicks.File("pretrained.yaml", File.ReadAllText(clicks.Experiment).Replace(
            "initial_deviation: 0.1 }", "initial_deviation: 0.1, fields: { user: { pretrained: vectors.txt } } }",
            StringComparison.Ordinal));
        var train = ConsoleRun.Of("train", experiment, "--out", clicks.At("run"), "-q");
        Assert.True(train.ExitCode == 0, train.Error);
        Assert.Contains("column user: none of 12 tokens has a vector in ", train.Error, StringComparison.Ordinal);
        clicks.File("vectors.txt", "nobody 1 2 3 4\nu1 1 2 3 4\n");
        Assert.Contains("column user: 1 of 12 tokens start from a vector in ",
            ConsoleRun.Of("train", experiment, "--out", clicks.At("other"), "-q").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Train_ARateThatFallsAfterAnEvaluation_IsShownAsTheReportPrintsIt()
    {
        using var clicks = new TinyClicks();
        var experiment = clicks.WriteExperiment(
            "plateau.yaml", "  epochs: 4\n  learning_rate: 1e-2\n  patience: 0\n  schedule: { name: plateau, factor: 0.5, min_delta: 1 }");
        var train = ConsoleRun.Of("train", experiment, "--out", clicks.At("run"));
        Assert.True(train.ExitCode == 0, train.Error);
        var live = train.Error.Split('\n').Where(l => l.Contains("  rate ", StringComparison.Ordinal))
            .Select(l => l.Split("  rate ")[1].Split(' ')[0]);
        var printed = File.ReadAllLines(Path.Combine(clicks.At("run"), "report.md"))
            .Where(l => l.StartsWith("| train |", StringComparison.Ordinal)).Select(l => l.Split('|')[3].Trim()).ToArray();
        Assert.True(printed.Distinct().Count() > 1, string.Join(' ', printed)); // it does fall
        Assert.Equal(printed, live);
    }

    [GeneratedRegex("\u001b\\[[01]m")]
    private static partial Regex Bold();

    // The first columns are words; the last row stands out.
    private static ResultTable Of(int words, string[] heads, params string[][] rows) => ResultTable.Of(
        rows, heads.Select((head, i) => new ResultColumn<string[]>(head, row => row[i], i < words ? "" : ResultColumn.Right)))
        with
    { Marked = [rows.Length - 1] };

    private static string Written(ResultTable table, int width)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        new Terminal(output, TextWriter.Null, CancellationToken.None) { Width = width }.Show(table);
        return Bold().Replace(output.ToString(), "");
    }
}
