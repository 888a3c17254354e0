namespace Consort.Foundation.Options;

/// <summary>
/// Options that the program itself stored: JSON, and YAML in what earlier versions wrote. JSON is read here; YAML by whoever registers a
/// reader of it, so that a program that only scores has no library for it.
/// </summary>
public static class StoredOptions
{
    private static Func<string, string, OptionTree>? _yaml;

    /// <summary>Registers the reader of YAML: of a text and its origin for messages. The last one counts.</summary>
    public static void ReadYamlBy(Func<string, string, OptionTree> reader) => Volatile.Write(ref _yaml, reader);

    /// <summary>Reads a stored text.</summary>
    /// <param name="text">JSON, beginning with a brace, or YAML of an earlier version.</param>
    /// <param name="source">The origin named in messages.</param>
    /// <exception cref="ConsortException">It is malformed, or YAML and nobody here reads that.</exception>
    public static OptionTree Read(string text, string source) => Read(text, source, Volatile.Read(ref _yaml));

    internal static OptionTree Read(string text, string source, Func<string, string, OptionTree>? yaml)
    {
        if (text.StartsWith('{')) return JsonOptions.Parse(text, source);
        return yaml is not null ? yaml(text, source) : throw new ConsortException(
            $"{source}: found options as YAML, as earlier versions of consort stored them; expected JSON: pack the run again with \"consort pack\", or reference the package Consort and call YamlOptions.Register()");
    }

    /// <summary>Reads a file of a user: YAML where it is read here, else JSON.</summary>
    /// <exception cref="ConsortException">The file is missing or unreadable, malformed, or YAML and nobody here reads that.</exception>
    public static OptionTree Load(string path)
    {
        var text = OptionFile.Read(path);
        return Volatile.Read(ref _yaml) is { } yaml ? yaml(text, path) : Read(text.TrimStart(), path);
    }
}
