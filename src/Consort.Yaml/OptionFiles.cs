using Consort.Foundation.Options;

namespace Consort.Yaml;

/// <summary>Keys and values from YAML, as members of the map.</summary>
public static class OptionFiles
{
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
