using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Consort.EndToEnd.Tests.Commands;

/// <summary>A page whose commands are typed in a folder, as a newcomer types them with clicks of their own.</summary>
internal sealed partial class TypedPage : IDisposable
{
    private readonly TempFolder _folder = new();

    public TypedPage(string page)
    {
        Assert.SkipUnless(File.Exists("/bin/bash") || File.Exists("/usr/bin/bash"), "no bash here");
        Text = File.ReadAllText(Repository.At(page));
    }

    public string Text { get; }

    /// <summary>The lines that call the program, in their order.</summary>
    public string[] Commands => [.. Blocks("").SelectMany(b => b.Split('\n')).Where(l => l.StartsWith("./consort ", StringComparison.Ordinal))];

    public string At(string name) => _folder.At(name);

    public void Write(string name, string text) => _folder.File(name, text);

    public void Dispose() => _folder.Dispose();

    /// <summary>The fenced blocks of a language.</summary>
    public IEnumerable<string> Blocks(string language) => BlocksOf(Text, language);

    public static IEnumerable<string> BlocksOf(string text, string language) => text.Split("```").Where((_, i) => i % 2 == 1)
        .Where(b => b.StartsWith(language + "\n", StringComparison.Ordinal)).Select(b => b[(language.Length + 1)..]);

    /// <summary>Types a line; it must succeed.</summary>
    public string Type(string line)
    {
        using var process = ConsoleProcess.Shell($"cd '{_folder.Path}' && {Named(line)}");
        var run = process.End();
        Assert.True(run.ExitCode == 0, $"{line}: {run.Error}");
        return run.Output;
    }

    /// <summary>Types the line that serves, sends it what the page sends with curl, and gives the answer.</summary>
    public async Task<JsonNode> Served(string line)
    {
        var call = Curl().Match(Text);
        Assert.True(call.Success, "the page calls no server");
        // The page's port may be taken here, so a free one is asked for.
        using var serving = ConsoleProcess.Shell($"cd '{_folder.Path}' && {Named(line)} --port 0 > listening.txt");
        Uri? address = null;
        for (var wait = 0; address is null && wait < 600; wait++)
        {
            await Task.Delay(100);
            if (File.Exists(At("listening.txt")) && Listening().Match(Read(At("listening.txt"))) is { Success: true } match)
                address = new Uri(match.Groups["url"].Value);
        }

        Assert.NotNull(address);
        using var client = new HttpClient { BaseAddress = address };
        using var content = new StringContent(call.Groups["body"].Value, Encoding.UTF8, new MediaTypeHeaderValue(call.Groups["type"].Value));
        using var response = await client.PostAsync(new Uri(new Uri(call.Groups["url"].Value).AbsolutePath, UriKind.Relative), content);
        var answer = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, answer);
        return JsonNode.Parse(answer)!;
    }

    /// <summary>Rows of the columns that the pages show: request_id, clicked, time, city, device, campaign, age, price.</summary>
    public static string Rows(int rows, int seed)
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

    private static string Read(string path)
    {
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return reader.ReadToEnd();
    }

    private static string Named(string line) => line.StartsWith("./consort ", StringComparison.Ordinal) ? line[2..] : line;

    [GeneratedRegex("^curl -s (?<url>\\S+) -H 'content-type: (?<type>[^']+)' -d '(?<body>[^']+)'$", RegexOptions.Multiline)]
    private static partial Regex Curl();

    [GeneratedRegex("listening at (?<url>http://\\S+)")]
    private static partial Regex Listening();
}
