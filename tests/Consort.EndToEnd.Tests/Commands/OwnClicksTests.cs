using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>What a newcomer types with clicks of their own, from the page and from README, works as it stands there.</summary>
public sealed partial class OwnClicksTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _page = File.ReadAllText(Repository.At("docs/own-clicks.md"));

    public OwnClicksTests()
    {
        Assert.SkipUnless(File.Exists("/bin/bash") || File.Exists("/usr/bin/bash"), "no bash here");
        var header = Blocks(_page, "").First().Split('\n')[0];
        foreach (var (name, rows, seed) in new[] { ("clicks.csv", 3000, 1), ("more.csv", 400, 2), ("new.csv", 50, 3) })
            _folder.File(name, header + "\n" + Rows(rows, seed));
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Page_EveryCommand_Works()
    {
        var lines = Blocks(_page, "").SelectMany(b => b.Split('\n')).ToArray();
        string[] typed = [.. lines.Where(l => l.StartsWith("./consort ", StringComparison.Ordinal))];
        foreach (var command in new[] { "init", "data describe", "train", "evaluate", "predict", "pack", "serve" })
            Assert.Contains(typed, l => l.StartsWith($"./consort {command} ", StringComparison.Ordinal));
        Assert.StartsWith("./consort init ", typed[0], StringComparison.Ordinal);
        Type(typed[0]);
        var files = Blocks(_page, "yaml").ToArray();
        Assert.Equal(2, files.Length);
        foreach (var (name, text) in new[] { ("schema.yaml", files[0]), ("experiment.yaml", files[1]) })
        {
            Assert.True(File.Exists(_folder.At(name)), $"init wrote no {name}");
            _folder.File(name, text);
        }

        foreach (var line in typed.Skip(1).Where(l => !l.StartsWith("./consort serve ", StringComparison.Ordinal)))
            Type(line);
        Assert.Equal(50, File.ReadAllLines(_folder.At("probabilities.txt")).Length);
        var scored = File.ReadAllLines(_folder.At("scored.csv"));
        Assert.Equal(51, scored.Length);
        Assert.Equal("request_id,probability", scored[0]);
        Assert.Matches("^r-000000,0\\.\\d+$", scored[1]);

        var (url, type, body) = Curl().Match(_page) is { Success: true } match
            ? (match.Groups["url"].Value, match.Groups["type"].Value, match.Groups["body"].Value)
            : throw new InvalidOperationException("the page calls no server");
        var path = new Uri(url).AbsolutePath;
        var answer = JsonNode.Parse(await Served(typed.Single(l => l.StartsWith("./consort serve ", StringComparison.Ordinal)),
            path, type, body))!;
        Assert.Equal("clicks", (string)answer["model"]!);
        Assert.InRange((double)answer["probabilities"]!.AsArray().Single()!, 0.0001, 0.9999);
    }

    [Fact]
    public void Readme_CommandsWithYourOwnClicks_Work()
    {
        var section = File.ReadAllText(Repository.At("README.md")).Split("## With your own clicks")[1];
        foreach (var link in new[] { "docs/own-clicks.md", "docs/data/schema.md", "docs/experiment.md", "docs/commands" })
            Assert.Contains($"]({link})", section, StringComparison.Ordinal);
        var typed = Blocks(section, "").First().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, typed.Length);
        foreach (var line in typed)
            Type(line);
        Assert.Equal(50, File.ReadAllLines(_folder.At("probabilities.txt")).Length);
    }

    private string Type(string line)
    {
        using var process = ConsoleProcess.Shell($"cd '{_folder.Path}' && {Named(line)}");
        var run = process.End();
        Assert.True(run.ExitCode == 0, $"{line}: {run.Error}");
        return run.Output;
    }

    // The page's port may be taken here, so a free one is asked for.
    private async Task<string> Served(string line, string path, string type, string body)
    {
        using var serving = ConsoleProcess.Shell($"cd '{_folder.Path}' && {Named(line)} --port 0 > listening.txt");
        Uri? address = null;
        for (var wait = 0; address is null && wait < 600; wait++)
        {
            await Task.Delay(100);
            if (File.Exists(_folder.At("listening.txt")) && Listening().Match(Read(_folder.At("listening.txt"))) is { Success: true } match)
                address = new Uri(match.Groups["url"].Value);
        }

        Assert.NotNull(address);
        using var client = new HttpClient { BaseAddress = address };
        using var content = new StringContent(body, Encoding.UTF8, type);
        using var response = await client.PostAsync(new Uri(path, UriKind.Relative), content);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, answer);
        return answer;
    }

    private static string Read(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    private static string Named(string line) => line.StartsWith("./consort ", StringComparison.Ordinal) ? line[2..] : line;

    // The fenced blocks of a language.
    private static IEnumerable<string> Blocks(string text, string language) => text.Split("```").Where((_, i) => i % 2 == 1)
        .Where(b => b.StartsWith(language + "\n", StringComparison.Ordinal)).Select(b => b[(language.Length + 1)..]);

    // The columns that the page shows: request_id, clicked, time, city, device, campaign, age, price.
    private static string Rows(int rows, int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        string[] cities = ["\"Washington, D.C.\"", "Łódź", "Paris", "Rome"], devices = ["web", "ios", "android"];
        for (var row = 0; row < rows; row++)
        {
            var (city, device, age) = (random.Next(4), random.Next(3), random.Next(18, 80));
            var clicked = random.NextDouble() < 1 / (1 + Math.Exp(1 - city + device)) ? "True" : "False";
            var shown = random.Next(5) == 0 ? "" : age.ToString(CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture,
                $"r-{row:D6},{clicked},2611{random.Next(1, 29):D2}{random.Next(24):D2},{cities[city]},{devices[device]},{random.Next(200, 230)},{shown},{random.NextDouble() * 40:F2}\n");
        }

        return text.ToString();
    }

    [GeneratedRegex("^curl -s (?<url>\\S+) -H 'content-type: (?<type>[^']+)' -d '(?<body>[^']+)'$", RegexOptions.Multiline)]
    private static partial Regex Curl();

    [GeneratedRegex("listening at (?<url>http://\\S+)")]
    private static partial Regex Listening();
}
