using Consort.Cli.Commands;
using Consort.Experiments.Files;
using Consort.Experiments.Updating;
using Consort.Foundation.Options;
using Consort.Learning.Schedules;
using Consort.Learning.Strategies;
using Consort.Models;
using Consort.Synthetic;

namespace Consort.EndToEnd.Tests.House;

/// <summary>What can be named in an experiment or typed has a page.</summary>
public sealed class DocumentationTests
{
    private const string ClickFolder = "configs/clicks/"; // what `data synth --options` reads

    [Fact]
    public void Commands_OfTheCatalogue_HaveAPageWithAnExample()
    {
        foreach (var entry in CommandCatalogue.Default.Entries)
        {
            var page = Repository.At($"docs/commands/{entry.Path.Replace(' ', '-')}.md");
            Assert.True(File.Exists(page), $"{page} is missing");
            var text = File.ReadAllText(page);
            Assert.Contains($"consort {entry.Path}", text, StringComparison.Ordinal);
            var command = entry.Create(new Consort.Cli.Terminals.Terminal(TextWriter.Null, TextWriter.Null, CancellationToken.None));
            Assert.NotEmpty(command.Examples);
            foreach (var option in command.Options)
                Assert.True(text.Contains(option.Name, StringComparison.Ordinal), $"{page} says nothing of {option.Name}");
        }
    }

    [Fact]
    public void Readme_OfTheRepository_HasFewerThan120Lines() => Assert.InRange(File.ReadLines(Repository.At("README.md")).Count(), 1, 119);

    [Theory]
    [InlineData("models")]
    [InlineData("strategies")]
    public void Entries_OfACatalogue_AllHaveAPage(string folder)
    {
        var names = folder == "models" ? ModelCatalogue.Entries.Select(e => e.Name) : StrategyCatalogue.Entries.Select(e => e.Name);
        var pages = Directory.EnumerateFiles(Repository.At($"docs/{folder}")).Select(Path.GetFileNameWithoutExtension);
        Assert.NotEmpty(names);
        Assert.Empty(names.Except(pages, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void Experiments_OfTheExperimentPage_CanBeRead()
    {
        using var folder = new TempFolder();
        folder.File("clicks.tsv", "");
        var blocks = File.ReadAllText(Repository.At("docs/experiment.md")).Split("```yaml\n").Skip(1)
            .Select(b => b.Split("```")[0]).ToArray();
        Assert.NotEmpty(blocks);
        var whole = blocks.Where(b => b.Contains("members:", StringComparison.Ordinal) && b.Contains("data:", StringComparison.Ordinal))
            .ToArray();
        Assert.NotEmpty(whole);
        foreach (var block in whole)
            Assert.NotEmpty(Experiment.Parse(block, "docs/experiment.md", folder.Path).Phases);
    }

    [Fact]
    public void Names_OfTheCatalogues_StandOnTheExperimentPage()
    {
        var page = File.ReadAllText(Repository.At("docs/experiment.md"));
        var names = StrategyCatalogue.Entries.Select(e => e.Name).Concat(ScheduleCatalogue.Entries.Select(e => e.Name));
        Assert.All(names, name => Assert.Contains($"`{name}`", page, StringComparison.Ordinal));
    }

    [Fact]
    public void Keys_OfAModel_StandOnItsPageOrTheExperimentPage()
    {
        var common = File.ReadAllText(Repository.At("docs/experiment.md"));
        foreach (var model in ModelCatalogue.Entries)
        {
            var page = common + File.ReadAllText(Repository.At($"docs/models/{model.Name}.md"));
            foreach (var key in model.Options.Keys)
                Assert.True(page.Contains(key, StringComparison.Ordinal), $"no page says what {key} of {model.Name} means");
        }
    }

    public static TheoryData<string> Configs => [.. Repository.Files()
        .Where(f => f.StartsWith("configs/", StringComparison.Ordinal) && f.EndsWith(".yaml", StringComparison.Ordinal)
            && !f.StartsWith(ClickFolder, StringComparison.Ordinal) && !IsSchema(f))];

    // A schema that experiments beside it name.
    private static bool IsSchema(string file) => File.ReadLines(Repository.At(file)).Contains("fields:");

    public static TheoryData<string> ClickOptions =>
        [.. Repository.Files().Where(f => f.StartsWith(ClickFolder, StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(ClickOptions))]
    public void Clicks_OfTheRepository_CanBeRead(string file)
    {
        var map = OptionMap.Load(Repository.At(file));
        Assert.InRange(SyntheticOptions.From(map).ClickRate, 0.001, 0.9);
        map.Close();
    }

    [Theory]
    [MemberData(nameof(Configs))]
    public void Experiments_OfTheRepository_CanBeRead(string file)
    {
        using var folder = new TempFolder();
        foreach (var name in new[]
        {
            "clicks.tsv", "criteo_8k.tsv", "avazu_sample.csv", "train.csv", "valid.csv", "test.csv", "more.csv", "more2.csv",
        })
            folder.File(Path.Combine("configs", "any", name), "");
        foreach (var name in new[] { "train.tsv", "valid.tsv", "test.tsv" })
        {
            folder.File(Path.Combine("data", "onepass", name), "");
            folder.File(Path.Combine("data", "scaling", name), "");
            folder.File(Path.Combine("configs", "any", name), "");
        }

        folder.File(Path.Combine("data", "daily", "clicks-01.tsv"), "");
        foreach (var schema in Directory.EnumerateFiles(Path.GetDirectoryName(Repository.At(file))!).Where(f => IsSchema(f)))
            folder.File(Path.Combine("configs", "any", Path.GetFileName(schema)), File.ReadAllText(schema));
        // Runs that one starts from or learns from are the reader's own.
        if (File.ReadAllText(Repository.At(file)).Contains("days:", StringComparison.Ordinal))
        {
            var copy = folder.File(Path.Combine("configs", "any", "days.yaml"), File.ReadAllText(Repository.At(file)));
            Assert.NotEmpty(DailyExperiment.Load(copy).Phases[^1].Days);
            return;
        }

        var experiment = Experiment.Parse(File.ReadAllText(Repository.At(file)), file, folder.At("configs/any"), findRuns: false);
        Assert.NotEmpty(experiment.Family.Members);
    }
}
