using System.Text.RegularExpressions;

namespace Consort.AspNetCore.Options;

/// <summary>Where a model's packages come from.</summary>
/// <param name="Name">The name that requests use.</param>
/// <param name="Path">A package, or a folder of packages <c>VERSION.consort</c>.</param>
public sealed partial record ModelSource(string Name, string Path)
{
    /// <summary>The end of a package's file name in a folder.</summary>
    public const string Extension = ".consort";

    /// <summary>Labels and the version each stands for at the start.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Checks the names.</summary>
    /// <exception cref="ConsortException">A name has other characters than letters, digits, dot, dash and underscore, or more than
    /// 100.</exception>
    public void Validate()
    {
        if (string.IsNullOrWhiteSpace(Path))
            throw new ConsortException($"model \"{Name}\": found an empty path, expected a package, or a folder of packages VERSION{Extension}");
        if (!IsName(Name))
            throw new ConsortException($"model \"{Name}\": {Expected}");
        foreach (var (label, version) in Labels)
            if (!IsName(label) || !IsName(version))
                throw new ConsortException($"model {Name}, label \"{label}={version}\": {Expected}");
            else if (label == Latest)
                throw new ConsortException($"model {Name}, label \"{label}={version}\": found {Latest}, which is always the newest version, expected another name");
    }

    /// <summary>Stands for the newest version, and is no label.</summary>
    internal const string Latest = "latest";

    internal const string Expected =
        "expected a name of 1 to 100 letters, digits, dots, dashes and underscores that begins with a letter or a digit";

    /// <summary>Whether a text can name a model, a version or a label; such a text is also a safe file name.</summary>
    internal static bool IsName(string text) => NamePattern().IsMatch(text);

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,99}\z")]
    private static partial Regex NamePattern();
}
