using System.Globalization;
using System.Text.Json;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Foundation.Tables;
using Consort.Learning.Training;
using Consort.Studies;
using Consort.Studies.Recipes;

namespace Consort.Experiments.Tests.Recipes;

public sealed class RecipeTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public RecipeTests() => _folder.File("clicks.csv", "label,a,b\n" + string.Concat(Enumerable.Range(0, 400).Select(
        i => string.Create(CultureInfo.InvariantCulture, $"{(i % 3 == 0 ? 1 : 0)},a{i % 3},b{i % 7}\n"))));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Run_TwiceOver_DoesNotRepeatFinishedRuns()
    {
        var first = new Told();
        var table = RecipeRunner.Run(new TwoModels(), Request(), 1, first, default);
        Assert.Equal(4, table.Results.Rows.Count);
        Assert.StartsWith("4 runs; the rest takes ", first.Lines[0], StringComparison.Ordinal);
        Assert.Equal(5, first.Lines.Count);
        var written = File.ReadAllText(Path.Combine(_folder.Path, "out", "results.json"));
        var stamps = Stamps();
        var second = new Told();
        var again = RecipeRunner.Run(new TwoModels(), Request(), 1, second, default);
        Assert.Equal(["4 runs, 4 finished before"], second.Lines);
        Assert.Equal(table.ToCsv(), again.ToCsv());
        Assert.Equal(written, again.ToJson());
        Assert.Equal(stamps, Stamps());
    }

    [Fact]
    public void Run_OneRun_IsNotCalledRuns()
    {
        var told = new Told();
        RecipeRunner.Run(new TwoModels { Models = ["LR"] }, Request() with { Seeds = 1 }, 1, told, default);
        Assert.StartsWith("1 run; the rest takes ", told.Lines[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "less than a second")]
    [InlineData(0.99, "less than a second")]
    [InlineData(1, "about 1 s")]
    [InlineData(99, "about 99 s")]
    [InlineData(600, "about 10 min")]
    public void About_Seconds_AreSaidForPeople(double seconds, string expected) => Assert.Equal(expected, RecipePace.About(seconds));

    [Fact]
    public void Run_Stopped_GoesOnWhereItStopped()
    {
        using var source = new CancellationTokenSource();
        var told = new Told { Stop = line => line.StartsWith("3/4", StringComparison.Ordinal) ? source : null };
        Assert.Throws<OperationCanceledException>(() => RecipeRunner.Run(new TwoModels(), Request(), 1, told, source.Token));
        Assert.Equal(3, File.ReadAllLines(Path.Combine(_folder.Path, "out", "results.csv")).Length); // heads and two runs
        var rest = new Told();
        var table = RecipeRunner.Run(new TwoModels(), Request(), 1, rest, default);
        Assert.Equal(4, table.Results.Rows.Count);
        Assert.StartsWith("4 runs, 2 finished before;", rest.Lines[0], StringComparison.Ordinal);
        Assert.Equal(3, rest.Lines.Count);
    }

    [Fact]
    public void Run_FolderOfAnotherSetting_IsRefused()
    {
        RecipeRunner.Run(new TwoModels(), Request(), 1, null, default);
        var mistake = Assert.Throws<ConsortException>(() => RecipeRunner.Run(new TwoModels { Rate = 0.02 }, Request(), 1, null, default));
        Assert.Contains("holds a run of another setting or other data; name another folder with --out", mistake.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Run_DamagedResults_AreNamed()
    {
        RecipeRunner.Run(new TwoModels(), Request(), 1, null, default);
        File.WriteAllText(Path.Combine(_folder.Path, "out", "runs", "LR-1", "metrics.json"), "{}");
        var mistake = Assert.Throws<ConsortException>(() => RecipeRunner.Run(new TwoModels(), Request(), 1, null, default));
        Assert.Contains("found no results of a run", mistake.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Table_CsvAndMarkdown_HoldEveryCell()
    {
        var table = RecipeTable.Of("T", ["x, \"y\""],
            [new ResultColumn<string>("a", r => r), new("b", _ => 1), new("c", _ => double.NaN, "F2", "b")], ["note"]);
        Assert.Equal("a,b,c\n\"x, \"\"y\"\"\",1,\n", table.ToCsv());
        Assert.Contains("| x, \"y\" | 1 |  |", table.ToMarkdown(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, JsonDocument.Parse(table.ToJson()).RootElement[0].GetProperty("b").ValueKind);
    }

    [Fact]
    public void Plan_EveryRecipe_CanBeReadAndNamesItsRunsOnce()
    {
        foreach (var split in new[] { "train", "valid", "test" })
        {
            _folder.File($"{split}.csv", "");
            _folder.File($"{split}.tsv", "");
        }

        foreach (var recipe in RecipeCatalogue.Default.Entries)
        {
            var runs = recipe.Plan(new RecipeRequest(_folder.Path, 2, null, _folder.Path));
            Assert.NotEmpty(runs);
            Assert.Equal(runs.Count, runs.DistinctBy(r => r.Name).Count());
            foreach (var run in runs)
                Assert.NotEmpty(Experiment.From(run.Options, _folder.Path, run.Seed, findRuns: false).Family.Members);
            Assert.All(recipe.Rows, row => Assert.NotEmpty(recipe.Plan(new RecipeRequest(_folder.Path, 1, row, _folder.Path))));
        }
    }

    private RecipeRequest Request() => new(_folder.Path, 2, null, Path.Combine(_folder.Path, "out"));

    private Dictionary<string, DateTime> Stamps() =>
        Directory.EnumerateFiles(Path.Combine(_folder.Path, "out", "runs"), "*", SearchOption.AllDirectories)
        .ToDictionary(f => f, File.GetLastWriteTimeUtc);

    private sealed class Told : IRecipeProgress
    {
        public List<string> Lines { get; } = [];

        public Func<string, CancellationTokenSource?>? Stop { get; init; }

        public IProgress<EncodeProgress>? Encoding => null;

        public IProgress<TrainingProgress>? Training => null;

        public void Keep(string text)
        {
            Lines.Add(text);
            Stop?.Invoke(text)?.Cancel();
        }
    }

    private sealed class TwoModels : Recipe
    {
        public double Rate { get; init; } = 0.01;

        public override string Name => "test/two";

        public override string Summary => "";

        public override string Source => "";

        public IReadOnlyList<string> Models { get; init; } = ["LR", "FM"];

        public override IReadOnlyList<string> Rows => Models;

        public override IReadOnlyList<RecipeRun> Plan(RecipeRequest request) =>
            [.. Rows.SelectMany(model => Enumerable.Range(0, request.Seeds).Select(i =>
                new RecipeRun(string.Create(CultureInfo.InvariantCulture, $"{model}-{i}"), model, (ulong)i, OptionTree.Parse(string.Create(CultureInfo.InvariantCulture, $$"""
                    data:
                      schema: { header: true, delimiter: comma, fields: [{ name: label, kind: label }, { name: a, kind: categorical }, { name: b, kind: categorical }] }
                      source: clicks.csv
                      cache: {{request.Data}}/cache
                    members: [{ model: {{model}} }]
                    training: { batch_size: 64, epochs: 2, learning_rate: {{Rate}} }
                    """), "two.yaml"))))];

        public override RecipeTable Table(RecipeRequest request, IReadOnlyList<RecipeOutcome> outcomes) => RecipeTable.Of(
            "Two", outcomes, [new ResultColumn<RecipeOutcome>("run", o => o.Run.Name), new("AUC", o => o.Summary.Auc, "F6", "auc")], []);
    }
}
