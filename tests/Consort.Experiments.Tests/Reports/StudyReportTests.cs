using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Consort.Experiments.Updating;
using Consort.Learning.Runs;
using Consort.Studies.Reports;
using Consort.Studies.Reports.Pages;
using Consort.Studies.Reports.Reading;

namespace Consort.Experiments.Tests.Reports;

public sealed partial class StudyReportTests
{
    private static readonly XNamespace Html = "http://www.w3.org/1999/xhtml";
    private static readonly string[] Endings = [".html", ".md", ".csv", "-members.csv", "-evaluations.csv"];
    private static readonly int[] Family = [1, 2, 4];
    private static readonly ulong[] Seeds = [1, 2];

    [Fact]
    public void Write_AScalingStudy_IsWellFormedAndNeedsNoNetwork()
    {
        using var runs = new SampleRuns();
        var page = Page(runs, Study(runs, isDiagnosed: true));
        var ids = page.Descendants(Html + "section").Select(s => (string?)s.Attribute("id")).OfType<string>().ToList();
        Assert.Equal(["results", "scaling", "members", "spectra", "calibration", "agreement", "training", "runs"], ids);
        Assert.Equal(ids.Select(i => "#" + i), page.Descendants(Html + "a").Select(a => a.Attribute("href")!.Value));
        Assert.All(page.Descendants().Attributes().Where(a => a.Name.LocalName is "src" or "href" or "data"),
            a => Assert.StartsWith("#", a.Value, StringComparison.Ordinal));
        Assert.DoesNotMatch(Network(), page.Descendants(Html + "style").Single().Value + page.Descendants(Html + "script").Single().Value);
        Assert.All(page.Descendants(XName.Get("svg", "http://www.w3.org/2000/svg")),
            s => Assert.True(s.Attribute("aria-hidden") is not null || s.Attribute("aria-label")!.Value.Length > 10));
    }

    [Fact]
    public void Write_TheSameRunsTwice_GivesTheSameBytes()
    {
        using var runs = new SampleRuns();
        var folders = Study(runs, isDiagnosed: true);
        Page(runs, folders, "a.html");
        Page(runs, folders, "b.html");
        foreach (var name in Endings)
            Assert.Equal(File.ReadAllBytes(runs.At("a" + name)), File.ReadAllBytes(runs.At("b" + name)));
    }

