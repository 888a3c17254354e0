using System.Globalization;
using Consort.Foundation.Options;
using Consort.Studies;
using Consort.Studies.Recipes;

namespace Consort.Experiments.Tests.Recipes;

/// <summary>An experiment file over tiny clicks, and what recipes make of it.</summary>
public abstract class FamilyRecipeRig : IDisposable
{
    private protected TempFolder Folder { get; } = new();
    private protected string ExperimentFile { get; }

    protected FamilyRecipeRig()
    {
        var random = new Random(5);
        foreach (var (name, rows) in new[] { ("train.csv", 300), ("valid.csv", 120), ("test.csv", 160) })
            Folder.File(name, "label,a,b\n" + string.Concat(Enumerable.Range(0, rows).Select(_ =>
            {
                var (a, b) = (random.Next(5), random.Next(7));
                return string.Create(CultureInfo.InvariantCulture,
                    $"{(random.NextDouble() < ((a + b) % 3 == 0 ? 0.8 : 0.3) ? 1 : 0)},a{a},b{b}\n");
            })));
        Folder.File("schema.yaml", "delimiter: comma\nheader: true\nfields:\n  - { name: label, kind: label }\n  - { name: a, kind: categorical }\n  - { name: b, kind: categorical }\n");
        ExperimentFile = Folder.File("tiny.yaml", $$"""
            data: { schema: schema.yaml, train: train.csv, valid: valid.csv, test: test.csv, cache: {{Folder.At("cache").Replace('\\', '/')}} }
            embedding: { dimension: 4, initial_deviation: 0.1 }
            members: [{ model: DNN, hidden_units: [8], dropout: 0.1 }]
            training: { batch_size: 64, epochs: 2, learning_rate: 0.01, patience: 0 }
            """);
    }

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected Dictionary<string, RecipeOutcome> Finished() => Directory.GetDirectories(Folder.At("out/runs")).ToDictionary(
        d => Path.GetFileName(d), d => new RecipeOutcome(new RecipeRun(Path.GetFileName(d), "", 0, OptionTree.Keys()), RunSummary.Find(new Learning.Runs.RunFolder(d))!));

    private protected RecipeRequest Request(int seeds) => new(ExperimentFile, seeds, null, Folder.At("out"));

    private protected static Recipe Find(string name) => RecipeCatalogue.Default.Entries.Single(r => r.Name == name);
}
