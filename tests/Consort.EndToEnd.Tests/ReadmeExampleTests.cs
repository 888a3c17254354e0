using System.Globalization;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Synthetic;

namespace Consort.EndToEnd.Tests;

/// <summary>The example in README.md is this file's, and runs.</summary>
public sealed class ReadmeExampleTests
{
    [Fact]
    public void Readme_Example_IsTheCodeBelow()
    {
        var source = File.ReadAllText(Path.Combine(Root(), "tests", "Consort.EndToEnd.Tests", "ReadmeExampleTests.cs"));
        var lines = source.Split('\n').SkipWhile(l => l.Trim() != "// README begins").Skip(1)
            .TakeWhile(l => l.Trim() != "// README ends").ToList();
        var example = string.Join('\n', lines.Select(l => l.Length > 8 ? l[8..] : ""));
        Assert.True(lines.Count is > 5 and <= 15, $"the example has {lines.Count} lines");
        Assert.Contains(example, File.ReadAllText(Path.Combine(Root(), "README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void Readme_Example_TrainsAndPredicts()
    {
        var folder = Directory.CreateTempSubdirectory("consort-readme").FullName;
        try
        {
            SyntheticClicks.Write(Path.Combine(folder, "clicks.tsv"), 3000, new SyntheticOptions(), threads: 1);
            File.Copy(Path.Combine(folder, "clicks.tsv"), Path.Combine(folder, "new.tsv"));
            File.WriteAllText(
                Path.Combine(folder, "experiment.yaml"),
                "data: { schema: { preset: criteo, min_count: 2 }, source: clicks.tsv, by: seed, cache: CACHE }\nmembers: [{ model: DeepFM, hidden_units: [16] }]\ntraining: { epochs: 1, batch_size: 256 }\n"
                    .Replace("CACHE", Path.Combine(folder, "cache"), StringComparison.Ordinal));
            var output = new StringWriter(CultureInfo.InvariantCulture);
            Example(folder, output);
            var lines = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(3001, lines.Length);
            Assert.StartsWith("test AUC 0.", lines[0], StringComparison.Ordinal);
            Assert.All(lines.Skip(1), l => Assert.InRange(double.Parse(l, CultureInfo.InvariantCulture), 0, 1));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Example(string folder, TextWriter output)
    {
        // README begins
        // using Consort.Experiments.Files; using Consort.Experiments.Running;
        var experiment = Experiment.Load(Path.Combine(folder, "experiment.yaml"));
        var request = new RunRequest(experiment, Path.Combine(folder, "run"), Threads: 2);
        var result = ExperimentRunner.Run(request, CancellationToken.None);
        output.WriteLine($"test AUC {result.Training.Test!.Metrics.Ensemble.Auc:F4}");

        using var family = new FinishedRun(result.Folder, threads: 1);
        family.Predict(Path.Combine(folder, "new.tsv"), batch =>
        {
            foreach (var probability in batch.EnsembleProbabilities())
                output.WriteLine($"{probability:F6}");
        }, progress: null, CancellationToken.None);
        // README ends
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Consort.slnx")))
            folder = folder.Parent;
        return folder.FullName;
    }
}
