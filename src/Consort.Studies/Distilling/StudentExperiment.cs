using Consort.Data.Datasets;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Models;

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
        var teacher = OptionsOf(request.Teachers[0]);
        var settings = request.ExperimentFile is { } file ? OfFile(file, teacher, request) : teacher;
        var member = request.Model is { } model ? MemberOf(settings, model) : settings.Members()[0];
        var strategy = teachers.Count == 0 ? OptionTree.Keys(("name", "supervised")) : OptionTree.Keys(
            ("name", "distillation"), ("temperature", request.Temperature), ("weight", request.Weight),
            ("label_weight", request.LabelWeight), ("gate", request.Gate));
        var name = request.Model ?? Path.GetFileNameWithoutExtension(request.ExperimentFile!);
        var student = settings.Family(teachers.Count == 0 ? $"{name} alone" : $"{name}, distilled", isShared: true, strategy, member)
            .Without("training.name", "training.from", "training.freeze", "training.evaluate_first")
            .With("training.teachers", OptionTree.List(teachers));
        return Read(request.Epochs is { } epochs ? student.With("training.epochs", epochs) : student, request, request.Seed);
    }

    private static Experiment Read(OptionTree options, DistilRequest request, ulong? seed)
    {
        var place = request.Data is { } data ? Path.GetFullPath(data) : PlaceOf(new RunFolder(request.Teachers[0]));
        return Experiment.From(place is null ? options : Moved(options, place), Directory.GetCurrentDirectory(), seed, request.Precision);
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
    private static OptionTree Moved(OptionTree options, string data) =>
        EncodedDataset.IsAt(data) || options.Find("data.encoded") is not null
        ? options.With("data", OptionTree.Keys(("encoded", data)))
        : options.With("data.folder", data);

    private static OptionTree OptionsOf(string folder)
    {
        var path = Path.Combine(folder, "experiment.yaml");
        return File.Exists(path) ? Experiment.OfRun(path).Options
            : throw new ConsortException($"{folder}: found no run there, expected a folder that `consort train --out` has written");
    }

    // Members, embeddings and training of the file, data of the teacher.
    private static OptionTree OfFile(string file, OptionTree teacher, DistilRequest request)
    {
        var options = OptionTree.Load(file);
        if (options.Find("phases") is not null)
            throw new ConsortException($"{file}: found phases, expected an experiment with one");
        var experiment = Read(options.Without("strategy", "fusion").With("data", teacher["data"]), request, seed: null);
        return request.Model is not null || experiment.Family.Members.Count == 1 ? experiment.Options
            : throw new ConsortException($"{file}: found {experiment.Family.Members.Count} members, expected one student");
    }

    // As one of the teacher's members where it has such a model, else with what its first member's options say of it.
    private static OptionTree MemberOf(OptionTree teacher, string model)
    {
        var entry = ModelCatalogue.Entries.FirstOrDefault(e => e.Name.Equals(model, StringComparison.OrdinalIgnoreCase))
            ?? throw new ConsortException(
                $"--model: found \"{model}\", expected one of {string.Join(", ", ModelCatalogue.Entries.Select(e => e.Name))}");
        return teacher.Member(entry.Name) ?? ExperimentOptions.MemberOf(entry.Name, teacher.Members()[0]);
    }
}
