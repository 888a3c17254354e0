using System.IO.Compression;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Experiments.Files;
using Consort.Foundation.Options;

namespace Consort.Studies.Recipes.Settings;

/// <summary>What <c>--data</c> points at, as the section <c>data</c> of an experiment.</summary>
/// <param name="Section">The section, or null where an experiment file says it.</param>
/// <param name="Shape">Whose columns they are.</param>
/// <param name="File">The experiment file, or null.</param>
internal sealed record RecipeData(OptionTree? Section, DataShape Shape, string? File)
{
    private static readonly string[] ExperimentEndings = [".yaml", ".yml"];

    /// <summary>
    /// The rule, first that fits: a file ending in .yaml is an experiment; any other file holds raw rows, which are dealt 80/10/10 by seed
    /// 2019; a folder with manifest.json is an encoded dataset; a folder with train.csv (or train_rebuilt.csv), valid.csv and test.csv has
    /// its splits. Raw rows are read by --schema, or by the preset that their first line tells; of split files the preset is frappe unless
    /// told.
    /// </summary>
    /// <exception cref="ConsortException">None fits.</exception>
    public static RecipeData Find(RecipeRequest request)
    {
        var path = request.Data;
        if (System.IO.File.Exists(path))
            return ExperimentEndings.Contains(Path.GetExtension(path)) ? OfExperiment(request) : OfRawFile(path, request.Schema);
        if (EncodedDataset.IsAt(path))
        {
            Refuse(request.Schema, "an encoded dataset");
            var names = EncodedDataset.EncoderAt(path).Space.Categorical.Select(c => c.Name);
            return new RecipeData(OptionTree.Keys(("encoded", path)), ShapeOf(names), null);
        }

        if (!Has("train.csv", "train_rebuilt.csv") || !Has("valid.csv") || !Has("test.csv"))
            throw new ConsortException($"--data {path}: found neither an encoded dataset (manifest.json) nor train.csv, valid.csv and test.csv; expected one of them, a raw file, or an experiment file (.yaml)");
        var schema = request.Schema ?? "frappe";
        return new RecipeData(
            OptionTree.Keys(("schema", PlaceOf(schema)), ("train", "train.csv | train_rebuilt.csv"), ("valid", "valid.csv"),
                ("test", "test.csv")), ShapeOf(Schema.Load(schema)), null);

        bool Has(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
                if (System.IO.File.Exists(Path.Combine(path, name)))
                    return true;
            return false;
        }
    }

    private static RecipeData OfExperiment(RecipeRequest request)
    {
        Refuse(request.Schema, "an experiment file");
        var source = Experiment.Load(request.Data, catalogues: request.Catalogues).Data!;
        var shape = source.Schema is { } schema ? ShapeOf(schema)
            : ShapeOf(EncodedDataset.EncoderAt(source.Encoded).Space.Categorical.Select(c => c.Name));
        return new RecipeData(null, shape, request.Data);
    }

    private static RecipeData OfRawFile(string path, string? schema)
    {
        schema ??= FirstLine(path) switch
        {
            var line when line.Split('\t').Length == 40 => "criteo",
            var line when line.StartsWith("id,click,hour,", StringComparison.Ordinal) => "avazu",
            var line when line.StartsWith("label,user,item,", StringComparison.Ordinal) => "frappe",
            _ => throw new ConsortException(
                $"--data {path}: its first line is that of no preset ({string.Join(", ", Schema.Presets)}), expected --schema with a preset or a schema file"),
        };
        return new RecipeData(
            OptionTree.Keys(("schema", PlaceOf(schema)), ("source", path), ("by", "seed"), ("seed", 2019),
                ("shares", OptionTree.List(0.8, 0.1, 0.1))), ShapeOf(Schema.Load(schema)), null);
    }

    private static string PlaceOf(string schema) => Schema.Presets.Contains(schema) ? schema : Path.GetFullPath(schema);

    private static void Refuse(string? schema, string found)
    {
        if (schema is not null)
            throw new ConsortException($"--schema {schema}: found {found}, which says itself how its rows look, expected raw rows");
    }

    private static string FirstLine(string path)
    {
        using var file = System.IO.File.OpenRead(path);
        var isZipped = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        using Stream content = isZipped ? new GZipStream(file, CompressionMode.Decompress) : file;
        var bytes = new byte[1 << 14];
        var text = System.Text.Encoding.UTF8.GetString(bytes, 0, content.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        return text.Split('\n')[0].TrimEnd('\r');
    }

    private static DataShape ShapeOf(Schema schema) =>
        ShapeOf(schema.Fields.Select(f => f.Name).Concat(schema.Fields.SelectMany(f => f.Columns)));

    private static DataShape ShapeOf(IEnumerable<string> names)
    {
        var columns = names.ToHashSet();
        return columns.IsSupersetOf(["user", "item", "daytime", "homework"]) ? DataShape.Frappe
            : columns.IsSupersetOf(["C1", "C26"]) ? DataShape.Criteo
            : columns.IsSupersetOf(["banner_pos", "site_domain", "C21"]) ? DataShape.Avazu
            : DataShape.Other;
    }
}
