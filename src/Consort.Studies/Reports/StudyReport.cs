using System.Text;
using Consort.Foundation.Files;
using Consort.Foundation.Options;
using Consort.Studies.Reports.Pages;
using Consort.Studies.Reports.Reading;
using Consort.Studies.Reports.TensorBoard;

namespace Consort.Studies.Reports;

/// <summary>What to report on and where to.</summary>
/// <param name="Paths">Run folders, folders of runs, or recipes' folders; at least one.</param>
/// <param name="Page">The HTML file; Markdown and CSV files are written beside it under the same name.</param>
/// <param name="Title">The page's heading, or null for one made of what is reported.</param>
/// <param name="Baseline">The setting that others are compared with, or null for the best single model.</param>
/// <param name="TensorBoard">A log folder for TensorBoard, or null.</param>
public sealed record StudyRequest(IReadOnlyList<string> Paths, string Page, string? Title = null, string? Baseline = null,
    string? TensorBoard = null)
{
    /// <summary>By which names in files are resolved; null for those that come along.</summary>
    public Catalogues? Catalogues { get; init; }
}

/// <summary>What a report came to.</summary>
/// <param name="Runs">Runs that it is about.</param>
/// <param name="Settings">Settings that finished.</param>
/// <param name="Findings">The sentences at its top.</param>
/// <param name="Files">What was written, the page first.</param>
/// <param name="EventFiles">Event files for TensorBoard.</param>
public sealed record StudyResult(int Runs, int Settings, IReadOnlyList<string> Findings, IReadOnlyList<string> Files, int EventFiles)
{
    /// <summary>Folders of runs that repeat a seed of the same experiment on the same rows: a seed counts once.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}

/// <summary>A report of runs: one HTML page that needs no network, Markdown, and CSV files. The same runs give the same bytes.</summary>
public static class StudyReport
{
    /// <summary>Reads the runs and writes the report.</summary>
    /// <exception cref="ConsortException">A folder holds no run, a file is damaged, or the report cannot be written.</exception>
    public static StudyResult Write(StudyRequest request)
    {
        var found = ReportSources.Find(request.Paths, request.Catalogues);
        var (kept, repeats) = SeedRepeats.Split(found.Runs);
        var sources = found with { Runs = kept };
        var labels = new Dictionary<RunRecord, string>(ReferenceEqualityComparer.Instance);
        var studies = sources.Runs.GroupBy(r => r.DataKey).Select(g => Study.Of([.. g])).ToList();
        foreach (var study in studies)
            foreach (var run in study.Runs)
                labels[run] = study.Label(run);
        var document = StudyDocument.Of(sources, studies, Label, request.Title, Baseline(studies, request.Baseline),
            SeedRepeats.Words(repeats));
        var files = new List<string>();
        Save(request.Page, HtmlWriter.Write(document));
        Save(Path.ChangeExtension(request.Page, ".md"), MarkdownWriter.Write(document));
        Save(Path.ChangeExtension(request.Page, ".csv"), CsvTables.Runs(sources.Runs, Label));
        Save(Beside("members"), CsvTables.Members(sources.Runs, Label));
        Save(Beside("evaluations"), CsvTables.Evaluations(sources.Runs, Label));
        var events = request.TensorBoard is { } folder ? RunScalars.Write(folder, Named(sources.Runs))
            + DayScalars.Write(folder, UpdateChain.Of(sources.Runs)) : 0;
        return new StudyResult(sources.Runs.Count, studies.Sum(s => s.Settings.Count), document.Findings, files, events)
        {
            LeftOut = [.. repeats.Select(r => r.Repeat.Given)],
        };

        string Label(RunRecord run) => labels[run];

        string Beside(string what) => Path.Combine(
            Path.GetDirectoryName(request.Page) ?? "", $"{Path.GetFileNameWithoutExtension(request.Page)}-{what}.csv");

        void Save(string path, string text)
        {
            SafeFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
            files.Add(path);
        }
    }

    private static Setting? Baseline(List<Study> studies, string? name)
    {
        if (name is null)
            return null;
        var settings = studies.SelectMany(s => s.Settings).ToList();
        return settings.Find(s => s.Label.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? settings.Find(s => s.Runs.Any(r => r.Name == name))
            ?? throw new ConsortException(
                $"--baseline: found \"{name}\", expected one of {string.Join(", ", settings.Select(s => $"\"{s.Label}\""))}{NearestWord.Hint(name, settings.Select(s => s.Label))}");
    }

    // Folders of one name come from different places: then the place is part of the name.
    private static IEnumerable<(string Name, RunRecord Run)> Named(IReadOnlyList<RunRecord> runs)
    {
        var taken = runs.GroupBy(r => r.Name).ToDictionary(g => g.Key, g => g.Count());
        return runs.Select(r => (taken[r.Name] == 1 ? r.Name : $"{Path.GetFileName(Path.GetDirectoryName(r.Folder))}-{r.Name}", r))
            .GroupBy(r => r.Item1).SelectMany(g =>
                g.Select((r, i) => (i == 0 ? r.Item1 : FormattableString.Invariant($"{r.Item1}-{i + 1}"), r.r)));
    }
}
