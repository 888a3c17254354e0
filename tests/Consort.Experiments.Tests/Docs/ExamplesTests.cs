using System.Text.RegularExpressions;
using Consort.Experiments.Files;
using Consort.Foundation.Options;
using Consort.Learning.Strategies;
using Consort.Models;

namespace Consort.Experiments.Tests.Docs;

/// <summary>
/// Examples in the documentation that begin with <c># test: model</c> (one member), <c># test: strategy</c> or <c># test: experiment</c>
/// are read as users would read them in.
/// </summary>
public sealed partial class ExamplesTests
{
    public static TheoryData<string> Pages
    {
        get
        {
            var root = Repository.Root();
            return [.. Directory.GetFiles(Path.Combine(root, "docs"), "*.md", SearchOption.AllDirectories)
                .Where(p => File.ReadAllText(p).Contains("# test: ", StringComparison.Ordinal))
                .Select(p => Path.GetRelativePath(root, p)).Order(StringComparer.Ordinal)];
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Example_EveryTestedBlock_IsRead(string page)
    {
        using var folder = new TempFolder();
        foreach (var (kind, text, line) in Blocks(page))
        {
            var source = FormattableString.Invariant($"{page}, block at line {line}");
            if (kind == "experiment")
            {
                foreach (Match file in Names().Matches(text))
                    folder.File(file.Value, "");
                foreach (Match run in Runs().Matches(text))
                {
                    Directory.CreateDirectory(Path.Combine(folder.Path, run.Value));
                    folder.File(Path.Combine(run.Value, "experiment.yaml"), "");
                    folder.File(Path.Combine(run.Value, "metrics.json"), "");
                }

                var experiment = Experiment.Parse(text, source, folder.Path);
                Assert.Equal(experiment.Text, Experiment.Parse(experiment.Text, source, folder.Path).Text);
                continue;
            }

            var options = OptionMap.Parse(text, source);
            Assert.NotNull(kind == "model" ? ModelCatalogue.Create(options) : (object)StrategyCatalogue.Create(options));
            options.Close();
        }
    }

    [Fact]
    public void Models_EveryEntry_HasAPageWithItsKeysAndAnExample()
    {
        foreach (var entry in ModelCatalogue.Entries)
        {
            var page = $"docs/models/{entry.Name}.md";
            var text = File.ReadAllText(Path.Combine(Repository.Root(), page));
            foreach (var key in entry.Options.Keys)
                Assert.Contains($"`{key}`", text, StringComparison.Ordinal);
            Assert.Contains(Blocks(page), b => b.Kind == "model" && b.Text.Contains($"model: {entry.Name}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Strategies_EveryEntry_HasAPageWithItsKeysAndAnExample()
    {
        foreach (var entry in StrategyCatalogue.Entries)
        {
            var page = $"docs/strategies/{entry.Name}.md";
            var text = File.ReadAllText(Path.Combine(Repository.Root(), page));
            var options = OptionMap.Parse($"name: {entry.Name}", "defaults");
            StrategyCatalogue.Create(options);
            foreach (var key in OptionMap.Parse(options.Resolved(), "resolved").Keys.Where(k => k != "name"))
                Assert.Contains($"`{key}`", text, StringComparison.Ordinal);
            Assert.Contains(Blocks(page), b => b.Kind == "experiment");
        }
    }

    private static IEnumerable<(string Kind, string Text, int Line)> Blocks(string page)
    {
        var text = File.ReadAllText(Path.Combine(Repository.Root(), page)).ReplaceLineEndings("\n");
        foreach (Match block in Fences().Matches(text))
            yield return (block.Groups["kind"].Value, block.Groups["text"].Value, 1 + text.AsSpan(0, block.Index).Count('\n'));
    }

    [GeneratedRegex(@"^```yaml\n# test: (?<kind>model|strategy|experiment)\n(?<text>.*?)^```",
        RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fences();

    // Raw files that an example names; they only need to exist.
    [GeneratedRegex(@"[\w-]+\.(csv|tsv|txt|gz)")]
    private static partial Regex Names();

    [GeneratedRegex(@"runs/[\w-]+")]
    private static partial Regex Runs();
}
