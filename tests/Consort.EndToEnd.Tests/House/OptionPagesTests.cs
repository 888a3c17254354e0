using System.Text.RegularExpressions;
using Consort.Foundation.Options;
using Consort.Learning.Schedules;
using Consort.Learning.Strategies;
using Consort.Learning.Teachers;
using Consort.Learning.Training;
using Consort.Models;
using Consort.Models.Embeddings;
using Consort.Models.Layers;

namespace Consort.EndToEnd.Tests.House;

/// <summary>Tables of options in the documentation, between markers, are those of the declarations.</summary>
public sealed partial class OptionPagesTests
{
    private const string Renewal = "CONSORT_RENEW=1 ./test --filter OptionPages";

    public static TheoryData<string> Pages =>
        [.. Repository.Files().Where(f => f.StartsWith("docs/", StringComparison.Ordinal) && f.EndsWith(".md", StringComparison.Ordinal)
            && Tables().IsMatch(File.ReadAllText(Repository.At(f))))];

    [Theory]
    [MemberData(nameof(Pages))]
    public void Tables_OfAPage_AreThoseOfTheDeclarations(string page)
    {
        var text = File.ReadAllText(Repository.At(page));
        var renewed = Tables().Replace(text, match =>
            $"<!-- options: {match.Groups["of"].Value} -->\n{Table(match.Groups["of"].Value)}<!-- end -->");
        if (Environment.GetEnvironmentVariable("CONSORT_RENEW") == "1")
            File.WriteAllText(Repository.At(page), renewed);
        else
            Assert.True(text == renewed, $"{page} does not say what the declarations say; renew it: {Renewal}");
    }

    [Fact]
    public void Pages_OfModelsAndStrategies_HaveTheirTable()
    {
        foreach (var entry in ModelCatalogue.Entries.Where(e => e.Options.Facts.Count > 0))
            Assert.Contains($"<!-- options: model {entry.Name} -->", File.ReadAllText(Repository.At($"docs/models/{entry.Name}.md")),
                StringComparison.Ordinal);
        foreach (var entry in StrategyCatalogue.Entries)
            Assert.Contains($"<!-- options: strategy {entry.Name} -->", File.ReadAllText(Repository.At($"docs/strategies/{entry.Name}.md")),
                StringComparison.Ordinal);
    }

    private static string Table(string of) => of.Split(' ') switch
    {
        ["model", var name] => Table(ModelCatalogue.All.Find(name)!.Options),
        ["strategy", var name] => Table(StrategyCatalogue.All.Find(name)!.Options),
        ["strategies"] => Table("strategy", StrategyCatalogue.Entries),
        ["schedules"] => Table("schedule", ScheduleCatalogue.Entries),
        ["optimizers"] => Table("optimizer", OptimizerCatalogue.All.Entries),
        ["embedding"] => Table(EmbeddingOptions.Options),
        ["field"] => Table(FieldEmbedding.Options),
        ["tower"] => Table(MlpOptions.Options),
        ["duckdb"] => Table(Consort.Data.DuckDb.DuckDbOptions.Options),
        ["promote"] => Table(Consort.Studies.Promoting.PromoteOptions.Options),
        ["drift"] => Table(Consort.Serving.Profiles.DriftOptions.Options),
        ["update"] => Table(Consort.Experiments.Updating.UpdateOptions.Options),
        ["baseline"] => Table(Consort.Boosting.BoostingOptions.Options),
        ["training"] => Table(TrainingOptions.Options),
        ["phase"] => Table(Phase.Options),
        ["teacher"] => Table(TeacherName.Options),
        ["phase", "overrides"] => Table(PhaseOverrides.Options),
        _ => throw new InvalidOperationException($"a page asks for a table of {of}, which nothing declares"),
    };

    private static string Table(OptionSet options) =>
        string.Concat(options.Facts.Select(o => $"| {Cells(o)} |\n").Prepend("| key | default | range | what |\n|---|---|---|---|\n"));

    private static string Table<T>(string head, IEnumerable<CatalogueEntry<T>> entries) => string.Concat(entries
        .SelectMany(e => e.Options.Facts.Select((o, i) => $"| {(i == 0 ? $"`{e.Name}`" : "")} | {Cells(o)} |\n"))
        .Prepend($"| {head} | key | default | range | what |\n|---|---|---|---|---|\n"));

    private static string Cells(OptionFacts option) =>
        string.Join(" | ", new[] { $"`{option.Key}`", option.Default, option.Range,
            option.Meaning }.Select(c => c.Replace("|", "\\|", StringComparison.Ordinal)));

    [GeneratedRegex("<!-- options: (?<of>[^>]*?) -->\n(?:(?!<!--).*\n)*<!-- end -->")]
    private static partial Regex Tables();
}
