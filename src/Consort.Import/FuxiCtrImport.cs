using System.Text;
using Consort.Data.Schemas;
using Consort.Experiments.Files;
using Consort.Foundation.Files;
using Consort.Foundation.Options;

namespace Consort.Import;

/// <summary>
/// An experiment of FuxiCTR (github.com/reczoo/FuxiCTR, versions 1 and 2, and the older files of BARS) as an experiment file and a schema
/// file. Every key that could not be carried over has a note.
/// </summary>
public sealed class FuxiCtrImport
{
    private FuxiCtrImport(string path, string? schemaPath, string experiment, string? schema, IReadOnlyList<ImportNote> notes,
        DataImport data)
    {
        (ExperimentPath, SchemaPath, ExperimentText, SchemaText) = (path, schemaPath, experiment, schema);
        (Notes, IsDataFound, DataGap) = (notes, data.IsFound, data.Gap);
    }

    /// <summary>Where the experiment file goes.</summary>
    public string ExperimentPath { get; }

    /// <summary>Where the schema file goes, beside it; null where the configuration does not say how rows look.</summary>
    public string? SchemaPath { get; }

    /// <summary>The experiment file's text.</summary>
    public string ExperimentText { get; }

    /// <summary>The schema file's text, or null.</summary>
    public string? SchemaText { get; }

    /// <summary>What was not simply carried over.</summary>
    public IReadOnlyList<ImportNote> Notes { get; }

    /// <summary>Whether the training files were found; otherwise training needs to be told where they are.</summary>
    public bool IsDataFound { get; }

    /// <summary>
    /// Why the section <c>data</c> is left to be filled in, where FuxiCTR's configuration has no raw rows that can be read; else null. The
    /// model and its training are carried over all the same.
    /// </summary>
    public string? DataGap { get; }

    /// <summary>Reads an experiment of FuxiCTR.</summary>
    /// <param name="folder">The folder with <c>model_config.yaml</c> and <c>dataset_config.yaml</c>, or with folders of these
    /// names.</param>
    /// <param name="id">The experiment id.</param>
    /// <param name="path">Where the experiment file is to be written; the schema goes beside it.</param>
    /// <exception cref="ConsortException">A file is missing or malformed (the message says the line), there is no such experiment or model
    /// (it names the nearest), or what comes out is no experiment.</exception>
    public static FuxiCtrImport Read(string folder, string id, string path)
    {
        var notes = new ImportNotes();
        var configurations = new ConfigFolder(folder);
        var section = configurations.Experiment(id, notes);
        var dataset = section.Take("dataset_id");
        var gap = dataset is null ? $"the experiment {id} names no dataset_id" : configurations.Dataset(dataset, section, notes);
        var model = ModelImport.Read(section, notes, $"{folder}, experiment {id}");
        var output = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var own = Path.GetFullPath(folder);
        var parent = Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(own)) ?? own;
        // FuxiCTR runs where its script is, which is mostly beside the folder of configurations, in its demo one further up.
        var above = Path.GetDirectoryName(parent) ?? parent;
        var data = gap is null
            ? DataImport.Read(section, dataset!, notes, output, parent, own, above, Environment.CurrentDirectory)
            : DataImport.Unknown(gap, section, notes);
        var embedding = TrainingImport.Embedding(section, notes, model.Dimension);
        var training = TrainingImport.Read(section, notes);
        TrainingImport.Rest(section, notes);

        var schemaPath = data.Schema is null ? null : Path.ChangeExtension(path, null) + ".schema.yaml";
        var text = new ImportText($"# The experiment {id} of FuxiCTR ({folder}), imported by consort.", id, notes.All, data, embedding,
            model, training);
        var schema = data.Schema is null
            ? null : $"{ImportText.Comment($"# The dataset {dataset!.Text} of FuxiCTR ({folder}), imported by consort.")}\n{data.Schema.ToYaml()}";
        var import = new FuxiCtrImport(path, schemaPath, text.Whole(Path.GetFileName(schemaPath)), schema, notes.All, data);
        // What is written can be read: by the parser that training uses, but for raw files that are elsewhere.
        if (schema is not null)
            Schema.Load(OptionMap.Parse(schema, schemaPath!));
        Experiment.Parse(text.WithoutData().ToYaml(), path, folder: null);
        return import;
    }

    /// <summary>Writes the files, each whole or not at all.</summary>
    /// <param name="isForced">Whether files that are there already are replaced.</param>
    /// <exception cref="ConsortException">A file is there already, or cannot be written.</exception>
    public void Write(bool isForced)
    {
        foreach (var file in new[] { ExperimentPath, SchemaPath })
            if (!isForced && File.Exists(file))
                throw new ConsortException($"{file} is there already; pass --force to replace it, or -o for another name");
        if (SchemaPath is not null)
            SafeFile.Write(SchemaPath, stream => stream.Write(Encoding.UTF8.GetBytes(SchemaText!)));
        SafeFile.Write(ExperimentPath, stream => stream.Write(Encoding.UTF8.GetBytes(ExperimentText)));
    }
}
