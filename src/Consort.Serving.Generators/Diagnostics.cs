using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Consort.Serving.Generators;

/// <summary>What is said of types of rows.</summary>
internal static class Diagnostics
{
    public static readonly DiagnosticDescriptor UnsupportedType = Error(1, "A property's type cannot be a field's value",
        "{0}: found a {1}, expected a string, UTF-8 bytes, a number, a bool or another value that writes itself as text, and for a list several strings or numbers; pass over it by [ImpressionIgnore]");

    public static readonly DiagnosticDescriptor OneFieldTwice = Error(2, "Two properties are of one field",
        "{0}: found a second property for field {1}");

    public static readonly DiagnosticDescriptor UnknownField = Error(3, "The package has no such field",
        "{0}: {1} does not read field \"{2}\"{3}; name its field by [ImpressionField], or pass over it by [ImpressionIgnore]");

    public static readonly DiagnosticDescriptor NoList = Error(4, "Several values for a field that is no list",
        "{0}: found several values, expected one: field {1} of {2} is no list");

    public static readonly DiagnosticDescriptor Unreachable = Error(5, "The type cannot be reached by generated code",
        "{0}: found {1}, expected a type that the whole project can name: public or internal, and without type parameters");

    public static readonly DiagnosticDescriptor Nothing = Error(6, "No property to read",
        "{0}: found no property or field with a value, expected some that are named like fields of the package");

    public static readonly DiagnosticDescriptor NotCompared = Of(7, DiagnosticSeverity.Warning, "A package that cannot be compared with",
        "{0}: fields are not checked: {1}");

    private static DiagnosticDescriptor Error(int number, string title, string message) =>
        Of(number, DiagnosticSeverity.Error, title, message);

    private static DiagnosticDescriptor Of(int number, DiagnosticSeverity severity, string title, string message) =>
        new($"CONSORT{number:000}", title, message, "Consort", severity, isEnabledByDefault: true);
}

/// <summary>A place in the source that holds on to no syntax.</summary>
internal readonly record struct Place(string Path, TextSpan Span, LinePositionSpan Lines)
{
    public static Place Of(ISymbol symbol) => symbol.Locations.FirstOrDefault(l => l.IsInSource) is { SourceTree: { } tree } location
        ? new(tree.FilePath, location.SourceSpan, location.GetLineSpan().Span) : default;

    public Location ToLocation() => string.IsNullOrEmpty(Path) ? Location.None : Location.Create(Path, Span, Lines);
}

/// <summary>A diagnostic that can be compared, so that unchanged rows are not written again.</summary>
internal readonly record struct Finding(DiagnosticDescriptor Rule, Place Place, string First, string Second = "", string Third = "",
    string Fourth = "")
{
    public Diagnostic ToDiagnostic() => Diagnostic.Create(Rule, Place.ToLocation(), First, Second, Third, Fourth);
}
