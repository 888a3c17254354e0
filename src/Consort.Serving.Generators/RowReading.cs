using Microsoft.CodeAnalysis;

namespace Consort.Serving.Generators;

/// <summary>From a type that the compiler knows to a row: the rules are those of rows that are read by reflection.</summary>
internal static class RowReading
{
    public const string RowAttribute = "Consort.Serving.ImpressionRowAttribute";
    private const string FieldAttribute = "Consort.Serving.ImpressionFieldAttribute";
    private const string IgnoreAttribute = "Consort.Serving.ImpressionIgnoreAttribute";

    // By which a type is named in code, wherever that stands.
    private static readonly SymbolDisplayFormat InCode = SymbolDisplayFormat.FullyQualifiedFormat;

    public static Row Read(INamedTypeSymbol type, AttributeData attribute, Compilation compilation)
    {
        var package = attribute.NamedArguments.FirstOrDefault(a => a.Key == "Package").Value.Value as string;
        var (properties, findings) = (new List<Property>(), new List<Finding>());
        if (Obstacle(type) is { } obstacle)
            findings.Add(new(Diagnostics.Unreachable, Place.Of(type), type.Name, obstacle));
        foreach (var member in Members(type))
            Add(member);
        if (properties.Count == 0 && findings.Count == 0)
            findings.Add(new(Diagnostics.Nothing, Place.Of(type), type.Name));
        return new(type.Name, type.ToDisplayString(InCode), package, new(properties), new(findings), Place.Of(type));

        void Add(ISymbol member)
        {
            var field = FieldOf(type, member);
            if (field is null && Find(member, IgnoreAttribute) is not null)
                return;
            var (name, of) = ($"{type.Name}.{member.Name}", member is IFieldSymbol f ? f.Type : ((IPropertySymbol)member).Type);
            if (ValueOf(of, compilation) is not { } value)
                findings.Add(new(Diagnostics.UnsupportedType, Place.Of(member), name,
                    of.ToDisplayString(SymbolDisplayFormat.CSharpShortErrorMessageFormat)));
            else if (properties.Any(p => string.Equals(p.Field ?? p.Name, field ?? member.Name, StringComparison.OrdinalIgnoreCase)))
                findings.Add(new(Diagnostics.OneFieldTwice, Place.Of(member), name, field ?? member.Name));
            else
                properties.Add(new(member.Name, field, value.Kind, value.Type, value.IsNullable, Place.Of(member)));
        }
    }

    private static string? Obstacle(INamedTypeSymbol type)
    {
        for (var t = type; t is not null; t = t.ContainingType)
        {
            if (t.IsGenericType)
                return $"type parameters of {t.Name}";
            if (t.DeclaredAccessibility is Accessibility.Private or Accessibility.Protected or Accessibility.ProtectedAndInternal)
                return $"{t.Name}, which is {t.DeclaredAccessibility.ToString().ToLowerInvariant()}";
        }

        return type.IsRefLikeType ? $"{type.Name}, a ref struct" : null;
    }

    // Public ones, those of the type itself before those that it inherits; what is overridden counts once.
    private static IEnumerable<ISymbol> Members(INamedTypeSymbol type)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var t = type; t is { SpecialType: not (SpecialType.System_Object or SpecialType.System_ValueType) }; t = t.BaseType)
            foreach (var member in t.GetMembers())
                if (member is { IsStatic: false, DeclaredAccessibility: Accessibility.Public }
                    && member is IFieldSymbol or IPropertySymbol { IsIndexer: false, GetMethod.DeclaredAccessibility: Accessibility.Public }
                    && seen.Add(member.Name))
                    yield return member;
    }

    // A record's attribute may stand on the parameter of its constructor.
    private static string? FieldOf(INamedTypeSymbol type, ISymbol member) => NameOf(member)
        ?? type.InstanceConstructors.SelectMany(c => c.Parameters).Where(p => p.Name == member.Name).Select(NameOf)
            .FirstOrDefault(n => n is not null);

    private static string? NameOf(ISymbol symbol) => Find(symbol, FieldAttribute)?.ConstructorArguments.FirstOrDefault().Value as string;

    private static AttributeData? Find(ISymbol symbol, string attribute) =>
        symbol.GetAttributes().FirstOrDefault(a => a.AttributeClass?.ToDisplayString() == attribute);

    private static (ValueKind Kind, string Type, bool IsNullable)? ValueOf(ITypeSymbol type, Compilation compilation)
    {
        var isNullable = type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T;
        var inner = isNullable ? ((INamedTypeSymbol)type).TypeArguments[0] : type;
        var name = inner.WithNullableAnnotation(NullableAnnotation.None).ToDisplayString(InCode);
        if (inner.SpecialType is SpecialType.System_String or SpecialType.System_Boolean)
            return (ValueKind.Plain, "", isNullable);
        if (inner is IArrayTypeSymbol { Rank: 1, ElementType.SpecialType: SpecialType.System_Byte })
            return (ValueKind.Bytes, "", isNullable);
        if (name == "global::System.ReadOnlyMemory<byte>")
            return (ValueKind.Memory, "", isNullable);
        if (TokenOf(inner, compilation) is { } token)
            return token.SpecialType == SpecialType.System_String ? (ValueKind.Texts, "", isNullable)
                : (ValueKind.Numbers, token.ToDisplayString(InCode), isNullable);
        return IsNumber(inner, compilation) ? (ValueKind.Plain, $"<{name}>", isNullable) : null;
    }

    private static ITypeSymbol? TokenOf(ITypeSymbol type, Compilation compilation)
    {
        var sequence = IsSequence(type) ? (INamedTypeSymbol)type : type.AllInterfaces.FirstOrDefault(IsSequence);
        return sequence?.TypeArguments[0] is { } token && (token.SpecialType == SpecialType.System_String || IsNumber(token, compilation))
            ? token : null;

        static bool IsSequence(ITypeSymbol t) => t.OriginalDefinition.SpecialType == SpecialType.System_Collections_Generic_IEnumerable_T;
    }

    private static bool IsNumber(ITypeSymbol type, Compilation compilation) =>
        type is { IsValueType: true, IsRefLikeType: false } && compilation.GetTypeByMetadataName("System.IUtf8SpanFormattable") is { } text
        && type.AllInterfaces.Contains(text, SymbolEqualityComparer.Default);
}