    [Fact]
    public void Write_AChainOfUpdates_HasOneSummaryAndARowADay()
    {
        using var runs = new SampleRuns();
        var folders = new List<string> { runs.Add("start", key: "start") };
        for (var day = 1; day <= 4; day++)
        {
            folders.Add(runs.Add($"day{day}", key: $"key{day}"));
            new UpdateRecord
            {
                Number = day,
                From = day == 1 ? "../start" : $"../day{day - 1}",
                Chain = [],
                Data = [$"2026-11-0{day}.csv"],
                Options = new Dictionary<string, string>(),
                Vocabulary = new VocabularyChange(100, 5, 1, 104),
                Before = new DayScore(0.7 + (0.01 * day), 0.4, 1, 1000, 200),
                Identity = "",
            }.Write(new RunFolder(folders[^1]));
        }

        var page = Page(runs, [.. folders]);
        Assert.Equal(2, page.Descendants(Html + "section").Count(s => ((string?)s.Attribute("id"))?.StartsWith("runs", StringComparison.Ordinal) == true));
        var text = File.ReadAllText(runs.At("report.md"));
        Assert.Contains("day4 is the newest of 4 updates", text, StringComparison.Ordinal);
        Assert.Contains("AUC 0.71000 to 0.74000", text, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(text, "parameters to score")); // of the start and of the chain, not of every day
        Assert.DoesNotContain("sets of encoded rows", text, StringComparison.Ordinal);
        for (var day = 1; day <= 4; day++)
            Assert.Contains($"| day{day} | day{day} |", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_NamesWithTags_AreEscapedEverywhere()
    {
        using var runs = new SampleRuns();
        var page = Page(runs, [runs.Add("x", "<script>alert(1)</script> & \"co\" `|`", members: 2, isDiagnosed: true),
            runs.Add("y", "<img src=http://x/>", isDiagnosed: true)]);
        Assert.Single(page.Descendants(Html + "script"));
        Assert.Empty(page.Descendants(Html + "img"));
        Assert.Contains("<script>alert(1)</script>", page.Value, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", File.ReadAllText(runs.At("report.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_RowsWithGroups_ShowsTheirAucWithItsInterval()
    {
        using var runs = new SampleRuns();
        string[] folders = [runs.Add("a", "a"), runs.Add("b", "a", seed: 2)];
        foreach (var (folder, auc) in folders.Zip(["0.70", "0.72"]))
        {
            var path = new RunFolder(folder).Metrics;
            File.WriteAllText(path, File.ReadAllText(path).Replace(
                "\"rows\": 1000,", $"\"rows\": 1000, \"gauc\": {auc}, \"gauc_low\": 0.61, \"gauc_high\": 0.81,", StringComparison.Ordinal));
        }

        Page(runs, folders);
        Assert.Contains("| 0.71000 | 0.61000 to 0.81000 |", File.ReadAllText(runs.At("report.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Results_AreThoseOfMetrics()
    {
        using var runs = new SampleRuns();
        Page(runs, Study(runs, isDiagnosed: false));
        var lines = File.ReadAllLines(runs.At("report.csv"));
        var heads = lines[0].Split(',');
        var rows = lines.Skip(1).Select(l => CsvCells().Matches(l).Select(m => m.Groups[1].Success ? m.Groups[1].Value : m.Groups[2].Value)
            .ToArray()).ToList();
        Assert.Equal(6, rows.Count);
        foreach (var row in rows)
        {
            Assert.Equal(heads.Length, row.Length);
            var (members, seed) = (int.Parse(Cell("members"), CultureInfo.InvariantCulture),
                ulong.Parse(Cell("seed"), CultureInfo.InvariantCulture));
            Assert.Equal(SampleRuns.Auc(members, seed), double.Parse(Cell("test_auc"), CultureInfo.InvariantCulture));
            Assert.Equal(0.4123456789012345, double.Parse(Cell("test_logloss"), CultureInfo.InvariantCulture));

            string Cell(string name) => row[Array.IndexOf(heads, name)];
        }

        var markdown = File.ReadAllText(runs.At("report.md"));
        Assert.Contains($"| KDEF, M = 4 | 4 | 2 | {(SampleRuns.Auc(4, 1) + SampleRuns.Auc(4, 2)) / 2:F5} | 0.00007 | 0.41235 |", markdown,
            StringComparison.Ordinal);
        Assert.Equal(18 * (2 + 5) + 3 * (4 + 8 + 2), File.ReadAllLines(runs.At("report-evaluations.csv")).Length - 1);
        Assert.Equal(2 + 4 + 8, File.ReadAllLines(runs.At("report-members.csv")).Length - 1);
    }

    [Fact]
    public void Write_WhatIsNotMeasured_IsNamedWithItsCommand()
    {
        using var runs = new SampleRuns();
        var (done, stopped) = (runs.Add("done", hasTest: false), runs.Add("stopped", "other", isFinished: false));
        var page = Page(runs, [done, stopped]);
        var missing = page.Descendants(Html + "section").Single(s => (string?)s.Attribute("id") == "missing").Value;
        Assert.Contains($"consort diagnose {done}", missing, StringComparison.Ordinal);
        Assert.Contains($"--out {stopped} --resume", missing, StringComparison.Ordinal);
        Assert.Contains("without a test split", missing, StringComparison.Ordinal);
        Assert.Contains("the only seed", missing, StringComparison.Ordinal);
        Assert.DoesNotContain(page.Descendants(Html + "section"), s =>
            (string?)s.Attribute("id") is "spectra" or "calibration" or "agreement");
        Assert.Contains("validation AUC", File.ReadAllText(runs.At("report.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_NoFinishedRun_ShowsTrainingOnly()
    {
        using var runs = new SampleRuns();
        var page = Page(runs, [runs.Add("stopped", isFinished: false)]);
        Assert.Contains("No run has finished yet", page.Value, StringComparison.Ordinal);
        Assert.Contains(page.Descendants(Html + "section"), s => (string?)s.Attribute("id") == "training");
    }

    [Fact]
    public void Write_RunsOnOtherData_AreNeverInOneTable()
    {
        using var runs = new SampleRuns();
        var page = Page(runs, [runs.Add("a", "a"), runs.Add("b", "b", key: "key2")]);
        var ids = page.Descendants(Html + "section").Select(s => (string?)s.Attribute("id")).ToList();
        Assert.Contains("results-1", ids);
        Assert.Contains("results-2", ids);
    }

    [Fact]
    public void Write_RunsOnOtherData_CanBeShownAlone()
    {
        using var runs = new SampleRuns();
        var page = Page(runs, [runs.Add("a", "a"), runs.Add("b", "b", key: "key2")]);
        var parts = page.Descendants().Where(e => e.Attribute("data-of") is not null).GroupBy(e => e.Attribute("data-of")!.Value).ToList();
        Assert.Equal(2, parts.Count);
        Assert.All(parts, p => Assert.Superset(new HashSet<string> { "section", "a", "div" }, p.Select(e => e.Name.LocalName).ToHashSet()));
        Assert.All(page.Descendants(Html + "section").Where(s => s.Attribute("id") is not null), s => Assert.NotNull(s.Attribute("data-of")));
        var alone = Page(runs, [runs.At("a")], "alone.html");
        Assert.DoesNotContain(alone.Descendants(), e => e.Attribute("data-of") is not null);
    }

    [Fact]
    public void Write_SeveralSettings_TheSummaryHasThreeAnswersInTheirOrder()
    {
        using var runs = new SampleRuns();
        var answers = Page(runs, Study(runs, isDiagnosed: false)).Descendants(Html + "ol").Single().Elements().Select(e => e.Value).ToList();
        Assert.Equal(3, answers.Count);
        Assert.StartsWith("What is best Of 3 settings, KDEF, M = 4 is the best", answers[0], StringComparison.Ordinal);
        Assert.StartsWith("What it costs KDEF, M = 4 takes 4 models", answers[1], StringComparison.Ordinal);
        Assert.EndsWith("whatever is cheaper to score is worse by more than seeds explain.", answers[1], StringComparison.Ordinal);
        Assert.StartsWith("What is undecided Nothing of KDEF, M = 4", answers[2], StringComparison.Ordinal);
        Assert.Contains("1. **What is best** Of 3 settings", File.ReadAllText(runs.At("report.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_SettingsWithoutCommonSeeds_AreUndecidedAndTheCheaperIsNamed()
    {
        using var runs = new SampleRuns();
        var answers = Page(runs, [runs.Add("a", "small", seed: 1), runs.Add("b", "large", members: 4, seed: 2)]).Descendants(Html + "ol").Single()
            .Elements().Select(e => e.Value).ToList();
        Assert.Contains("small takes 1 model ", answers[1], StringComparison.Ordinal);
        Assert.Contains("with too few seeds to say more", answers[1], StringComparison.Ordinal);
        Assert.Contains("Whether another seed would say the same of large and small", answers[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Write_ARepeatedSeed_CountsOnceAndIsNamed()
    {
        using var runs = new SampleRuns();
        string[] folders = [runs.Add("a1", "a"), runs.Add("a2", "a", isDiagnosed: true), runs.Add("a3", "a"), runs.Add("b1", "b"),
            runs.Add("b2", "b", seed: 2), runs.Add("c", "a", key: "key2")];
        var result = StudyReport.Write(new StudyRequest(folders, runs.At("report.html")));
        Assert.Equal((4, 3), (result.Runs, result.Settings));
        Assert.Equal([folders[0], folders[2]], result.LeftOut);
        Assert.Contains($"2 runs are left out, as the same seed of the same experiment on the same rows counts once: {folders[0]} (repeats {folders[1]}), {folders[2]} (repeats {folders[1]}).", result.Findings);
        var page = File.ReadAllText(runs.At("report.html"));
        Assert.Contains("of 2 seeds", page, StringComparison.Ordinal); // b's
        Assert.DoesNotContain("of 3 seeds", page, StringComparison.Ordinal);
        Assert.DoesNotContain("p <", string.Join('\n', result.Findings), StringComparison.Ordinal);
        Assert.Equal(1 + 4, File.ReadAllLines(runs.At("report.csv")).Length);
    }

    [Fact]
    public void Find_ARecipesFolder_ReadsItsRunsAndTable()
    {
        using var runs = new SampleRuns();
        runs.Add("recipe/runs/m10", "m = 10");
        runs.Add("recipe/runs/m2", "m = 2");
        File.WriteAllText(runs.At("recipe/results.md"), "# A <table>\n\n| model | AUC |\n| --- | ---: |\n| DNN | 0.75 |\n\nA note.\n");
        var sources = ReportSources.Find([runs.At("recipe")]);
        Assert.Equal(["m2", "m10"], sources.Runs.Select(r => r.Name));
        var table = Assert.Single(sources.Tables);
        Assert.Equal(("A <table>", "DNN 0.75", "A note."), (table.Title, string.Join(' ', table.Rows[0]), table.Notes[0]));
        Assert.Contains("A note.", Page(runs, [runs.At("recipe")]).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_RepeatedAndCutEvents_KeepsTheLaterOfEach()
    {
        using var runs = new SampleRuns();
        var folder = runs.Add("a", seed: 1);
        var run = new RunFolder(folder);
        File.AppendAllText(run.Events, "{\"time\":\"2026-");
        SampleRuns.Evaluate(run, 1, 9, 3);
        var evaluations = RunReader.Read(folder).Evaluations;
        Assert.Equal([10L, 20, 30], evaluations.Select(e => e.Steps));
        Assert.Equal(SampleRuns.Auc(1, 9), evaluations[2].Valid.Auc);
        Assert.Equal([1.0, 2, 3], evaluations.Select(e => e.Epochs));
    }

    [Fact]
    public void Find_NothingThere_SaysWhatWasExpected()
    {
        using var runs = new SampleRuns();
        Directory.CreateDirectory(runs.At("empty"));
        Assert.Contains("found no run there", Assert.Throws<ConsortException>(() => ReportSources.Find([runs.At("empty")])).Message,
            StringComparison.Ordinal);
        Assert.Contains("did you mean empty?", Assert.Throws<ConsortException>(() => ReportSources.Find([runs.At("emptt")])).Message,
            StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(runs.Add("bad"), "metrics.json"), "{\"valid\": 3}");
        Assert.Contains("metrics.json: the file is damaged",
            Assert.Throws<ConsortException>(() => ReportSources.Find([runs.At("bad")])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Study_OfFamilies_FindsSeedsAndScaling()
    {
        using var runs = new SampleRuns();
        var study = Studies.Reports.Reading.Study.Of(ReportSources.Find(Study(runs, isDiagnosed: false)).Runs);
        Assert.Equal(["KDEF, M = 1", "KDEF, M = 2", "KDEF, M = 4"], study.Settings.Select(s => s.Label).Order());
        var scaling = Assert.Single(study.Scalings);
        Assert.Equal([1, 2, 4], scaling.Settings.Select(s => s.Members)); // the single member, of another strategy, begins the line
        Assert.Equal("KDEF", scaling.Label);
        Assert.Contains("AUC changes by +0.00300", ScalingSection.Words(scaling), StringComparison.Ordinal);
    }

    [Fact]
    public void OfAuc_SmallCase_IsAsByHand() =>
        Assert.Equal(Math.Sqrt((0.1875 + 0.0375 + ((1.125 / 1.75) - 0.5625)) / 4), Uncertainty.OfAuc(0.75, 2, 2), 12);

    private static string[] Study(SampleRuns runs, bool isDiagnosed) => [.. Family.SelectMany(members => Seeds
        .Select(seed => runs.Add(FormattableString.Invariant($"m{members}-seed{seed}"), "KDEF", members, seed, isDiagnosed: isDiagnosed)))];

    private static XElement Page(SampleRuns runs, string[] folders, string name = "report.html")
    {
        StudyReport.Write(new StudyRequest(folders, runs.At(name)));
        return XDocument.Parse(File.ReadAllText(runs.At(name)).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal)).Root!;
    }

    [GeneratedRegex(@"https?:|url\(|@import|fetch\(|XMLHttpRequest")]
    private static partial Regex Network();

    [GeneratedRegex("(?:^|,)(?:\"([^\"]*)\"|([^,\"]*))")]
    private static partial Regex CsvCells();
}
