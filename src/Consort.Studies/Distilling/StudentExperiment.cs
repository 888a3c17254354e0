using System.Globalization;
using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Models;
using Consort.Studies.Recipes.Settings;

namespace Consort.Studies.Distilling;

/// <summary>
/// The experiment of a student: the teachers' data; embeddings and training of the first teacher, or of an experiment file; a model of its
/// own; the strategy distillation.
/// </summary>
internal static class StudentExperiment
{
    /// <summary>Makes it.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="teachers">Full paths of the teachers; none for the student that learns from labels alone.</param>
    /// <exception cref="ConsortException">A teacher is none, or the settings are wrong.</exception>
    public static Experiment Make(DistilRequest request, IReadOnlyList<string> teachers)
    {
        var first = TextOf(request.Teachers[0]);
        var settings = request.ExperimentFile is { } file ? OfFile(file, first, request) : first;
        var text = new SettingText(settings);
        string[] members = request.Model is { } model ? MemberOf(text, model) : text.Member;
        var training = new List<(string, string)>
        {
            ("name", "train"), ("from", "[]"), ("freeze", "[]"), ("evaluate_first", "false"),
            ("teachers", $"[{string.Join(", ", teachers.Select(RecipeData.Quoted))}]"),
        };
        if (request.Epochs is { } epochs)
            training.Add(("epochs", epochs.ToString(CultureInfo.InvariantCulture)));
        var strategy = teachers.Count == 0 ? "{ name: supervised }" : string.Create(CultureInfo.InvariantCulture,
            $"{{ name: distillation, temperature: {request.Temperature}, weight: {request.Weight}, label_weight: {request.LabelWeight}, gate: {request.Gate} }}");
        var name = request.Model ?? Path.GetFileNameWithoutExtension(request.ExperimentFile!);
        var composed = text.Compose(teachers.Count == 0 ? $"{name} alone" : $"{name}, distilled", isShared: true, [(members, 1)], strategy, [.. training]);
        return Parse(composed, request);
    }

    private static Experiment Parse(string text, DistilRequest request)
    {
        var folder = new RunFolder(request.Teachers[0]);
        var place = request.Data is { } data ? Path.GetFullPath(data) : PlaceOf(folder);
        if (place is not null)
            text = string.Concat(SettingText.Split(text).Select(s => string.Join('\n', s.Key == "data" ? Moved(s.Lines, place) : s.Lines) + "\n"));
        return Experiment.Parse(text, "the student's experiment", Directory.GetCurrentDirectory(), request.Seed, request.Precision);
    }

    // Null where the teacher's rows still lie where its experiment says; else where they are now.
    private static string? PlaceOf(RunFolder teacher)
    {
        if (RunData.Read(teacher) is not { } data)
            return null;
        if (data.Folder is null ? EncodedDataset.IsAt(data.Encoded.Path) : data.Files.All(f => File.Exists(f.Path)))
            return null;
        var source = RunRows.Find(teacher, null);
        return source.Schema is null ? source.Encoded : Path.GetFullPath(data.Folder?.FromRun ?? "", teacher.Path);
    }

    // A dataset that is encoded is named by its folder, raw files by the folder they lie in.
    private static string[] Moved(string[] lines, string data) => EncodedDataset.IsAt(data) || lines.Any(l => l.StartsWith("  encoded:", StringComparison.Ordinal))
        ? ["data:", $"  encoded: {RecipeData.Quoted(data)}"]
        : [.. lines.Where(l => !l.StartsWith("  folder:", StringComparison.Ordinal)), $"  folder: {RecipeData.Quoted(data)}"];

    private static string TextOf(string folder)
    {
        var path = Path.Combine(folder, "experiment.yaml");
        if (!File.Exists(path))
            throw new ConsortException($"{folder}: found no run there, expected a folder that `consort train --out` has written");
        // Whole before it is taken apart.
        Experiment.OfRun(path);
        return File.ReadAllText(path);
    }

    // Members, embeddings and training of the file, data of the teacher.
    private static string OfFile(string file, string teacher, DistilRequest request)
    {
        if (!File.Exists(file))
            throw new ConsortException($"{file}: file not found");
        OptionMap.Load(file);
        var sections = SettingText.Split(File.ReadAllText(file).ReplaceLineEndings("\n")).ToArray();
        if (sections.Any(s => s.Key == "phases"))
            throw new ConsortException($"{file}: found phases, expected an experiment with one");
        var data = SettingText.Split(teacher).FirstOrDefault(s => s.Key == "data");
        if (data.Lines is null)
            throw new ConsortException($"{request.Teachers[0]}: found no section data in its experiment.yaml, expected where the rows come from");
        var text = string.Concat(sections.Where(s => s.Key is not ("data" or "strategy")).Append(data).Select(s => string.Join('\n', s.Lines) + "\n"));
        var experiment = Parse(text, request with { Seed = null });
        return request.Model is not null || experiment.Family.Members.Count == 1 ? experiment.Text
            : throw new ConsortException($"{file}: found {experiment.Family.Members.Count} members, expected one student");
    }

    // As one of the teacher's members where it has such a model, else with what its first member's options say of it.
    private static string[] MemberOf(SettingText teacher, string model)
    {
        var entry = ModelCatalogue.Entries.FirstOrDefault(e => e.Name.Equals(model, StringComparison.OrdinalIgnoreCase))
            ?? throw new ConsortException($"--model: found \"{model}\", expected one of {string.Join(", ", ModelCatalogue.Entries.Select(e => e.Name))}");
        if (teacher.Members.FirstOrDefault(m => m[0] == $"- model: {entry.Name}") is { } own)
            return own;
        return [$"- model: {entry.Name}", .. teacher.Member.Skip(1).Where(l => entry.Options.Has(l.Trim().Split(':')[0]))];
    }
}
