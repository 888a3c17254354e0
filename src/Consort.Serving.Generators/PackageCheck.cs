using Consort.Foundation.Options;

namespace Consort.Serving.Generators;

/// <summary>Holds rows against the fields of a package, by the rules that a scorer matches them by when the program runs.</summary>
internal static class PackageCheck
{
    public static IEnumerable<Finding> Findings(Row row, IReadOnlyList<PackageFields> packages)
    {
        if (row.Findings.Count > 0 || (packages.Count == 0 && row.Package is null))
            return [];
        PackageFields[] ours = [.. packages.Where(p => row.Package is null || p.Name == row.Package)];
        if (ours.Length != 1)
            return [NotCompared(row, row.Package is null
                ? $"found {ours.Length} packages, expected [ImpressionRow(Package = \"{ours[0].Name}\")] or another of them"
                : $"found {ours.Length} files named {row.Package} among AdditionalFiles, expected one")];
        return ours[0].Mistake is { } mistake ? [NotCompared(row, mistake)] : Findings(row, ours[0]);
    }

    private static IEnumerable<Finding> Findings(Row row, PackageFields package)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string[] read = [.. package.Fields.Where(f => f.IsRead).Select(f => f.Name)];
        foreach (var property in row.Properties)
        {
            var name = $"{row.Name}.{property.Name}";
            if (FieldOf(property, package) is not { } field)
                yield return new(Diagnostics.UnknownField, property.Place, name, package.Name, property.Field ?? property.Name,
                    NearestWord.Hint(property.Field ?? property.Name, read));
            else if (field.IsRead && !seen.Add(field.Name))
                yield return new(Diagnostics.OneFieldTwice, property.Place, name, field.Name);
            else if (field is { IsRead: true, IsList: false } && property.IsSeveral)
                yield return new(Diagnostics.NoList, property.Place, name, field.Name, package.Name);
        }
    }

    private static PackageField? FieldOf(Property property, PackageFields package) => property.Field is { } named
        ? package.Fields.FirstOrDefault(f => f.IsRead && f.Name == named)
        : package.Fields.FirstOrDefault(f => f.IsRead && Same(f.Name, property.Name))
            ?? package.Fields.OrderByDescending(f => f.IsRead).FirstOrDefault(f => Same(Bare(f.Name), Bare(property.Name)));

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    private static string Bare(string name) => name.Replace("_", "").Replace("-", "");

    private static Finding NotCompared(Row row, string why) => new(Diagnostics.NotCompared, row.Place, row.Name, why);
}
