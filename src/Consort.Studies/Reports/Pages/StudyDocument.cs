using System.Globalization;
using System.Text.RegularExpressions;
using Consort.Foundation.Tables;
using Consort.Studies.Reports.Reading;

namespace Consort.Studies.Reports.Pages;

/// <summary>Puts a report together: runs on different data are never in one table.</summary>
internal static partial class StudyDocument
{
    /// <summary>The report.</summary>
    /// <param name="sources">What it is about.</param>
    /// <param name="studies">One a data set.</param>
    /// <param name="label">What a run's setting is called.</param>
    /// <param name="title">The heading, or null.</param>
    /// <param name="baseline">What settings are compared with, or null.</param>
    /// <param name="repeats">What is said of runs that were left out, or null.</param>
    public static Document Of(ReportSources sources, IReadOnlyList<Study> studies, Func<RunRecord, string> label, string? title,
        Setting? baseline, string? repeats)
    {
        var (findings, facts, sections, summaries) = (new List<string>(), new List<Fact>(), new List<Section>(), new List<Summary>());
        var (all, updates) = (studies, ChainSection.Days(studies));
        studies = [.. all.Except(updates)];
        foreach (var table in sources.Tables)
            sections.Add(new Section(FormattableString.Invariant($"recipe-{sections.Count + 1}"), table.Title, Recipe(table)));
        sections.AddRange(sources.Baselines.Select((b, i) => BaselineSection.Of(
            b, [.. studies.SelectMany(s => s.Settings)], FormattableString.Invariant($"baseline-{i + 1}"))));
        if (DaysSection.Of(sources.Chains) is { } days)
            sections.Add(days);
        foreach (var chain in updates.Count == 0 ? [] : sources.Chains)
        {
            summaries.Add(ChainSection.Summary(chain, sources.Runs));
            findings.AddRange(summaries[^1].Sentences);
            facts.AddRange(ChainSection.Facts(chain));
        }

        for (var i = 0; i < studies.Count; i++)
        {
            var study = studies[i];
            var name = studies.Count > 1 ? NameOf(study, studies) : "";
            var data = name.Length > 0 ? $" on {name}" : "";
            var id = studies.Count > 1 ? FormattableString.Invariant($"-{i + 1}") : "";
            if (study.Settings.Count > 0)
            {
                var own = baseline is not null && study.Settings.Contains(baseline) ? baseline : ResultSection.Baseline(study.Settings);
                summaries.Add(Findings.Of(study, own, name));
                findings.AddRange(summaries[^1].Sentences);
                facts.AddRange(Facts(study, name));
                Add(ResultSection.Of(study.Settings, own, $"results{id}", $"Results{data}"));
            }

            Add(ScalingSection.Of(study.Scalings, $"scaling{id}", $"AUC against the number of members{data}"));
            Add(MemberSection.Of(study.Settings, $"members{id}", $"Members and their ensemble{data}"));
            var diagnosed = Diagnosed.Of(study.Settings);
            Add(SpectrumSection.Of(diagnosed, $"spectra{id}", $"Singular spectra{data}"));
            Add(ImportanceSection.Of(diagnosed, $"importance{id}", $"Importance of fields{data}"));
            Add(CalibrationSection.Of(diagnosed, $"calibration{id}", $"Calibration{data}"));
            Add(AgreementSection.Of(diagnosed, $"agreement{id}", $"Agreement of members{data}"));
            Add(TrainingSection.Of(Groups(study, label), study.Settings.MaxBy(s => s.ValidAuc)?.Label
                ?? "", $"training{id}", $"Training{data}"));
            Add(MissingSection.Of(study.Runs, study.Settings, $"missing{id}", $"Not measured{data}"));
            Add(RunSection.Of(study.Runs, label, $"runs{id}", $"What was run{data}"));

            void Add(Section? section)
            {
                if (section is not null)
                    sections.Add(section with { Data = name });
            }
        }

        if (updates.Count > 0)
            sections.AddRange(ChainSection.Runs(updates));
        if (findings.Count == 0)
            findings.Add("No run has finished yet; there are training curves only.");
        if (studies.Count > 1)
            findings.Add(string.Create(CultureInfo.InvariantCulture,
                $"There are {studies.Count} sets of encoded rows, and runs are compared within each: another schema, file or split makes another set. To tell two schemas over one file apart, set the test AUC of their runs side by side, from several seeds each, and their spread beside the difference."));
        if (repeats is not null)
            findings.Add(repeats);
        return new Document(title ?? Title(sources, studies.Count > 0 ? studies : all), Subtitle(sources.Runs, studies, updates.Count),
            findings, facts, sections)
        {
            Summaries = summaries,
        };
    }

