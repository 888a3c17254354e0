using System.Reflection;
using Consort.Foundation.Options;

namespace Consort.Studies.Recipes;

/// <summary>Files of settings that recipes bring along.</summary>
internal static class EmbeddedSettings
{
    /// <summary>The names below a folder, such as <c>configs/frappe_x1/</c>.</summary>
    public static IEnumerable<string> Below(string folder) => Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(n => n.StartsWith(folder, StringComparison.Ordinal));

    /// <summary>Reads one.</summary>
    public static OptionTree Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return OptionTree.Parse(reader.ReadToEnd(), name);
    }
}
