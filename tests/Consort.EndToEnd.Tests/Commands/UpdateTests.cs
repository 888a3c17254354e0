using System.Globalization;
using System.Text.Json;
using System.Xml.Linq;
using Consort.Experiments.Updating;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>Days that a run has seen, itself or as a run that it goes on from, and what a chain of updates leads to.</summary>
public sealed class UpdateTests : IDisposable
{
    private readonly TinyClicks _clicks = new(900);

    public void Dispose() => _clicks.Dispose();

    [Fact]
    public void Update_DaysThatTheChainHasSeen_ArePassedOverOrRefused()
    {
        var (run, second) = (Trained(), _clicks.At("run-days/valid"));
        Does("update", run, "--data", _clicks.Valid, "-q");
        var refused = ConsoleRun.Of(["update", second, "--data", _clicks.Train, "-q"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("expected new ones; --again trains on them once more", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_clicks.At("run-days/train")));

        var days = Path.Combine(_clicks.Path, "t*.csv"); // test and train
        Assert.Contains($"has seen: {_clicks.Train};", Does("update", second, "--days", days, "-q"), StringComparison.Ordinal);
        Assert.True(Directory.Exists(_clicks.At("run-days/test")));
        Assert.False(Directory.Exists(_clicks.At("run-days/train")));
        Assert.Equal(2, ConsoleRun.Of(["update", _clicks.At("run-days/test"), "--days", days, "-q"]).ExitCode);
        Does("update", second, "--data", _clicks.Train, "--again", "-q");
        Assert.True(File.Exists(_clicks.At("run-days/train/metrics.json")));
        var experiment = File.ReadAllText(_clicks.At("run-days/test/experiment.yaml")).Replace("\"", "", StringComparison.Ordinal);
        Assert.Contains("name: tiny, then test.csv", experiment, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("valid.csv")]
    [InlineData("copy.csv")]
    public void Update_OneFileTwiceInACall_IsRefused(string again)
    {
        var run = Trained();
        if (!File.Exists(_clicks.At(again)))
            File.Copy(_clicks.Valid, _clicks.At(again));
        string[] command = ["update", run, "--data", _clicks.Test, _clicks.Valid, _clicks.At(again), "--out", _clicks.At("next"), "-q"];
        var refused = ConsoleRun.Of(command);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"--data {_clicks.At(again)}: found the rows of {_clicks.Valid} again, expected each file once", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_clicks.At("next")));
        Does([.. command, "--again"]);
    }

    [Fact]
    public void EvaluateAndPromote_RowsOfTheChain_SaySo()
    {
        var (run, second) = (Trained(), _clicks.At("run-days/valid"));
        Does("update", run, "--data", _clicks.Valid, "-q");
        var said = Does("evaluate", second, "--data", _clicks.Train);
        Assert.Contains($"{_clicks.Train}: holds rows that the run was trained on (as ", said, StringComparison.Ordinal);
        Assert.DoesNotContain("was trained on", Does("evaluate", second, "--data", _clicks.Test), StringComparison.Ordinal);
        string Promoted(string rows) => ConsoleRun.Of(["promote", second, "--against", run, "--data", rows, "-q"]).Error;
        Assert.Contains($"{_clicks.Valid}: holds rows that {second} was trained on", Promoted(_clicks.Valid), StringComparison.Ordinal);
        Assert.Contains($"holds rows that {run} was trained on", Promoted(_clicks.Train), StringComparison.Ordinal);
        Assert.DoesNotContain("was trained on", Promoted(_clicks.Test), StringComparison.Ordinal);
    }

    [Fact]
    public void Distil_AnUpdateAsTheTeacher_TakesItsRowsAndItsEncoder()
    {
        var (run, second) = (Trained(), _clicks.At("run-days/valid"));
        Does("update", run, "--data", _clicks.Valid, "-q");
        string[] command = ["distil", second, "--model", "DNN", "--out", _clicks.At("student"), "-q"];
        var said = ConsoleRun.Of(command).Output;
        Assert.Contains("valid AUC", said, StringComparison.Ordinal); // a day has no test rows
        Assert.Contains("no test rows: these are of the validation rows, which also chose the student's weights", said, StringComparison.Ordinal);
        Assert.DoesNotContain("test AUC", said, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(Path.Combine(second, "encoder.bin")), File.ReadAllBytes(_clicks.At("student/encoder.bin")));
        Does(command); // the same run again
        Does("pack", _clicks.At("student"), "-o", _clicks.At("student.consort"), "-q");
    }