    // Two data sets may have one name: then their folders tell them apart, or else their numbers.
    private static string NameOf(Study study, IReadOnlyList<Study> studies)
    {
        if (IsAlone(DataName))
            return DataName(study.Runs[0]);
        return IsAlone(InFolder) ? InFolder(study.Runs[0]) : string.Create(CultureInfo.InvariantCulture,
            $"{InFolder(study.Runs[0])} ({studies.Where(s => InFolder(s.Runs[0]) == InFolder(study.Runs[0])).ToList().IndexOf(study) + 1})");

        bool IsAlone(Func<RunRecord, string> name) => studies.Count(s => name(s.Runs[0]) == name(study.Runs[0])) == 1;

        static string InFolder(RunRecord run) =>
            LastName(run.Experiment.Options.TextAt("data.folder") ?? "") is { Length: > 0 } folder && folder != DataName(run)
                ? $"{folder}/{DataName(run)}" : DataName(run);
    }

    private static IReadOnlyList<Block> Recipe(RecipeResults table)
    {
        var columns = table.Columns.Select((name, i) => new ResultColumn<IReadOnlyList<string>>(
            name, r => i < r.Count ? r[i] : "", i > 0 && table.Rows.All(r => i >= r.Count || NumberLike().IsMatch(r[i]))
            ? ResultColumn.Right : ""));
        return [new TableBlock(Numbers.Table(table.Rows, columns)), .. table.Notes.Select(n => new Paragraph(n))];
    }

    private static List<(string Label, IReadOnlyList<RunRecord> Runs)> Groups(Study study, Func<RunRecord, string> label) =>
        [.. study.Runs.GroupBy(label).Select(g => (g.Key, (IReadOnlyList<RunRecord>)[.. g.OrderBy(r => r.Seed)]))];

    private static IEnumerable<Fact> Facts(Study study, string data)
    {
        var best = study.Settings.MaxBy(s => s.ValidAuc)!;
        var rows = Uncertainty.SplitName(best);
        var prefix = data.Length > 0 ? data + ", " : "";
        yield return new Fact($"{prefix}{rows} AUC", Numbers.Auc(best.Auc.Mean),
            $"{(double.IsNaN(best.Auc.Deviation) ? "" : $"± {Numbers.Auc(best.Auc.Deviation)} sd, ")}{best.Label}", data);
        yield return new Fact($"{prefix}{rows} log-loss", Numbers.LogLoss(best.LogLoss.Mean),
            $"{(double.IsNaN(best.LogLoss.Deviation) ? "" : $"± {Numbers.LogLoss(best.LogLoss.Deviation)} sd, ")}nats", data);
        yield return new Fact($"{prefix}predicted / observed", Numbers.Fixed(best.Calibration, 4), "clicks; 1 is right on average",
            data);
        yield return new Fact($"{prefix}runs", Numbers.Whole(study.Runs.Count), $"of {Numbers.Count(study.Settings.Count, "setting")}",
            data);
    }

    private static string Title(ReportSources sources, IReadOnlyList<Study> studies) => sources switch
    {
        { Tables.Count: 1 } => sources.Tables[0].Title,
        { Runs.Count: 1 } => sources.Runs[0].Experiment.Name,
        _ => $"{Numbers.Count(sources.Runs.Count, "run")} on {string.Join(" and ", studies.Select(s => DataName(s.Runs[0])).Distinct())}",
    };

    private static string Subtitle(IReadOnlyList<RunRecord> runs, IReadOnlyList<Study> studies, int days)
    {
        var parts = studies.Select(study =>
        {
            var run = study.Runs.FirstOrDefault(r => r.IsFinished);
            var rows = run is null ? "" : string.Create(CultureInfo.InvariantCulture,
                $": {run.Valid!.Rows:N0} validation rows{(run.Test is { } test ? $", {test.Rows:N0} test rows" : ", no test rows")}");
            var common = study.CommonWords.Length > 0 ? $"; names end in “{study.CommonWords}”, left out below" : "";
            return $"{DataName(study.Runs[0])}{rows}{common}";
        }).Concat(days == 0 ? [] : [$"of {Numbers.Count(days, "update")}, a day each"]);
        var seeds = runs.Select(r => r.Seed).Distinct().Order().ToList();
        return $"{Numbers.Count(runs.Count, "run")}, {(seeds.Count == 1 ? "seed" : "seeds")} {string.Join(", ", seeds.Take(6))}{(seeds.Count > 6 ? ", …" : "")}. Data {string.Join("; ", parts)}.";
    }

    // The name that people give data: the file of the rows, or the folder of train, valid and test.
    private static string DataName(RunRecord run)
    {
        var options = run.Experiment.Options;
        return (First("data.source") ?? First("data.encoded")) is { } file ? LastName(file.Split('|')[0].Trim())
            : LastName(options.TextAt("data.folder") ?? "") is { Length: > 0 } folder ? folder : "data";

        string? First(string path) => options.TextAt(path) ?? options.TextAt($"{path}[0]");
    }

    private static string LastName(string path) => path.Split('/', '\\').LastOrDefault(p => p.Length > 0) ?? "";

    [GeneratedRegex(@"^$|^[–+−<≥±-]?\s*[\d.,]+")]
    private static partial Regex NumberLike();
}
