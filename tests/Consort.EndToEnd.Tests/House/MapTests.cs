using System.Text.RegularExpressions;

namespace Consort.EndToEnd.Tests.House;

/// <summary>The maps for people name what is there: types, members, files and folders.</summary>
public sealed partial class MapTests
{
    private static readonly string[] Maps =
        ["docs/README.md", "docs/architecture.md", "docs/life-of-a-batch.md", "docs/life-of-an-impression.md"];

    private static readonly Lazy<HashSet<string>> Words = new(() =>
        [.. Repository.Files().Where(f => f.EndsWith(".cs", StringComparison.Ordinal) && !f.EndsWith("/MapTests.cs", StringComparison.Ordinal)).SelectMany(f => Word().Matches(File.ReadAllText(Repository.At(f))).Select(m => m.Value)), nameof(MapTests)]);

    public static TheoryData<string> Pages => [.. Maps];

    // The index names no types.
    public static TheoryData<string> NamingPages => [.. Maps.Skip(1)];

    [Theory]
    [MemberData(nameof(NamingPages))]
    public void Names_OnAMap_AreInTheSource(string page)
    {
        var names = Code().Matches(File.ReadAllText(Repository.At(page))).Select(m => m.Groups[1].Value).ToArray();
        Assert.True(names.Length > 5, $"{page}: found {names.Length} names in backticks: the scan sees too little");
        Assert.DoesNotContain(names, n => !IsThere(n));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Links_OnAMap_LeadSomewhere(string page)
    {
        var folder = Path.GetDirectoryName(page)!;
        var broken = Link().Matches(File.ReadAllText(Repository.At(page))).Select(m => m.Groups[1].Value)
            .Where(link => !link.StartsWith("http", StringComparison.Ordinal))
            .Where(link => Path.Combine(Repository.Root, folder, link.Split('#')[0]) is var path && !File.Exists(path)
                && !Directory.Exists(path));
        Assert.Empty(broken);
    }

    [Theory]
    [InlineData("Graph", true)]
    [InlineData("Graph.Apply", true)]
    [InlineData("src/Consort.Models/", true)]
    [InlineData("Gruph", false)]
    [InlineData("src/Consort.Gone", false)]
    public void Name_OnAMap_IsThereOrNot(string name, bool isThere) => Assert.Equal(isThere, IsThere(name));

    [Fact]
    public void Pages_OfTheDocs_StandInTheIndex()
    {
        var index = File.ReadAllText(Repository.At("docs/README.md"));
        var missing = Repository.Files().Where(f => f.StartsWith("docs/", StringComparison.Ordinal)
            && f.EndsWith(".md", StringComparison.Ordinal) && f != "docs/README.md")
            .Where(f => !index.Contains($"({f["docs/".Length..]})", StringComparison.Ordinal)
                && !index.Contains($"({Path.GetDirectoryName(f)!["docs".Length..].TrimStart('/')}/)", StringComparison.Ordinal));
        Assert.Empty(missing);
    }

    [Fact]
    public void Notes_OfTheDesign_AreNumberedWithoutHoles()
    {
        var numbers = Repository.Files().Where(f => f.StartsWith("docs/design/", StringComparison.Ordinal))
            .Select(f => int.Parse(Path.GetFileName(f)[..4], System.Globalization.CultureInfo.InvariantCulture)).Order().ToArray();
        Assert.Equal(Enumerable.Range(1, numbers.Length), numbers);
    }

    // A path from the root or from src, a type, or a member after its type; what is typed, such as a command, is no name.
    private static bool IsThere(string name)
    {
        if (name.Contains(' ') || name.StartsWith('-') || name.Contains(':'))
            return true;
        if (name.Contains('/'))
            return new[] { name, $"src/{name}", $"src/Consort.{name}" }.Any(p => File.Exists(Repository.At(p))
                || Directory.Exists(Repository.At(p)));
        if (!char.IsUpper(name[0]))
            return true;
        if (name.StartsWith("Consort.", StringComparison.Ordinal) && Directory.Exists(Repository.At($"src/{name}")))
            return true;
        return name.Split('.', '<', '>', '(', ')', '[', ']', ',').Where(p => p.Length > 0 && char.IsUpper(p[0])).All(Words.Value.Contains);
    }

    [GeneratedRegex("`([^`\n]+)`")]
    private static partial Regex Code();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"\b[A-Z]\w+\b")]
    private static partial Regex Word();
}
