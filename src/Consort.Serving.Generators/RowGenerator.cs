using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Consort.Serving.Generators;

/// <summary>
/// Writes, for each type with <c>[ImpressionRow]</c>, the code that reads its rows, and holds the type against the package among the
/// project's <c>AdditionalFiles</c>.
/// </summary>
[Generator(LanguageNames.CSharp)]
public sealed class RowGenerator : IIncrementalGenerator
{
    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        var rows = context.SyntaxProvider.ForAttributeWithMetadataName(RowReading.RowAttribute,
            static (node, _) => node is TypeDeclarationSyntax,
            static (found, _) =>
                RowReading.Read((INamedTypeSymbol)found.TargetSymbol, found.Attributes[0], found.SemanticModel.Compilation));
        var packages = context.AdditionalTextsProvider
            .Where(static file => file.Path.EndsWith(PackageFields.Extension, StringComparison.OrdinalIgnoreCase))
            .Select(static (file, _) => PackageFields.Read(file.Path)).Collect();
        context.RegisterSourceOutput(rows, static (output, row) =>
        {
            foreach (var finding in row.Findings)
                output.ReportDiagnostic(finding.ToDiagnostic());
            if (row.Findings.Count == 0)
                output.AddSource($"{RowCode.NameOf(row)}.g.cs", RowCode.Write(row));
        });
        context.RegisterSourceOutput(rows.Combine(packages), static (output, pair) =>
        {
            foreach (var finding in PackageCheck.Findings(pair.Left, pair.Right))
                output.ReportDiagnostic(finding.ToDiagnostic());
        });
    }
}
