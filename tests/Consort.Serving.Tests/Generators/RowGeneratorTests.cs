using System.Collections.Immutable;
using Consort.Serving.Generators;
using Consort.Serving.Packages;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Text;

namespace Consort.Serving.Tests.Generators;

/// <summary>What the generator says of types of rows, alone and beside a package.</summary>
[Collection(ServingDataCollection.Name)]
public sealed class RowGeneratorTests(ServingData data)
{
    private static readonly Lazy<ImmutableArray<MetadataReference>> References = new(() =>
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(p => Path.GetFileName(p) is var name && (name.StartsWith("System.", StringComparison.Ordinal)
                || name is "netstandard.dll" or "Consort.Serving.dll" or "Consort.Foundation.dll"))
            .Select(p => MetadataReference.CreateFromFile(p))]);

    [Theory]
    [InlineData("public record Offer(string? Site, double Price, int? Visits, System.DateTime At, System.Guid Id, bool Mobile);")]
    [InlineData("public struct Offer { public string Site; public byte[]? Device { get; set; } public System.ReadOnlyMemory<byte>? App { get; } }")]
    [InlineData("internal sealed class Offer { public string @class { get; } = \"\"; public System.Collections.Generic.List<long> Seen { get; } = []; public string[]? Tags; }")]
    [InlineData("public static class Outer { internal record struct Offer(string Site, char Letter, System.Collections.Generic.IEnumerable<string>? Tags); }")]
    public void Generate_ATypeOfRows_CompilesAndIsFound(string type)
    {
        var run = Run($"namespace App.Deep;\n{type}", mark: true);
        Assert.Empty(run.Said);
        var code = Assert.Single(run.Code);
        Assert.DoesNotContain("System.Reflection", code, StringComparison.Ordinal);
        Assert.Contains("ImpressionWriters.Use(", code, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("record Offer(string Site, System.Text.StringBuilder Text);", "CONSORT001", "Offer.Text: found a StringBuilder, expected a string")]
    [InlineData("record Offer(string Site, System.DayOfWeek Day);", "CONSORT001", "Offer.Day: found a DayOfWeek")]
    [InlineData("record Offer(string Site, System.Collections.Generic.List<object> Many);", "CONSORT001", "Offer.Many: found a List<object>")]
    [InlineData("record Offer(string Site, [property: ImpressionField(\"site\")] string Other);", "CONSORT002", "Offer.Other: found a second property for field site")]
    [InlineData("record Offer<T>(string Site);", "CONSORT005", "Offer: found type parameters of Offer")]
    [InlineData("class Outer { private record Offer(string Site); }", "CONSORT005", "Offer: found Offer, which is private")]
    [InlineData("record Offer([property: ImpressionIgnore] string Site);", "CONSORT006", "Offer: found no property")]
    public void Generate_ATypeThatCannotBeRead_SaysWhichAndWhy(string type, string id, string message)
    {
        var run = Run(type, mark: true);
        var said = Assert.Single(run.Said);
        Assert.Equal((id, DiagnosticSeverity.Error), (said.Id, said.Severity));
        Assert.StartsWith(message, said.GetMessage(null), StringComparison.Ordinal);
        Assert.True(said.Location.GetLineSpan().Path == "rows.cs", "the place is that of the type's source");
        Assert.Empty(run.Code);
    }

    [Theory]
    [InlineData("record Offer(string Site, double Price, int Label, string[] Seen, [property: ImpressionField(\"time\")] string At);", null, "")]
    [InlineData("record Offer(string S_ite, double Price);", null, "")]
    [InlineData("record Offer(string Site, double Prize);", "CONSORT003", "Offer.Prize: model.consort does not read field \"Prize\"; did you mean price?; name its field")]
    [InlineData("record Offer([property: ImpressionField(\"sitte\")] string Site);", "CONSORT003", "Offer.Site: model.consort does not read field \"sitte\"; did you mean site?")]
    [InlineData("record Offer([property: ImpressionField(\"label\")] int Site);", "CONSORT003", "Offer.Site: model.consort does not read field \"label\"")]
    [InlineData("record Offer(string Site, string S_i_t_e);", "CONSORT002", "Offer.S_i_t_e: found a second property for field site")]
    [InlineData("record Offer(string Site, float[] Price);", "CONSORT004", "Offer.Price: found several values, expected one: field price of model.consort is no list")]
    public void Generate_BesideAPackage_HoldsTheTypeToItsFields(string type, string? id, string message)
    {
        var run = Run(type, mark: true, Pack());
        Assert.Equal(id is null ? 0 : 1, run.Said.Length);
        if (id is null)
            return;
        Assert.Equal((id, DiagnosticSeverity.Error), (run.Said[0].Id, run.Said[0].Severity));
        Assert.StartsWith(message, run.Said[0].GetMessage(null), StringComparison.Ordinal);
        Assert.Single(run.Code);
    }

    [Fact]
    public void Generate_BesideWhatIsNoPackageOrOneOfSeveral_WarnsThatNothingIsChecked()
    {
        var (good, bad) = (Pack(), Path.Combine(Path.GetDirectoryName(Pack())!, "bad.consort"));
        File.WriteAllText(bad, "no package, and longer than a header is, so that its first bytes are looked at before its end is ".PadRight(200));
        const string Stray = "record Offer(string Site, double Prize);";
        Says("CONSORT007", "another kind of file in bad.consort", Run(Stray, mark: true, bad));
        Says("CONSORT007", "cannot be read", Run(Stray, mark: true, Path.Combine(Path.GetDirectoryName(good)!, "absent.consort")));
        Says("CONSORT007", "found 2 packages, expected [ImpressionRow(Package = \"model.consort\")]", Run(Stray, mark: true, good, bad));
        Says("CONSORT003", "Prize", Run($"[ImpressionRow(Package = \"model.consort\")] {Stray}", mark: false, good, bad));
        Says("CONSORT007", "found 0 files named other.consort", Run($"[ImpressionRow(Package = \"other.consort\")] {Stray}", mark: false, good));
        var cut = File.ReadAllBytes(good).AsSpan(0, 300).ToArray();
        File.WriteAllBytes(bad, cut);
        Says("CONSORT007", "damaged or cut short", Run(Stray, mark: true, bad));
        File.WriteAllBytes(bad, Old(File.ReadAllBytes(good)));
        Says("CONSORT007", "packed before packages listed their fields", Run(Stray, mark: true, bad));

        static void Says(string id, string message, (ImmutableArray<Diagnostic> Said, string[] Code) run)
        {
            var said = Assert.Single(run.Said);
            Assert.Equal(id, said.Id);
            Assert.Contains(message, said.GetMessage(null), StringComparison.Ordinal);
        }

        // As packages were before: the key has another name.
        static byte[] Old(byte[] package)
        {
            var at = package.AsSpan().IndexOf("\"fields\""u8);
            "\"fIelds\""u8.CopyTo(package.AsSpan(at));
            return package;
        }
    }

    [Fact]
    public void Generate_AfterAnEditElsewhere_WritesNothingAgain()
    {
        var compilation = Compile("namespace App;\n[ImpressionRow]\npublic record Offer(string Site);");
        GeneratorDriver driver = CSharpGeneratorDriver.Create([new RowGenerator().AsSourceGenerator()],
            driverOptions: new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true));
        driver = driver.RunGenerators(compilation);
        driver = driver.RunGenerators(compilation.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Other;")));
        var outputs = driver.GetRunResult().Results[0].TrackedOutputSteps.SelectMany(s => s.Value).SelectMany(s => s.Outputs).ToArray();
        Assert.NotEmpty(outputs);
        Assert.All(outputs, o => Assert.Equal(IncrementalStepRunReason.Cached, o.Reason));
    }

    private string Pack()
    {
        using var family = new TrainedFamily(data, TrainedFamily.Of("LR", "{}"));
        var path = Path.Combine(Directory.CreateDirectory(data.NewFile("packed")).FullName, "model.consort");
        PackageWriter.Write(path, family.Content());
        return path;
    }

    private static (ImmutableArray<Diagnostic> Said, string[] Code) Run(string source, bool mark, params string[] packages)
    {
        if (mark)
            source = System.Text.RegularExpressions.Regex.Replace(source, @"((public|internal|private|sealed) )*(record struct|record|struct|class) Offer", "[ImpressionRow] $0");
        var compilation = Compile(source);
        var driver = CSharpGeneratorDriver.Create([new RowGenerator().AsSourceGenerator()], packages.Select(p => new NamedFile(p)));
        var result = driver.RunGeneratorsAndUpdateCompilation(compilation, out var after, out _).GetRunResult();
        Assert.Null(result.Results[0].Exception);
        // What is generated compiles, whatever is said of fields.
        Assert.Empty(after.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error));
        return (result.Diagnostics, [.. result.GeneratedTrees.Select(t => t.ToString())]);
    }

    private static CSharpCompilation Compile(string source)
    {
        var tree = CSharpSyntaxTree.ParseText($"#nullable enable\nusing Consort.Serving;\n{source}",
            new CSharpParseOptions(LanguageVersion.Latest), "rows.cs");
        var compilation = CSharpCompilation.Create("App", [tree], References.Value, new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary));
        Assert.Empty(compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error));
        return compilation;
    }

    private sealed class NamedFile(string path) : AdditionalText
    {
        public override string Path => path;

        public override SourceText? GetText(CancellationToken cancellationToken = default) => throw new InvalidDataException("a package is no text");
    }
}
