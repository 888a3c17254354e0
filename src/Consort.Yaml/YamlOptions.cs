using System.Runtime.CompilerServices;
using Consort.Foundation.Options;

namespace Consort.Yaml;

/// <summary>Trees of options from YAML and to it, as members of the tree.</summary>
public static class YamlOptions
{
    /// <summary>
    /// From here on what earlier versions stored as YAML (encoders, packages) opens too. It is done by itself before anything else of this
    /// assembly; a program that uses nothing else of it calls it.
    /// </summary>
    // Whoever has this assembly at hand wants it.
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "see above")]
    public static void Register() => StoredOptions.ReadYamlBy((text, source) => OptionTree.Parse(text, source));

    private static OptionGroup Nothing(string source) => new([], source);

    extension(OptionTree tree)
    {
        /// <summary>Reads YAML text; a text without content has no keys.</summary>
        /// <param name="yaml">The YAML.</param>
        /// <param name="source">The origin named in messages.</param>
        /// <exception cref="ConsortException">Malformed YAML, or more than one document.</exception>
        public static OptionTree Parse(string yaml, string source = "options") => YamlReader.Parse(yaml, source) ?? Nothing(source);

        /// <summary>Reads a YAML file; a file without content has no keys.</summary>
        /// <exception cref="ConsortException">The file is missing or unreadable, or is no YAML document.</exception>
        public static OptionTree Load(string path) => YamlReader.Load(path) ?? Nothing(path);

        /// <summary>The tree as YAML that reads back to an equal one.</summary>
        public string ToYaml() => YamlWriter.Write(tree);
    }
}
