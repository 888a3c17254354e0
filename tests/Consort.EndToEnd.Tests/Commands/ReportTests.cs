using System.Xml.Linq;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>The report command: the example of its page from the beginning, and its user's mistakes.</summary>
public sealed class ReportTests
{
    [Fact]
    public void Report_ExampleOfItsPage_MakesThePage()
    {
        using var clicks = new TinyClicks(300);
        clicks.WriteExperiment("alone.yaml", rest: "name: alone");
        File.WriteAllText(clicks.At("alone.yaml"), File.ReadAllText(clicks.At("alone.yaml"))
            .Replace("name: tiny\n", "", StringComparison.Ordinal)
            .Replace("  - { model: DCN, hidden_units: [8], cross_layers: 2 }\n", "", StringComparison.Ordinal));
        var page = File.ReadAllText(Repository.At("docs/commands/report.md")).ReplaceLineEndings("\n");
        var block = page.Split("<!-- test: commands -->\n```\n")[1].Split("```")[0];
        var commands = block.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(6, commands.Length);
        foreach (var command in commands)
        {
            // Names of files start from the folder that the example is typed in.
            var words = Words(command)[1..].Select(w => w.Contains('/', StringComparison.Ordinal)
                || w.EndsWith(".yaml", StringComparison.Ordinal) || w == "runs" ? clicks.At(w) : w);
            var run = ConsoleRun.Of([.. words]);
            Assert.True(run.ExitCode == 0, $"{command}: {run.Error}");
        }

        var html = XDocument.Parse(File.ReadAllText(clicks.At("pages/report.html"))
            .Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        XNamespace space = "http://www.w3.org/1999/xhtml";
        Assert.Equal("Two models", html.Descendants(space + "h1").Single().Value);
        var sections = html.Descendants(space + "section").Select(s => (string?)s.Attribute("id")).OfType<string>().ToList();
        Assert.Equal(["results", "members", "spectra", "calibration", "agreement", "training", "missing", "runs"], sections);
        Assert.Equal(4, Directory.GetFiles(clicks.At("pages/logs"), "events.out.tfevents.*", SearchOption.AllDirectories).Length);
        foreach (var name in new[] { "report.md", "report.csv", "report-members.csv", "report-evaluations.csv" })
            Assert.True(new FileInfo(clicks.At($"pages/{name}")).Length > 0);
    }

    [Fact]
    public void Report_Mistakes_AreExplainedWithExitCode2()
    {
        using var clicks = new TinyClicks();
        Directory.CreateDirectory(clicks.At("empty"));
        AssertMistake("found no run there, expected a folder that `consort train --out`", "report", clicks.At("empty"));
        AssertMistake("folder not found; did you mean empty?", "report", clicks.At("emptyy"));
        AssertMistake("required argument \"RUN\" missing", "report");
        AssertMistake("expected a name that ends in .html", "report", clicks.At("empty"), "--out", clicks.At("page.pdf"));
        AssertMistake("found a folder, expected the name of a file", "report", clicks.At("empty"), "--out", clicks.At("empty"));
        AssertMistake("found a file, expected a folder", "report", clicks.At("empty"), "--tensorboard", clicks.Train);
    }

    [Fact]
    public void Report_UnknownBaseline_NamesTheKnownOnes()
    {
        using var clicks = new TinyClicks(300);
        Assert.Equal(0, ConsoleRun.Of("train", clicks.Experiment, "--out", clicks.At("run"), "--quiet").ExitCode);
        AssertMistake("--baseline: found \"tinny\", expected one of \"tiny\"; did you mean tiny?", "report", clicks.At("run"), "--baseline",
            "tinny", "--out", clicks.At("r.html"));
        Assert.False(File.Exists(clicks.At("r.html")));
        Assert.Equal(0, ConsoleRun.Of("report", clicks.At("run"), "--baseline", "tiny", "--out", clicks.At("r.html")).ExitCode);
    }

    private static void AssertMistake(string message, params string[] arguments)
    {
        var run = ConsoleRun.Of(arguments);
        Assert.Equal(2, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    private static List<string> Words(string line) =>
        [.. line.Split('"').SelectMany((part, i) => i % 2 == 1 ? [part] : part.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
}
