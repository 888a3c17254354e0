using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Consort.Compute.Kernels.MatrixMultiply;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Learning.Training;
using Consort.Models;

namespace Consort.Experiments.Files;

/// <summary>
/// An experiment as a file says it: data, embeddings, members, training, and phases. Reading it checks every key and every
/// range; unknown keys are errors that name the nearest known one.
/// </summary>
public sealed record Experiment
{
    private const int LongestName = 100;

    private static readonly SearchValues<char> NameCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");

    /// <summary>What reports call it.</summary>
    public required string Name { get; init; }

    /// <summary>Where the rows come from; null for the experiment of a finished run, whose raw files may be gone.</summary>
    public DataSource? Data { get; init; }

    /// <summary>The members and their embeddings.</summary>
    public required Family Family { get; init; }

    /// <summary>Options of all phases.</summary>
    public required TrainingOptions Training { get; init; }

    /// <summary>The phases, at least one.</summary>
    public required IReadOnlyList<Phase> Phases { get; init; }

    /// <summary>The file with every default filled in; a run folder keeps it.</summary>
    public required string Text { get; init; }

    /// <summary>
    /// A digest of everything but where raw files lie: runs of the same digest and data key give the same result.
    /// </summary>
    public required string Digest { get; init; }

    /// <summary>Reads an experiment file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dataFolder">What relative names of raw files start from; null for the key <c>folder</c> of the section <c>data</c>, or the file's own folder.</param>
    /// <param name="seed">Replaces the file's seed unless null.</param>
    /// <param name="precision">Replaces the file's precision unless null.</param>
    /// <exception cref="ConsortException">The file is missing or something in it is wrong; the message says the line.</exception>
    public static Experiment Load(string path, string? dataFolder = null, ulong? seed = null, Precision? precision = null) =>
        Read(OptionMap.Load(path), Path.GetDirectoryName(Path.GetFullPath(path))!, dataFolder, seed, precision);

    /// <summary>Reads the experiment that a run folder keeps, without its data and the runs it started from.</summary>
    /// <exception cref="ConsortException">The file is missing or damaged.</exception>
    public static Experiment OfRun(string path) => Read(OptionMap.Load(path), null, null, null);

    /// <summary>Reads an experiment from text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="source">The origin named in messages.</param>
    /// <param name="folder">What relative names start from; null where files that it names are not to be looked for.</param>
    /// <param name="seed">Replaces the text's seed unless null.</param>
    /// <param name="precision">Replaces the text's precision unless null.</param>
    /// <param name="findRuns">Whether the runs that it starts from or learns from must be there.</param>
    /// <exception cref="ConsortException">Something in it is wrong.</exception>
    public static Experiment Parse(string text, string source, string? folder, ulong? seed = null, Precision? precision = null, bool findRuns = true) =>
        Read(OptionMap.Parse(text, source), folder, null, seed, precision, findRuns);

