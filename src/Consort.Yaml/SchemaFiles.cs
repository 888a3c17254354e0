using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Yaml;

/// <summary>Schemas from files, as a member of the schema.</summary>
public static class SchemaFiles
{
    extension(Schema)
    {
        /// <summary>Reads a schema by the name of a preset or from a YAML file.</summary>
        /// <exception cref="ConsortException">Neither a preset nor a file, or a mistake in the file.</exception>
        public static Schema Load(string presetNameOrPath)
        {
            if (Schema.Presets.Contains(presetNameOrPath, StringComparer.Ordinal)) return Schema.Preset(presetNameOrPath);
            if (File.Exists(presetNameOrPath)) return Schema.Load(OptionMap.Load(presetNameOrPath));
            var hint = NearestWord.Find(presetNameOrPath, Schema.Presets) is { } near ? $"; did you mean the preset {near}?" : "";
            throw new ConsortException($"schema {presetNameOrPath}: found neither a file nor a preset ({string.Join(", ", Schema.Presets)}){hint}");
        }
    }
}
