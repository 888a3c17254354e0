using Consort.Foundation.Options;

namespace Consort.Yaml;

/// <summary>A key that stands twice in a mapping.</summary>
/// <param name="Key">The key.</param>
/// <param name="First">The line where it stands first.</param>
/// <param name="Line">The line where it stands again.</param>
public sealed record RepeatedKey(string Key, long First, long Line);

/// <summary>
/// The one way in for YAML: whatever is wrong with a text becomes a <see cref="ConsortException"/> with its line. Aliases and merge keys
/// (<c>&lt;&lt;</c>) are replaced by what they stand for; depth and size are bounded, so that no text ends the process.
/// </summary>
public static class YamlReader
{
    /// <summary>Reads a file.</summary>
    /// <param name="path">UTF-8, or UTF-16 with a byte-order mark; at most 16 MiB.</param>
    /// <param name="repeated">Told of keys that stand twice, of which the last then holds; null where that is a mistake.</param>
    /// <returns>The root, or null for a file without content.</returns>
    /// <exception cref="ConsortException">The file is missing or unreadable, or is no YAML document.</exception>
    public static OptionTree? Load(string path, Action<RepeatedKey>? repeated = null) => Parse(OptionFile.Read(path), path, repeated);

    /// <summary>Reads a text.</summary>
    /// <param name="text">The YAML, at most 16 Mi characters.</param>
    /// <param name="source">The origin named in messages.</param>
    /// <param name="repeated">Told of keys that stand twice, of which the last then holds; null where that is a mistake.</param>
    /// <returns>The root, or null for a text without content.</returns>
    /// <exception cref="ConsortException">Malformed YAML, or more than one document.</exception>
    public static OptionTree? Parse(string text, string source, Action<RepeatedKey>? repeated = null)
    {
        OptionFile.Check(text, source);
        return new YamlComposer(new GuardedParser(text, source), source, repeated).Compose();
    }
}
