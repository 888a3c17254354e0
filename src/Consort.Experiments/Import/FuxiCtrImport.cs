using System.Globalization;
using System.Text;
using Consort.Data;
using Consort.Data.Options;
using Consort.Data.Schemas;
using Consort.Data.Storage;
using Consort.Experiments.Files;

namespace Consort.Experiments.Import;

/// <summary>
/// An experiment of FuxiCTR (github.com/reczoo/FuxiCTR, versions 1 and 2, and the older files of BARS) as an experiment file and a
/// schema file. Every key that could not be carried over has a note.
/// </summary>
public sealed class FuxiCtrImport
{
    private FuxiCtrImport(string path, string schemaPath, string experiment, string schema, IReadOnlyList<ImportNote> notes, bool isDataFound)
    {
        (ExperimentPath, SchemaPath, ExperimentText, SchemaText) = (path, schemaPath, experiment, schema);
        (Notes, IsDataFound) = (notes, isDataFound);
    }

    /// <summary>Where the experiment file goes.</summary>
    public string ExperimentPath { get; }

    /// <summary>Where the schema file goes, beside it.</summary>
    public string SchemaPath { get; }

    /// <summary>The experiment file's text.</summary>
    public string ExperimentText { get; }

    /// <summary>The schema file's text.</summary>
    public string SchemaText { get; }

    /// <summary>What was not simply carried over.</summary>
    public IReadOnlyList<ImportNote> Notes { get; }

    /// <summary>Whether the training files were found; otherwise training needs to be told where they are.</summary>
    public bool IsDataFound { get; }

    /// <summary>Reads an experiment of FuxiCTR.</summary>
    /// <param name="folder">The folder with <c>model_config.yaml</c> and <c>dataset_config.yaml</c>, or with folders of these names.</param>
    /// <param name="id">The experiment id.</param>
    /// <param name="path">Where the experiment file is to be written; the schema goes beside it.</param>
    /// <exception cref="ConsortException">
    /// A file is missing or malformed (the message says the line), there is no such experiment or model (it names the nearest), or what
    /// comes out is no experiment.
    /// </exception>
    public static FuxiCtrImport Read(string folder, string id, string path)
    {
        var notes = new ImportNotes();
        var configurations = new ConfigFolder(folder);
        var section = configurations.Experiment(id);
        var dataset = section.Take("dataset_id") ?? throw new ConsortException($"{folder}, experiment {id}: found no dataset_id, expected the name of a dataset");
        var model = ModelImport.Read(section, notes, $"{folder}, experiment {id}");
        var output = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var own = Path.GetFullPath(folder);
        var parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(own)) ?? own;
        // FuxiCTR runs where its script is, which is mostly beside the folder of configurations.
        var data = DataImport.Read(configurations.Dataset(dataset), dataset, notes, output, parent, own, Environment.CurrentDirectory);
        var embedding = TrainingImport.Embedding(section, notes, model.Dimension);
        var training = TrainingImport.Read(section, notes);
        TrainingImport.Rest(section, notes);

        var schemaPath = Path.ChangeExtension(path, null) + ".schema.yaml";
        var remarks = Remarks(notes.All);
        var text = Text(id, folder, Path.GetFileName(schemaPath), remarks, data, embedding, model, training);
        var schema = $"# The dataset {dataset.Text} of FuxiCTR ({folder}), imported by consort.\n{data.Schema.ToYaml()}";
        var import = new FuxiCtrImport(path, schemaPath, text, schema, notes.All, data.IsFound);
        import.Check();
        return import;
    }

    /// <summary>Writes both files, each whole or not at all.</summary>
    /// <param name="isForced">Whether files that are there already are replaced.</param>
    /// <exception cref="ConsortException">A file is there already, or cannot be written.</exception>
    public void Write(bool isForced)
    {
        foreach (var file in new[] { ExperimentPath, SchemaPath })
            if (!isForced && File.Exists(file))
                throw new ConsortException($"{file} is there already; pass --force to replace it, or -o for another name");
        SafeFile.Write(SchemaPath, stream => stream.Write(Encoding.UTF8.GetBytes(SchemaText)));
        SafeFile.Write(ExperimentPath, stream => stream.Write(Encoding.UTF8.GetBytes(ExperimentText)));
    }

    // What is written can be read: by the parser that training uses, but for raw files that are elsewhere.
    private void Check()
    {
        Schema.Load(OptionMap.Parse(SchemaText, SchemaPath));
        Experiment.Parse(ExperimentText, ExperimentPath, folder: null);
    }

    private static List<string> Remarks(IReadOnlyList<ImportNote> notes)
    {
        var lines = new List<string>();
        foreach (var (loss, title) in new[] { (ImportLoss.Lost, "Not carried over"), (ImportLoss.Changed, "Said in another way") })
        {
            var some = notes.Where(n => n.Loss == loss).ToArray();
            if (some.Length == 0)
                continue;
            lines.Add($"{title}:");
            lines.AddRange(some.Select(n => $"  {n.Key}: {n.Value} ({n.Where}): {n.Reason}"));
        }

        foreach (var group in notes.Where(n => n.Loss == ImportLoss.Unneeded).GroupBy(n => n.Reason))
            lines.Add($"Not needed, {group.Key}: {string.Join(", ", group.Select(n => n.Key).Distinct())}");
        return lines;
    }

    private static string Text(
        string id, string folder, string schema, List<string> remarks, DataImport data,
        List<(string Key, string Value)> embedding, ModelImport model, List<(string Key, string Value)> training)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
        void Section(string name, IEnumerable<(string Key, string Value)> keys)
        {
            Line($"{name}:");
            foreach (var (key, value) in keys)
                Line($"  {key}: {value}");
        }

        Line($"# The experiment {id} of FuxiCTR ({folder}), imported by consort.");
        foreach (var remark in remarks)
            Line($"# {remark}");
        Line($"name: {YamlText.Of(id)}");
        Section("data", [("schema", YamlText.Of(schema)), .. data.Keys]);
        Section("embedding", embedding);
        if (data.Fields.Embeddings.Count > 0)
            Line($"  fields:");
        foreach (var (field, value) in data.Fields.Embeddings)
            Line($"    {YamlText.Of(field)}: {value}");
        Line($"members:");
        foreach (var member in model.Members)
            for (var i = 0; i < member.Count; i++)
                Line($"  {(i == 0 ? "-" : " ")} {member[i].Key}: {member[i].Value}");
        if (model.Strategy is { } strategy)
            Line($"strategy: {strategy}");
        Section("training", training);
        return text.ToString();
    }
}