    // Without a folder, files that the experiment names are not looked for.
    private static Experiment Read(
        OptionMap options, string? folder, string? dataFolder, ulong? seed, Precision? precision = null, bool findRuns = true)
    {
        var training = options.Section("training");
        if (seed is { } own)
            training.Set("seed", own.ToString(CultureInfo.InvariantCulture));
        if (precision is { } asked)
            training.Set("precision", asked.Name());
        var experiment = new Experiment
        {
            Name = options.Text("name", Path.GetFileNameWithoutExtension(options.Source)),
            Data = ReadData(options, folder, dataFolder),
            Family = Family.From(options, DataFolder(options, folder, dataFolder)) with { Fusion = ReadFusion(options, isFinished: folder is null) },
            Training = TrainingOptions.Options.Read(training),
            Phases = ReadPhases(options, training, findRuns ? folder : null, out var resolved),
            Digest = "",
            Text = "",
        };
        options.Close();
        experiment.Check(options, isFinished: folder is null);
        foreach (var (map, key, paths) in resolved)
            map.Set(key, paths);
        var raw = folder is null ? null : experiment.Data!.Folder;
        // The folder of the raw files is not part of the digest: the text that a run keeps names it, and must have the same.
        if (raw is not null)
            options.Section("data").Set("folder", "");
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(options.Resolved())))[..32];
        if (raw is not null)
            options.Section("data").Set("folder", raw);
        return experiment with { Digest = digest, Text = options.Resolved() };
    }

    private static DataSource? ReadData(OptionMap options, string? folder, string? dataFolder)
    {
        if (!options.Has("data"))
            throw options.Error("data", "found nothing, expected where the rows come from");
        if (folder is null)
            return null;
        return DataSource.From(options.Section("data"), DataFolder(options, folder, dataFolder)!, folder);
    }

    // What names of raw files and of vectors start from; null where none is looked for.
    private static string? DataFolder(OptionMap options, string? folder, string? dataFolder)
    {
        if (folder is null)
            return null;
        var own = options.Section("data").TextOrNull("folder") ?? ".";
        return dataFolder is null ? Path.GetFullPath(own, folder) : Path.GetFullPath(dataFolder);
    }

    private static Fusion ReadFusion(OptionMap options, bool isFinished)
    {
        var phases = options.Maps("phases");
        return Fusions.Read(options, phases.Count == 0 ? [options.Section("strategy")] : [.. phases.Select(p => p.Section("strategy"))], isFinished);
    }

    // One phase needs no list: its keys stand in `training`, its strategy in `strategy`.
    private static List<Phase> ReadPhases(
        OptionMap options, OptionMap training, string? folder, out List<(OptionMap Map, string Key, IReadOnlyList<string> Paths)> resolved)
    {
        var maps = options.Maps("phases");
        if (maps.Count > 0 && options.Has("strategy"))
            throw options.Error("strategy", "found beside phases, expected each phase to name its own strategy");
        var phases = new List<Phase>();
        resolved = [];
        foreach (var map in maps.Count == 0 ? [training] : maps)
        {
            var phase = Phase.Read(map, maps.Count == 0 ? options.Section("strategy") : map.Section("strategy"));
            CheckName(phase, phases, map);
            if (phase.From.Count > 0 && folder is not null)
            {
                phase = phase with { From = [.. phase.From.Select(from => FindCheckpoint(map, Path.GetFullPath(from, folder)))] };
                resolved.Add((map, "from", phase.From));
            }

            if (phase.Teachers.Count > 0 && folder is not null)
            {
                phase = phase with { Teachers = [.. phase.Teachers.Select(teacher => FindRun(map, Path.GetFullPath(teacher, folder)))] };
                resolved.Add((map, "teachers", phase.Teachers));
            }

            phases.Add(phase);
        }

        return phases;
    }

    private static void CheckName(Phase phase, List<Phase> others, OptionMap options)
    {
        if (phase.Name.Length == 0 || phase.Name.AsSpan().IndexOfAnyExcept(NameCharacters) >= 0)
            throw options.Error("name", $"found \"{phase.Name}\", expected letters, digits, - and _ (it names a file)");
        if (phase.Name.Length > LongestName)
            throw options.Error("name", $"found a name of {phase.Name.Length} characters, expected at most {LongestName} (it names a file)");
        // Some file systems take both for one file.
        if (others.Exists(p => string.Equals(p.Name, phase.Name, StringComparison.OrdinalIgnoreCase)))
            throw options.Error("name", $"found a second phase named {phase.Name}, expected a name of its own for each");
    }

    private static string FindRun(OptionMap map, string path) => File.Exists(Path.Combine(path, "experiment.yaml"))
        ? path
        : throw map.Error("teachers", $"found no run folder at {path}");

    // A run folder stands for its final weights.
    private static string FindCheckpoint(OptionMap map, string path)
    {
        if (File.Exists(path))
            return path;
        var experiment = Path.Combine(path, "experiment.yaml");
        return File.Exists(experiment)
            ? new RunFolder(path).FinalCheckpoint(OfRun(experiment).Phases.Select(p => p.Name))
            : throw map.Error("from", $"found neither a run folder nor a checkpoint at {path}");
    }

    private void Check(OptionMap options, bool isFinished)
    {
        CheckFields(options);
        var section = options.Has("phases") ? "phases" : "training";
        foreach (var phase in Phases)
        {
            if (phase.From.Count > 0 && Family.Embeddings.Shared && Family.Members.Count > 1)
                throw options.Error(section, $"phase {phase.Name} starts members from runs of their own, expected `embedding: {{ shared: false }}`");
            if (Family.Fusion == Fusion.Concat && phase.From.Count > 0)
                throw options.Error(section, $"phase {phase.Name} starts members from runs of their own, expected another fusion than concat");
            if (!isFinished && phase.Strategy.Mistake(Family.Members.Count, Family.Fusion) is var (key, message))
                throw options.Error(key, message);
            if (phase.Strategy.LearnsFromTeachers != phase.Teachers.Count > 0)
                throw options.Error(section, phase.Teachers.Count > 0
                    ? $"phase {phase.Name} names teachers, but its strategy {phase.Strategy.Name} learns from none"
                    : $"phase {phase.Name} learns by {phase.Strategy.Name}, expected `teachers: [run folder, ...]`");
            foreach (var member in phase.Frozen.Where(m => m >= Family.Members.Count))
                throw options.Error(section, $"phase {phase.Name} freezes member {member}, expected one of 0 to {Family.Members.Count - 1}");
        }
    }

    // As far as the schema tells: columns of data that are encoded already are checked when these are opened.
    private void CheckFields(OptionMap options)
    {
        if (Data?.Schema is not { } schema)
            return;
        var columns = schema.Fields.Where(f => f.Kind == FieldKind.Categorical || f.Transform.MakesTokens).SelectMany(f => f.Columns).ToArray();
        foreach (var name in Family.Embeddings.Fields.Keys.Where(n => !columns.Contains(n)))
            throw options.Section("embedding").Section("fields").Error(name, $"found no categorical column of that name{NearestWord.Hint(name, columns)}");
    }
}
