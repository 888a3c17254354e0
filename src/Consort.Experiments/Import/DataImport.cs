using Consort.Data;
using Consort.Data.Schemas;

namespace Consort.Experiments.Import;

/// <summary>What a dataset of FuxiCTR becomes.</summary>
/// <param name="Schema">How its rows look.</param>
/// <param name="Keys">Keys and values of the section <c>data</c>, but for the schema.</param>
/// <param name="IsFound">Whether its training files were found.</param>
/// <param name="Fields">What its fields' embeddings need.</param>
internal sealed record DataImport(Schema Schema, IReadOnlyList<(string Key, string Value)> Keys, bool IsFound, FieldImport Fields)
{
    /// <summary>Reads a dataset.</summary>
    /// <param name="section">FuxiCTR's keys.</param>
    /// <param name="id">The key that named it.</param>
    /// <param name="notes">Where to say what was not carried over.</param>
    /// <param name="output">The folder that the experiment will stand in.</param>
    /// <param name="folders">What relative names of files may start from, most likely first.</param>
    /// <exception cref="ConsortException">There are no raw fields or files, or an entry is malformed.</exception>
    public static DataImport Read(ConfigSection section, ConfigValue id, ImportNotes notes, string output, params string[] folders)
    {
        var format = section.Take("data_format");
        if (section.Take("feature_cols") is not { } columns)
        {
            throw new ConsortException(
                $"dataset {id.Text}: found no feature_cols{(format is null ? "" : $" and data_format {format.Text}")}, expected a dataset of raw files; one that FuxiCTR has encoded cannot be read");
        }

        if (format is { } other && other.Text is not "csv")
            notes.Lost(other, "raw files are text with delimiters: write them as csv");
        var minCount = section.Take("min_categr_count") is { } count ? (int)Math.Max(1, count.Integer) : 1;
        var fields = new FieldImport(notes);
        foreach (var entry in columns.Items)
            fields.Add(entry, minCount);
        var files = Files.Read(section, notes, id, folders);
        var schema = new Schema
        {
            Format = DataFormat.Delimited,
            Delimiter = Delimiter(section),
            Header = true,
            Quoted = true,
            MinCount = minCount,
            Fields = [Label(section, id), .. fields.Fields],
        };
        schema = schema with { Fields = [.. schema.Fields, .. files.Unnamed(schema)] };
        schema.Validate($"dataset {id.Text}");
        TrainingImport.Rest(section, notes);
        return new DataImport(schema, files.Keys(output), files.IsFound, fields);
    }

    private static byte Delimiter(ConfigSection section) => section.Take("sep") switch
    {
        null => (byte)',',
        { Text: "\t" or "\\t" } => (byte)'\t',
        { Text: { Length: 1 } text } => (byte)text[0],
        var other => throw other.Error("one character"),
    };

    private static Field Label(ConfigSection section, ConfigValue id)
    {
        var label = section.Take("label_col") ?? throw new ConsortException($"dataset {id.Text}: found no label_col, expected the column of clicks");
        if (label.IsList)
            label = label.Items.Count == 1 ? label.Items[0] : throw label.Error("one label");
        var own = new ConfigSection().Over(label.Mapping ?? throw label.Error("a mapping with a name"), label.Source);
        var name = own.Take("name") ?? throw label.Error("a mapping with a name");
        // pandas reads 0 and 0.0 alike.
        return new Field(name.Text, FieldKind.Label) { Values = new Dictionary<string, int> { ["0"] = 0, ["1"] = 1, ["0.0"] = 0, ["1.0"] = 1 } };
    }

