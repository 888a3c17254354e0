using System.Runtime.CompilerServices;
using Consort.Foundation.Options;

namespace Consort.Yaml;

/// <summary>Options from YAML and to it, as members of the option types.</summary>
public static class YamlOptions
{
    /// <summary>
    /// From here on what earlier versions stored as YAML (encoders, packages) opens too. It is done by itself before anything else of this
    /// assembly; a program that uses nothing else of it calls it.
    /// </summary>
    // Whoever has this assembly at hand wants it.
    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "see above")]
    public static void Register() => StoredOptions.ReadYamlBy((text, source) => YamlReader.Parse(text, source) ?? Nothing(source));

    private static OptionGroup Nothing(string source) => new OptionGroup([], source);

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

    extension(OptionMap)
    {
        /// <summary>Reads a YAML file whose top is a mapping.</summary>
        /// <exception cref="ConsortException">The file is missing or unreadable, or is no YAML mapping.</exception>
        public static OptionMap Load(string path, Catalogues? catalogues = null) => OptionMap.Of(OptionTree.Load(path), catalogues);

        /// <summary>Reads YAML text whose top is a mapping.</summary>
        /// <param name="text">The YAML.</param>
        /// <param name="source">The origin named in messages.</param>
        /// <param name="catalogues">By which names in it are resolved; null for those that come along.</param>
        /// <exception cref="ConsortException">Malformed YAML, more than one document, or no mapping at the top.</exception>
        public static OptionMap Parse(string text, string source, Catalogues? catalogues = null) =>
            OptionMap.Of(OptionTree.Parse(text, source), catalogues);
    }
}
