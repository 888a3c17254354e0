using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Consort.EndToEnd.Tests.House;

/// <summary>
/// What packages say of themselves; <c>tests/packages</c> installs and runs them. A package is a project in <c>packages/</c> that lists
/// rooms.
/// </summary>
public sealed partial class PackageTests
{
    // As a new project has them.
    private const string Usings = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Threading; global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder; global using Microsoft.Extensions.DependencyInjection;
        """;

    private static readonly Dictionary<string, XDocument> Packages = Repository.Files()
        .Where(f => f.StartsWith("packages/", StringComparison.Ordinal) && f.EndsWith(".Package.csproj", StringComparison.Ordinal))
        .ToDictionary(f => Path.GetFileName(Path.GetDirectoryName(f)!), f => XDocument.Load(Repository.At(f)), StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Packages.Where(p => RoomsOf(p.Value).Any()).Select(p => p.Key)];

    public static TheoryData<string> Readmes => [.. Repository.Files().Where(f => ReadmePath().IsMatch(f)
        && File.ReadAllText(Repository.At(f)).Contains("```csharp", StringComparison.Ordinal))];

    [Fact]
    public void Rooms_OfTheRepository_AreInOnePackageEach()
    {
        var packed = Packages.Values.SelectMany(RoomsOf).Append("Consort.Cli"); // the tool
        var rooms = Repository.Files().Where(f => RoomPath().IsMatch(f)).Select(f => Path.GetFileNameWithoutExtension(f));
        Assert.Equal(rooms.Order(), packed.Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rooms_OfAPackage_HaveARecordOfWhatIsPublic(string name) =>
        Assert.All(RoomsOf(Packages[name], "Room"), room => Assert.True(
            File.Exists(Repository.At($"src/{room}/PublicAPI.Shipped.txt"))
            && File.ReadLines(Repository.At($"src/{room}/PublicAPI.Shipped.txt")).Skip(1).Any(),
            $"{room}: found no record of what is public, which tests/public-api makes"));

    [Theory]
    [MemberData(nameof(Names))]
    public void Libraries_OfAPackage_AreThoseOfItsRooms(string name)
    {
        var used = RoomsOf(Packages[name]).SelectMany(room => Libraries(XDocument.Load(Repository.At($"src/{room}/{room}.csproj"))));
        Assert.Equal(used.Distinct().Order(), Libraries(Packages[name]).Order());
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Rooms_UsedByAPackage_AreInItOrInWhatItDependsOn(string name)
    {
        var held = Reach(name).SelectMany(p => RoomsOf(Packages[p])).ToHashSet();
        var used = RoomsOf(Packages[name]).SelectMany(room => References(XDocument.Load(Repository.At($"src/{room}/{room}.csproj"))));
        Assert.Empty(used.Except(held));

        static IEnumerable<string> Reach(string package) =>
            [package, .. References(Packages[package]).SelectMany(p => Reach(p[..^".Package".Length]))];
    }

    [Theory]
    [MemberData(nameof(Readmes))]
    public void Example_OfAReadme_Compiles(string readme)
    {
        var code = Example().Match(File.ReadAllText(Repository.At(readme))).Groups[1].Value;
        var assemblies = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        var compilation = CSharpCompilation.Create("example", [CSharpSyntaxTree.ParseText(Usings), CSharpSyntaxTree.ParseText(code)],
            assemblies.Select(a => MetadataReference.CreateFromFile(a)), new CSharpCompilationOptions(OutputKind.ConsoleApplication));
        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.ToString()));
    }

    [Fact]
    public void Templates_OfThisVersion_ReferToItsPackages()
    {
        var version = XDocument.Load(Repository.At("Directory.Build.props")).Descendants("VersionPrefix").Single().Value;
        var projects = Repository.Files().Where(f => TemplatePath().IsMatch(f)).ToArray();
        Assert.Equal(2, projects.Length);
        Assert.All(projects.SelectMany(p => XDocument.Load(Repository.At(p)).Descendants("PackageReference")),
            r => Assert.Equal((version, true), (r.Attribute("Version")!.Value, Packages.ContainsKey(r.Attribute("Include")!.Value))));
    }

    private static IEnumerable<string> RoomsOf(XDocument package) => RoomsOf(package, "Room").Concat(RoomsOf(package, "CompilerRoom"));

    private static IEnumerable<string> RoomsOf(XDocument package, string kind) => package.Descendants(kind)
        .SelectMany(r => r.Attribute("Include")!.Value.Split(';')).Select(r => $"Consort.{r}");

    private static IEnumerable<string> Libraries(XDocument project) => project.Descendants("PackageReference")
        .Where(r => r.Attribute("PrivateAssets") is null).Select(r => r.Attribute("Include")!.Value);

    private static IEnumerable<string> References(XDocument project) => project.Descendants("ProjectReference")
        .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value));

    [GeneratedRegex("^src/[^/]+/[^/]+[.]csproj$")]
    private static partial Regex RoomPath();

    [GeneratedRegex("^packages/[^/]+/README[.]md$")]
    private static partial Regex ReadmePath();

    [GeneratedRegex("^packages/Consort.Templates/templates/.*[.]csproj$")]
    private static partial Regex TemplatePath();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Example();
}
