using System.Text.RegularExpressions;

namespace Consort.EndToEnd.Tests.House;

/// <summary>House rules that a machine can hold.</summary>
public sealed partial class ConventionTests
{
    private const int MaxLines = 400;

    // Files that may be longer, each with its reason.
    private static readonly Dictionary<string, string> LongFiles = [];

    // Namespaces of others that a file adds to, each with its reason.
    private static readonly Dictionary<string, string> OtherNamespaces = new()
    {
        ["src/Consort.Serving.Generators/Modern.cs"] = "the compiler looks for what netstandard2.0 lacks where .NET has it",
    };

    [Fact]
    public void Files_OfTheSource_AreShort()
    {
        var tooLong = Repository.Sources().Where(f => File.ReadLines(Repository.At(f)).Count() > MaxLines);
        Assert.Empty(tooLong.Except(LongFiles.Keys));
    }

    [Fact]
    public void Namespaces_OfTheSource_AreTheirFolders()
    {
        var wrong = new List<string>();
        foreach (var file in Repository.Sources())
        {
            var match = NamespaceLine().Match(File.ReadAllText(Repository.At(file)));
            var expected = Path.GetDirectoryName(file)!.Replace('\\', '/')["src/".Length..].Replace('/', '.');
            if (match.Success && match.Groups[1].Value != expected)
                wrong.Add($"{file}: {match.Groups[1].Value}, expected {expected}");
        }

        Assert.Equal(OtherNamespaces.Keys, wrong.Select(w => w[..w.IndexOf(':', StringComparison.Ordinal)]));
    }

    [Fact]
    public void Types_OfTheSource_AreNamedForWhatTheyAre()
    {
        var wrong = Repository.Sources().SelectMany(file => TypeName().Matches(File.ReadAllText(Repository.At(file)))
            .Select(m => m.Groups[1].Value).Where(name => Vague().IsMatch(name)).Select(name => $"{file}: {name}"));
        Assert.Empty(wrong);
    }

    [Fact]
    public void Files_ThatAreTracked_NameNoMachinePaths()
    {
        string[] paths = ["/wo" + "rk/", "/ro" + "ot/", "/home" + "/"];
        string[] binary = [".png", ".gz", ".dll"];
        var wrong = Repository.Files().Where(f => !binary.Contains(Path.GetExtension(f)))
            .Where(f => File.ReadAllText(Repository.At(f)) is var text && paths.Any(p => text.Contains(p, StringComparison.Ordinal)));
        Assert.Empty(wrong);
    }

    [Fact]
    public void Sources_OfTheHouse_LeaveNothingUndone()
    {
        var unfinished = Repository.Sources().Where(f => Unfinished().IsMatch(File.ReadAllText(Repository.At(f))));
        Assert.Empty(unfinished);
    }

    // Of several classes the generator of messages makes code in an order of chance: no two builds are the same bytes (docs/packages.md).
    [Fact]
    public void Messages_OfARoom_AreInOneClass()
    {
        var files = Repository.Sources().Where(f => File.ReadAllText(Repository.At(f)).Contains("[LoggerMessage(", StringComparison.Ordinal));
        Assert.Equal(["src/Consort.AspNetCore/Logs/ServerLog.cs"], files);
    }

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"^\s*(?:(?:public|internal|private|protected|static|sealed|abstract|partial|readonly|ref|unsafe|file) )*(?:class|record struct|record class|record|struct|interface|enum) (\w+)", RegexOptions.Multiline)]
    private static partial Regex TypeName();

    [GeneratedRegex("(Manager|Helper|Helpers|Util|Utils|Utility|Utilities)$")]
    private static partial Regex Vague();

    [GeneratedRegex(@"NotImplementedException|\b(TO" + @"DO|FIX" + @"ME|HACK)\b")]
    private static partial Regex Unfinished();
}