    [Fact]
    public void Update_LastLines_NameTheBetterOfCalibratedAndNot()
    {
        var run = Trained();
        var said = Output("update", run, "--data", _clicks.Valid, "-q", "--json", _clicks.At("u.json"));
        using var json = JsonDocument.Parse(File.ReadAllText(_clicks.At("u.json")));
        var measured = json.RootElement.GetProperty("calibration");
        var isBetter = measured.ValueKind == JsonValueKind.Object
            && measured.GetProperty("calibrated").GetDouble() < measured.GetProperty("log_loss").GetDouble();
        Assert.Contains($"-o model.consort --calibration {(isBetter ? "platt" : "none")}", said, StringComparison.Ordinal);
        Assert.Contains(measured.ValueKind == JsonValueKind.Null ? "too few held-out rows" : isBetter ? ": Platt" : ": as trained", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_OfAChain_ShowsItsDays()
    {
        var run = Trained();
        Does("update", run, "--data", _clicks.Valid, "-q");
        Does("update", _clicks.At("run-days/valid"), "--data", _clicks.Test, "-q");
        Does("report", _clicks.At("run-days/test"), "--out", _clicks.At("r.html"));
        var html = XDocument.Parse(File.ReadAllText(_clicks.At("r.html")).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        XNamespace space = "http://www.w3.org/1999/xhtml";
        var days = html.Descendants(space + "section").Single(s => (string?)s.Attribute("id") == "days");
        foreach (var (number, name) in new[] { ("1", "valid"), ("2", "test") })
        {
            var score = UpdateRecord.Read(_clicks.At($"run-days/{name}"))!.Before;
            var row = days.Descendants(space + "tr").Select(r => r.Elements().Select(d => d.Value).ToList()).Single(r => r.Contains($"{name}.csv"));
            Assert.Equal(number, row[0]);
            Assert.Contains(score.Auc.ToString("F5", CultureInfo.InvariantCulture), row);
            Assert.Contains(score.LogLoss.ToString("F5", CultureInfo.InvariantCulture), row);
        }

        Does("report", run, "--out", _clicks.At("first.html"));
        Assert.DoesNotContain("Day by day", File.ReadAllText(_clicks.At("first.html")), StringComparison.Ordinal);
    }

    [Fact]
    public void Update_APatternWithBrackets_SaysWhatPatternsAre()
    {
        var refused = ConsoleRun.Of(["update", Trained(), "--days", _clicks.At("[tv].csv"), "-q"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("only * and ? are known, not [ ]", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Update_DaysThatAreTooSmall_AreTrainedOnOrRefusedByName()
    {
        var run = Trained();
        var rows = File.ReadAllLines(_clicks.Valid);
        var header = rows[0];
        var oneClass = _clicks.File("dull.csv", string.Join('\n', rows.Skip(1).Where(r => r[0] == '0').Prepend(header)) + "\n");
        Does("update", run, "--data", oneClass, "--one-class", "-q");

        var oneRow = _clicks.File("short.csv", $"{header}\n{rows[1]}\n");
        var refused = ConsoleRun.Of(["update", run, "--data", oneRow, "-q"]);
        Assert.Equal(2, refused.ExitCode);
        Assert.Contains("short.csv: ", refused.Error, StringComparison.Ordinal);
        Assert.Contains("--hold-out 0.1", refused.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_clicks.At("run-days/short")));

        string[] still = ["update", run, "--data", _clicks.Valid, "--epochs", "0", "-q"];
        Does(still);
        Does([.. still, "--resume"]);
        Assert.Contains("was begun with other options (epochs: 0, now 1)",
            ConsoleRun.Of(["update", run, "--data", _clicks.Valid, "--resume", "-q"]).Error, StringComparison.Ordinal);
    }

    private string Trained()
    {
        Does("train", _clicks.Experiment, "--out", _clicks.At("run"), "-q");
        return _clicks.At("run");
    }

    private static string Output(params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', command)}: {run.Error}");
        return run.Output;
    }

    private static string Does(params string[] command)
    {
        var run = ConsoleRun.Of(command);
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', command)}: {run.Error}");
        return run.Error;
    }
}
