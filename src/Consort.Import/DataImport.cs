using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>What a dataset of FuxiCTR becomes.</summary>
/// <param name="Schema">How its rows look; null where the configuration does not say.</param>
/// <param name="Keys">Keys and values of the section <c>data</c>, but for the schema.</param>
/// <param name="IsFound">Whether its training files were found.</param>
/// <param name="Embeddings">What its fields' embeddings need.</param>
/// <param name="Gap">Why the section <c>data</c> is left to be filled in, or null where it is whole.</param>
internal sealed record DataImport(
    Schema? Schema, IReadOnlyList<(string Key, OptionTree Value)> Keys, bool IsFound,
    IReadOnlyList<(string Field, OptionTree Value)> Embeddings, string? Gap)
{
    private const string Text = "csv";

    // What a configuration says of rows that cannot be read from here.
    private static readonly string[] FileKeys = ["train_data", "valid_data", "test_data", "valid_size", "test_size", "split_type"];
    private static readonly string[] SchemaKeys = ["sep", "label_col", "min_categr_count", "num_buckets", "use_features", "feature_specs"];

    /// <summary>A section <c>data</c> to be filled in.</summary>
    /// <param name="gap">Why.</param>
    /// <param name="section">FuxiCTR's keys, of which those of rows are named.</param>
    /// <param name="notes">Where to say what was not carried over.</param>
    public static DataImport Unknown(string gap, ConfigSection section, ImportNotes notes)
    {
        Name(FileKeys, "belongs to the section data, which is to be filled in", section, notes);
        Name(SchemaKeys, "belongs to the schema, which is to be written", section, notes);
        return new DataImport(null, [], false, [], gap);
    }

    /// <summary>Reads a dataset.</summary>
    /// <param name="section">FuxiCTR's keys, those of the dataset among them.</param>
    /// <param name="id">The key that named it.</param>
    /// <param name="notes">Where to say what was not carried over.</param>
    /// <param name="output">The folder that the experiment will stand in.</param>
    /// <param name="folders">What relative names of files may start from, most likely first.</param>
    /// <exception cref="ConsortException">An entry is malformed.</exception>
    public static DataImport Read(ConfigSection section, ConfigValue id, ImportNotes notes, string output, params string[] folders)
    {
        var format = section.Take("data_format");
        var isText = format is null || format.Text.Equals(Text, StringComparison.OrdinalIgnoreCase);
        if (section.Take("feature_cols") is not { } columns)
        {
            var said = isText ? $"dataset {id.Text} has no feature_cols" : $"dataset {id.Text} is {format!.Text} ({format.Where}) without feature_cols";
            return Unknown($"{said}, so its rows were encoded by FuxiCTR and cannot be read; the clicks that it was made from can",
                section, notes);
        }

        var train = section.Take("train_data");
        var files = isText && train is not null ? DataFiles.Read(train, section, notes, folders) : null;
        var delimiter = Delimiter(section);
        var raw = files is null ? null : RawColumns.Of(files, delimiter);
        var minCount = section.Take("min_categr_count")?.Count ?? 1;
        var fields = new FieldImport(notes, raw, minCount, section);
        foreach (var entry in columns.Items)
            fields.Add(entry);
        var schema = new Schema
        {
            Format = DataFormat.Delimited,
            Delimiter = delimiter,
            Header = true,
            Quoted = true,
            MinCount = minCount,
            Fields = [Label(section, id, raw, notes), .. fields.Finish()],
        };
        schema = schema with { Fields = [.. schema.Fields, .. Unnamed(schema, raw)] };
        schema.Validate($"dataset {id.Text}");
        if (files is not null)
            return new DataImport(schema, files.Keys(output), files.IsFound, fields.Embeddings, null);
        var gap = isText ? $"dataset {id.Text} names no train_data" : $"dataset {id.Text} is {format!.Text} ({format.Where}); rows are read from text with delimiters: write its files as csv";
        Name(FileKeys, "belongs to the section data, which is to be filled in", section, notes);
        return new DataImport(schema, [], false, fields.Embeddings, gap);
    }

    private static void Name(string[] keys, string reason, ConfigSection section, ImportNotes notes)
    {
        foreach (var key in keys)
        {
            if (section.Take(key) is { } value)
                notes.Lost(value, reason);
        }
    }

    private static byte Delimiter(ConfigSection section) => section.Take("sep") switch
    {
        null => (byte)',',
        { Text: "\t" or "\\t" } => (byte)'\t',
        { Text: { Length: 1 } text } when text[0] < 128 => (byte)text[0],
        var other => throw other.Error("one ASCII character"),
    };

    private static Field Label(ConfigSection section, ConfigValue id, RawColumns? raw, ImportNotes notes)
    {
        var label = section.Take("label_col")
            ?? throw new ConsortException($"dataset {id.Text}: found no label_col, expected the column of clicks");
        if (label.IsList)
            label = label.Items.Count == 1 ? label.Items[0] : throw label.Error("one label");
        var own = new ConfigSection().Over(label.Mapping ?? throw label.Error("a mapping with a name"), label.Source);
        var name = own.Take("name") ?? throw label.Error("a mapping with a name");
        if (raw?.Has(name.Text) == false)
            notes.Lost(name, $"the column is not in {raw.File}; training will ask for it", "label_col name");
        own.Take("dtype");
        foreach (var rest in own.Left.Where(r => !r.IsNone))
            notes.Lost(rest, "no counterpart is known", $"label_col {rest.Key}");
        // pandas reads 0 and 0.0 alike.
        return new Field(name.Text, FieldKind.Label)
        {
            Values =
            new Dictionary<string, int> { ["0"] = 0, ["1"] = 1, ["0.0"] = 0, ["1.0"] = 1 }
        };
    }

    // Columns of the training file that the schema does not name.
    private static IEnumerable<Field> Unnamed(Schema schema, RawColumns? raw) => raw is null
        ? []
        : [.. raw.Names.Where(n => n.Length > 0 && schema.Fields.All(f => f.Name != n)).Distinct()
            .Select(n => new Field(n, FieldKind.Ignored))];
}