    // The raw files and how they are dealt.
    private sealed record Files(string Folder, IReadOnlyList<string> Train, IReadOnlyList<string> Valid, IReadOnlyList<string> Test, string? Shares, bool IsRandom, bool IsFound)
    {
        public static Files Read(ConfigSection section, ImportNotes notes, ConfigValue id, string[] folders)
        {
            var train = section.Take("train_data") ?? throw new ConsortException($"dataset {id.Text}: found no train_data, expected the file of training rows");
            var (valid, test) = (section.Take("valid_data"), section.Take("test_data"));
            var (validShare, testShare, type) = (section.Take("valid_size")?.Number ?? 0, section.Take("test_size")?.Number ?? 0, section.Take("split_type"));
            string? shares = null;
            if (valid is null && validShare > 0)
            {
                if (validShare + testShare >= 1)
                    throw new ConsortException($"dataset {id.Text}: found valid_size and test_size of 1 or more together, expected shares of the rows");
                shares = YamlText.List(new[] { 1 - validShare - testShare, validShare, testShare }.Select(s => YamlText.Of(Math.Round(s, 12))));
                if (test is not null)
                    notes.Lost(test, "a validation split taken from training rows cannot stand beside a file of test rows");
                test = null;
            }

            var found = folders.FirstOrDefault(f => Exists(Path.GetFullPath(train.Items[0].Text, f)));
            var start = found ?? folders[0];
            IReadOnlyList<string> All(ConfigValue? value) => value is null ? [] : [.. value.Items.SelectMany(i => Expand(Path.GetFullPath(i.Text, start)))];
            var (first, second, third) = (All(train), All(valid), All(test));
            return new Files(Common([.. first, .. second, .. third]), first, second, third, shares, type is { Text: "random" }, found is not null);
        }

        /// <summary>The section's keys for an experiment in a folder.</summary>
        public List<(string Key, string Value)> Keys(string output)
        {
            var keys = new List<(string, string)> { ("folder", YamlText.Of(Slashed(Path.GetRelativePath(output, Folder)))) };
            string Of(IReadOnlyList<string> files)
            {
                var names = files.Select(f => YamlText.Of(Slashed(Path.GetRelativePath(Folder, f)))).ToArray();
                return names.Length == 1 ? names[0] : YamlText.List(names);
            }

            if (Shares is not null)
            {
                keys.AddRange([("source", Of(Train)), ("by", IsRandom ? "seed" : "order"), ("shares", Shares)]);
                return keys;
            }

            foreach (var (key, files) in new[] { ("train", Train), ("valid", Valid), ("test", Test) })
                if (files.Count > 0)
                    keys.Add((key, Of(files)));
            return keys;
        }

        /// <summary>Columns of the training file that the schema does not name.</summary>
        public IEnumerable<Field> Unnamed(Schema schema)
        {
            var file = Train[0];
            if (!IsFound || !File.Exists(file) || file.EndsWith(".gz", StringComparison.OrdinalIgnoreCase))
                return [];
            using var reader = File.OpenText(file);
            var names = (reader.ReadLine() ?? "").Split(schema.Delimiter.Text).Select(n => n.Trim('"'));
            return [.. names.Where(n => n.Length > 0 && schema.Fields.All(f => f.Name != n)).Distinct().Select(n => new Field(n, FieldKind.Ignored))];
        }

        private static bool Exists(string path) => File.Exists(path) || Directory.Exists(path);

        private static string[] Expand(string path) => Directory.Exists(path)
            ? [.. Directory.GetFiles(path, "*.csv").Order(StringComparer.Ordinal).DefaultIfEmpty(path)]
            : [path];

        private static string Common(IReadOnlyList<string> files)
        {
            var folder = Path.GetDirectoryName(files[0])!;
            while (!files.All(f => f.StartsWith(folder.EndsWith(Path.DirectorySeparatorChar) ? folder : folder + Path.DirectorySeparatorChar, StringComparison.Ordinal)))
            {
                if (Path.GetDirectoryName(folder) is not { } parent)
                    break;
                folder = parent;
            }

            return folder;
        }

        private static string Slashed(string path) => path.Replace('\\', '/');
    }
}
