using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Consort.EndToEnd.Tests.House;

/// <summary>
/// A type stands in one file: where it is too long for one, two ideas stand in it, and each wants a type of its own. What a source
/// generator fills in (a regular expression, messages, JSON, a native function) is partial in that one file.
/// </summary>
public sealed class PartialTests
{
    [Fact]
    public void Types_OfTheSource_StandInOneFileEach() =>
        Assert.Empty(Spread(Repository.Sources().Select(f => (f, File.ReadAllText(Repository.At(f))))));

    [Theory]
    [InlineData("partial class C { }", "partial class C { }", "C: a.cs, b.cs")]
    [InlineData("namespace N; partial record struct C;", "namespace N { partial record struct C; }", "N.C: a.cs, b.cs")]
    [InlineData("partial class A { partial class C { } }", "partial class C { }", null)]
    [InlineData("partial class C<T> { }", "partial class C { }", null)]
    [InlineData("namespace N; partial class C { }", "partial class C { }", null)]
    [InlineData("partial class C { } partial class C { }", "class D { }", null)]
    public void Spread_OfTwoFiles_FindsTypesOfBoth(string first, string second, string? found) =>
        Assert.Equal(found is null ? [] : [found], Spread([("a.cs", first), ("b.cs", second)]));

    private static IEnumerable<string> Spread(IEnumerable<(string Name, string Text)> files) => files
        .SelectMany(file => CSharpSyntaxTree.ParseText(file.Text, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot()
            .DescendantNodes().OfType<TypeDeclarationSyntax>().Where(t => t.Modifiers.Any(SyntaxKind.PartialKeyword))
            .Select(t => (Type: NameOf(t), file.Name)))
        .Distinct().GroupBy(t => t.Type, t => t.Name).Where(g => g.Count() > 1).Select(g => $"{g.Key}: {string.Join(", ", g)}");

    private static string NameOf(TypeDeclarationSyntax type) => string.Join('.', type.AncestorsAndSelf().Reverse().Select(node => node switch
    {
        BaseNamespaceDeclarationSyntax space => space.Name.ToString(),
        TypeDeclarationSyntax { TypeParameterList.Parameters.Count: var generic } own => $"{own.Identifier.Text}`{generic}",
        TypeDeclarationSyntax own => own.Identifier.Text,
        _ => "",
    }).Where(part => part.Length > 0));
}
