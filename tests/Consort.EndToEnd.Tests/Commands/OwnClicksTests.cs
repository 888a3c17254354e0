namespace Consort.EndToEnd.Tests.Commands;

/// <summary>What a newcomer types with clicks of their own, from the pages and from README, works as it stands there.</summary>
public sealed class OwnClicksTests
{
    private const string Serve = "./consort serve ";

    [Fact]
    public async Task Page_EveryCommand_Works()
    {
        using var page = Page("docs/own-clicks.md");
        var typed = page.Commands;
        foreach (var command in new[] { "init", "data describe", "train", "evaluate", "predict", "pack", "serve" })
            Assert.Contains(typed, l => l.StartsWith($"./consort {command} ", StringComparison.Ordinal));
        Assert.StartsWith("./consort init ", typed[0], StringComparison.Ordinal);
        page.Type(typed[0]);
        var files = page.Blocks("yaml").ToArray();
        Assert.Equal(2, files.Length);
        foreach (var (name, text) in new[] { ("schema.yaml", files[0]), ("experiment.yaml", files[1]) })
        {
            Assert.True(File.Exists(page.At(name)), $"init wrote no {name}");
            page.Write(name, text);
        }

        foreach (var line in typed.Skip(1).Where(l => !l.StartsWith(Serve, StringComparison.Ordinal)))
            page.Type(line);
        Assert.Equal(50, File.ReadAllLines(page.At("probabilities.txt")).Length);
        var scored = File.ReadAllLines(page.At("scored.csv"));
        Assert.Equal(51, scored.Length);
        Assert.Equal("request_id,probability", scored[0]);
        Assert.Matches("^r-000000,0\\.\\d+$", scored[1]);
        await Answers(page, typed.Single(l => l.StartsWith(Serve, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Tutorial_EveryCommand_Works()
    {
        using var page = Page("docs/tutorial.md");
        var typed = page.Commands;
        foreach (var command in new[] { "init", "train", "report", "pack", "serve" })
            Assert.Contains(typed, l => l.StartsWith($"./consort {command} ", StringComparison.Ordinal));
        var serving = typed.Where(l => l.StartsWith(Serve, StringComparison.Ordinal)).ToArray();
        Assert.Equal(2, serving.Length); // the package, and the folder of packages at the end
        foreach (var line in typed.Except(serving))
            page.Type(line);
        var report = File.ReadAllText(page.At("report.html"));
        foreach (var answer in new[] { "What is best", "What it costs", "What is undecided" })
            Assert.Contains(answer, report, StringComparison.Ordinal);
        await Answers(page, serving[0]);
        foreach (var line in page.Blocks("").Last().Split('\n').TakeWhile(l => !l.StartsWith(Serve, StringComparison.Ordinal)))
            page.Type(line);
        await Answers(page, serving[1]);
    }

    [Fact]
    public void Readme_CommandsWithYourOwnClicks_Work()
    {
        using var page = Page("docs/own-clicks.md");
        var section = File.ReadAllText(Repository.At("README.md")).Split("## With your own clicks")[1].Split("\n## ")[0];
        foreach (var link in new[] { "docs/own-clicks.md", "docs/tutorial.md", "docs/data/schema.md", "docs/experiment.md", "docs/commands" })
            Assert.Contains($"]({link})", section, StringComparison.Ordinal);
        var blocks = TypedPage.BlocksOf(section, "").ToArray();
        var typed = blocks[0].Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, typed.Length);
        var clicks = File.ReadAllLines(page.At("clicks.csv"));
        File.WriteAllLines(page.At("tomorrow.csv"), clicks.Skip(1).Take(clicks.Length / 2).Reverse().Prepend(clicks[0]));
        foreach (var line in typed.Concat(blocks[1].Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Where(l => !l.StartsWith(Serve, StringComparison.Ordinal))))
            page.Type(line);
        Assert.Equal(50, File.ReadAllLines(page.At("probabilities.txt")).Length);
        Assert.True(File.Exists(page.At("clicks.consort")));
        Assert.True(File.Exists(page.At("report.html")));
    }

    [Fact]
    public void Readme_OfTheRepository_StaysShort() =>
        Assert.InRange(File.ReadAllLines(Repository.At("README.md")).Length, 40, 119);

    private static async Task Answers(TypedPage page, string serve)
    {
        var answer = await page.Served(serve);
        Assert.Equal("clicks", (string)answer["model"]!);
        Assert.InRange((double)answer["probabilities"]!.AsArray().Single()!, 0.0001, 0.9999);
    }

    // With the columns that the page shows.
    private static TypedPage Page(string path)
    {
        var page = new TypedPage(path);
        var header = page.Blocks("").First(b => b.StartsWith("request_id,", StringComparison.Ordinal)).Split('\n')[0];
        foreach (var (name, rows, seed) in new[] { ("clicks.csv", 3000, 1), ("more.csv", 400, 2), ("new.csv", 50, 3) })
            page.Write(name, header + "\n" + TypedPage.Rows(rows, seed));
        return page;
    }
}
