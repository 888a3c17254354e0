using System.Buffers;
using System.Globalization;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Data.Schemas;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Learning.Teachers;
using Consort.Learning.Training;
using Consort.Models;

namespace Consort.Experiments.Files;

/// <summary>
/// An experiment as a file says it: data, embeddings, members, training, and phases. Reading it checks every key and every range; unknown
/// keys are errors that name the nearest known one.
/// </summary>
public sealed record Experiment
{
    /// <summary>The section that says where a search for better options looks; an experiment itself is the same without it.</summary>
    internal const string SearchKey = "search";

    /// <summary>The keys of a phase that goes on with rows of its own.</summary>
    internal static readonly string[] RowKeys = ["data", "days"];

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

    /// <summary>By which its names were resolved.</summary>
    public Catalogues Catalogues { get; private init; } = Catalogues.Default;

    /// <summary>All of it as a value, every default filled in; other experiments are made from it.</summary>
    public required OptionTree Options { get; init; }

    /// <summary>The file with every default filled in; a run folder keeps it.</summary>
    public string Text => Options.ToYaml();

    /// <summary>A digest of all that decides the result but the rows and how many epochs there are at most.</summary>
    public string Digest => DecisiveOptions.Digest(Options);

    /// <summary>Reads an experiment file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dataFolder">What relative names of raw files start from; null for the key <c>folder</c> of the section <c>data</c>, or
    /// the file's own folder.</param>
    /// <param name="seed">Replaces the file's seed unless null.</param>
    /// <param name="precision">Replaces the file's precision unless null.</param>
    /// <param name="catalogues">By which its names are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">The file is missing or something in it is wrong; the message says the line.</exception>
    public static Experiment Load(string path, string? dataFolder = null, ulong? seed = null, Precision? precision = null,
        Catalogues? catalogues = null) =>
            OfFile(OptionTree.Load(path), path, dataFolder, seed, precision, catalogues);

    /// <summary>Reads what a file holds, or a part of it.</summary>
    /// <inheritdoc cref="Load(string, string?, ulong?, Precision?, Catalogues?)"/>
    internal static Experiment OfFile(OptionTree options, string path, string? dataFolder, ulong? seed, Precision? precision,
        Catalogues? catalogues) =>
            Read(Changed(options, seed, precision), Path.GetDirectoryName(Path.GetFullPath(path))!, dataFolder, findRuns: true, catalogues);

    /// <summary>Reads the experiment that a run folder keeps, without its data and the runs it started from.</summary>
    /// <exception cref="ConsortException">The file is missing or damaged.</exception>
    public static Experiment OfRun(string path, Catalogues? catalogues = null) =>
        Read(OptionTree.Load(path), null, null, findRuns: true, catalogues);

    /// <summary>Reads an experiment from text.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="source">The origin named in messages.</param>
    /// <param name="folder">What relative names start from; null where files that it names are not to be looked for.</param>
    /// <param name="seed">Replaces the text's seed unless null.</param>
    /// <param name="precision">Replaces the text's precision unless null.</param>
    /// <param name="findRuns">Whether the runs that it starts from or learns from must be there.</param>
    /// <param name="catalogues">By which its names are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">Something in it is wrong.</exception>
    public static Experiment Parse(string text, string source, string? folder, ulong? seed = null, Precision? precision = null,
        bool findRuns = true, Catalogues? catalogues = null) =>
            From(OptionTree.Parse(text, source), folder, seed, precision, findRuns, catalogues);

    /// <summary>Reads an experiment from its options.</summary>
    /// <param name="options">Some or all of them.</param>
    /// <param name="folder">What relative names start from; null where files that it names are not to be looked for.</param>
    /// <param name="seed">Replaces their seed unless null.</param>
    /// <param name="precision">Replaces their precision unless null.</param>
    /// <param name="findRuns">Whether the runs that it starts from or learns from must be there.</param>
    /// <param name="catalogues">By which its names are resolved; null for those that come along.</param>
    /// <exception cref="ConsortException">Something in them is wrong.</exception>
    public static Experiment From(OptionTree options, string? folder, ulong? seed = null, Precision? precision = null,
        bool findRuns = true, Catalogues? catalogues = null) =>
            Read(Changed(options, seed, precision), folder, null, findRuns, catalogues);

    private static OptionTree Changed(OptionTree options, ulong? seed, Precision? precision)
    {
        // What is no section is refused where it is read.
        if (options is not OptionGroup || options.Find("training") is not (null or OptionGroup))
            return options;
        if (seed is { } own)
            options = options.With("training.seed", own.ToString(CultureInfo.InvariantCulture));
        return precision is { } asked ? options.With("training.precision", asked.Name()) : options;
    }

    // Without a folder, files that the experiment names are not looked for.
    private static Experiment Read(OptionTree given, string? folder, string? dataFolder, bool findRuns, Catalogues? catalogues)
    {
        var options = OptionMap.Of(given, catalogues);
        options.Drop(SearchKey); // says how it may differ, not what it is
        var training = options.Section("training");
        var found = new Dictionary<string, OptionTree>();
        var experiment = new Experiment
        {
            Name = options.Text("name", Path.GetFileNameWithoutExtension(options.Source)),
            Data = ReadData(options, folder, dataFolder),
            Family = Fused(Family.From(options, DataFolder(options, folder, dataFolder)), ReadFusion(options, isFinished: folder is null)),
            Training = TrainingOptions.Options.Read(training),
            Phases = ReadPhases(options, training, findRuns ? folder : null, found),
            Options = given,
            Catalogues = options.Catalogues,
        };
        options.Close();
        experiment.Check(options, isFinished: folder is null);
        // A run keeps what it needs: its schema in full, for the file may be edited, moved or gone. Presets are always at hand.
        if (experiment.Data?.Schema is { } schema && !Schema.Presets.Contains(given.TextAt("data.schema") ?? ""))
            found["data.schema"] = OptionTree.Parse(schema.ToYaml());
        return experiment with { Options = found.Aggregate(options.Resolve(), (tree, f) => tree.With(f.Key, f.Value)) };
    }

    private static DataSource? ReadData(OptionMap options, string? folder, string? dataFolder)
    {
        if (!options.Has("data"))
            throw options.Error("data", "found nothing, expected where the rows come from");
        if (folder is null)
            return null;
        var data = options.Section("data");
        var source = DataSource.From(data, DataFolder(options, folder, dataFolder)!, folder);
        if (source.Folder is { } raw)
            data.Set("folder", raw);
        return source;
    }

    // What names of raw files and of vectors start from; null where none is looked for.
    internal static string? DataFolder(OptionMap options, string? folder, string? dataFolder)
    {
        if (folder is null)
            return null;
        var own = options.Section("data").TextOrNull("folder") ?? ".";
        return dataFolder is null ? Path.GetFullPath(own, folder) : Path.GetFullPath(dataFolder);
    }

    private static Family Fused(Family family, Fusion fusion) =>
        family with { Fusion = family.HasAuxiliaryHead ? Fusion.First : fusion };

    private static Fusion ReadFusion(OptionMap options, bool isFinished)
    {
        var phases = options.Maps("phases");
        return Fusions.Read(options, phases.Count == 0 ? [options.Section("strategy")] : [.. phases.Select(p => p.Section("strategy"))],
            isFinished);
    }

    // One phase needs no list: its keys stand in `training`, its strategy in `strategy`.
    private static List<Phase> ReadPhases(OptionMap options, OptionMap training, string? folder, Dictionary<string, OptionTree> found)
    {
        var maps = options.Maps("phases");
        if (maps.FirstOrDefault(m => m.Keys.Any(RowKeys.Contains)) is { } daily)
            throw daily.Error(daily.Keys.First(RowKeys.Contains),
                "found a phase with rows of its own, which `consort train` alone goes on with; expected phases over the rows of `data`");
        if (maps.Count == 0 && options.Keys.Contains("phases"))
            throw options.Error("phases", "found no phases, expected one at least, or no such key: the one phase then stands in `training`");
        if (maps.Count > 0 && training.Keys.FirstOrDefault(IsOfPhases) is { } ofPhases)
            throw training.Error(ofPhases, $"found it in training beside phases, expected it in each of these: `phases: [{{ name: NAME, {ofPhases}: … }}]`");
        if (maps.Count > 0 && options.Has("strategy"))
            throw options.Error("strategy", "found beside phases, expected each phase to name its own strategy");
        var phases = new List<Phase>();
        foreach (var map in maps.Count == 0 ? [training] : maps)
        {
            var path = maps.Count == 0 ? "training" : string.Create(CultureInfo.InvariantCulture, $"phases[{phases.Count}]");
            var phase = Phase.Read(map, maps.Count == 0 ? options.Section("strategy") : map.Section("strategy"),
                isListed: maps.Count > 0);
            CheckName(phase, phases, map);
            if (folder is not null)
                CheckNorm(map);
            if (phase.From.Count > 0 && folder is not null)
            {
                phase = phase with { From = [.. phase.From.Select(from => FindCheckpoint(map, Path.GetFullPath(from, folder)))] };
                found[$"{path}.from"] = OptionTree.Lines(phase.From.Select(f => (OptionTree)f));
            }

            if (phase.Teachers.Count > 0 && folder is not null)
            {
                phase = phase with { Teachers = [.. phase.Teachers.Select(teacher => Find(map, teacher, folder))] };
                found[$"{path}.teachers"] = OptionTree.Lines(phase.Teachers.Select(t => t.ToTree()));
            }

            phases.Add(phase);
        }

        return phases;
    }

    private static bool IsOfPhases(string key) => !TrainingOptions.Options.Keys.Contains(key)
        && (Phase.Options.Keys.Contains(key) || PhaseOverrides.Options.Keys.Contains(key));

    private static void CheckName(Phase phase, List<Phase> others, OptionMap options)
    {
        if (NameMistake(phase.Name) is { } mistake)
            throw options.Error("name", mistake);
        // Some file systems take both for one file.
        if (others.Exists(p => string.Equals(p.Name, phase.Name, StringComparison.OrdinalIgnoreCase)))
            throw options.Error("name", $"found a second phase named {phase.Name}, expected a name of its own for each");
    }

    /// <summary>Refuses a momentum beside statistics that stay.</summary>
    internal static void CheckNorm(OptionMap phase)
    {
        if (phase.Has("batch_norm_momentum") && phase.TextOrNull("batch_norm") == "stay")
            throw phase.Error("batch_norm_momentum", "found it beside `batch_norm: stay`, expected none: it says how far a batch moves the running statistics with follow");
    }

    /// <summary>What to say of a name that no file can have; null where one can.</summary>
    internal static string? NameMistake(string name) =>
        name.Length == 0 || name.AsSpan().IndexOfAnyExcept(NameCharacters) >= 0
            ? $"found \"{name}\", expected letters, digits, - and _ (it names a file)"
            : name.Length > LongestName ? $"found a name of {name.Length} characters, expected at most {LongestName} (it names a file)" : null;

    private static TeacherName Find(OptionMap map, TeacherName name, string folder)
    {
        var teacher = name with { Path = Path.GetFullPath(name.Path, folder) };
        if (RunOfCheckpoint(teacher.Path) is { } ofWeights)
        {
            var final = new RunFolder(Finished(map, "teachers", ofWeights, _ => "")).FinalCheckpoint(
                OfRun(new RunFolder(ofWeights).Experiment, map.Catalogues).Phases.Select(p => p.Name));
            return Directory.Exists(teacher.Path) || teacher.Path == final ? teacher with { Path = ofWeights } : throw map.Error(
                "teachers", $"found the weights {teacher.Path}, expected those with which the run ends, {final}, or its folder {ofWeights}");
        }

        if (!teacher.IsPredictions && File.Exists(new RunFolder(teacher.Path).Experiment))
            return teacher with { Path = Finished(map, "teachers", teacher.Path, _ => "") };
        return File.Exists(teacher.Path) ? teacher : throw map.Error("teachers", teacher.IsPredictions
            ? $"found no file of predictions at {teacher.Path}" : $"found no run folder at {teacher.Path}, nor a file of predictions");
    }

    // The run whose folder of checkpoints, or one of these, stands at a path; or null.
    private static string? RunOfCheckpoint(string path)
    {
        var checkpoints = path.EndsWith(".ckpt", StringComparison.Ordinal) && File.Exists(path) ? Path.GetDirectoryName(path)! : path;
        return Path.GetFileName(Path.TrimEndingDirectorySeparator(checkpoints)) == "checkpoints" && Directory.Exists(checkpoints)
            && Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(checkpoints)) is { } run
            && File.Exists(Path.Combine(run, "experiment.yaml")) ? run : null;
    }

    // A run folder stands for its final weights.
    private static string FindCheckpoint(OptionMap map, string path)
    {
        if (File.Exists(path))
            return path;
        if (!File.Exists(new RunFolder(path).Experiment))
            throw map.Error("from", $"found neither a run folder nor a checkpoint at {path}");
        var run = new RunFolder(Finished(map, "from", path, weights => $", or name the weights to start from: {weights}"));
        return run.FinalCheckpoint(OfRun(run.Experiment, map.Catalogues).Phases.Select(p => p.Name));
    }

    // The best so far of a run that goes on may be far from what it comes to.
    private static string Finished(OptionMap map, string key, string path, Func<string, string> wayOut)
    {
        var run = new RunFolder(path);
        if (File.Exists(run.Metrics))
            return run.Path; // of a chain of days the newest today, whatever comes behind it
        var weights = OfRun(run.Experiment, map.Catalogues).Phases.Select(p => run.BestCheckpoint(p.Name)).LastOrDefault(File.Exists);
        throw map.Error(key, $"found a run that has not finished at {path}, expected a finished one; finish it with `consort train EXPERIMENT --out {path} --resume`{(weights is null ? "" : wayOut(weights))}");
    }

    private void Check(OptionMap options, bool isFinished)
    {
        CheckFields(options);
        var section = options.Has("phases") ? "phases" : "training";
        if (!isFinished && TrainingChecks.WithoutStatistics(Phases) is >= 0 and var fresh)
            throw options.Maps("phases")[fresh].Error("batch_norm", TrainingChecks.NoStatistics);
        foreach (var (index, phase) in Phases.Index())
        {
            if (phase.WarmMistake(index) is { } warm && !isFinished)
                throw options.Error(section, $"phase {phase.Name}, {warm}");
            if (phase.From.Count > 0 && Family.Embeddings.Shared && Family.Members.Count > 1)
                throw options.Error(section, $"phase {phase.Name} starts members from runs of their own, expected `embedding: {{ shared: false }}`");
            if (phase.From.Count > 0 && Family.SharesWeights)
                throw options.Error(section, $"phase {phase.Name} starts members from runs of their own, expected members that share no weights");
            if (Family.HasAuxiliaryHead && !phase.Strategy.LearnsFromTeachers)
                throw options.Error("members", $"found auxiliary_head, which phase {phase.Name} teaches nothing by {phase.Strategy.Name}, expected a strategy of teachers");
            if (Family.Fusion == Fusion.Concat && phase.From.Count > 0)
                throw options.Error(section, $"phase {phase.Name} starts members from runs of their own, expected another fusion than concat");
            if (!isFinished && phase.Strategy.Mistake(Family.Members.Count, Family.Fusion) is var (key, message))
                throw options.Error(key, message);
            if (phase.Strategy.LearnsFromTeachers != phase.Teachers.Count > 0)
                throw options.Error(section, phase.Teachers.Count > 0
                    ? $"phase {phase.Name} names teachers, but its strategy {phase.Strategy.Name} learns from none"
                    : $"phase {phase.Name} learns by {phase.Strategy.Name}, expected `teachers: [run folder or file of predictions, ...]`");
            foreach (var member in phase.Frozen.Where(m => m >= Family.Members.Count))
                throw options.Error(section, $"phase {phase.Name} freezes member {member}, expected one of 0 to {Family.Members.Count - 1}");
        }
    }

    // As far as the schema tells: columns of data that are encoded already are checked when these are opened.
    private void CheckFields(OptionMap options)
    {
        if (Data?.Schema is not { } schema)
            return;
        var columns = schema.AllFields.Where(f => f.Kind is FieldKind.Categorical or FieldKind.Cross || f.Transform.MakesTokens)
            .SelectMany(f => f.Columns).ToArray();
        foreach (var name in Family.Embeddings.Fields.Keys.Where(n => !columns.Contains(n)))
            throw options.Section("embedding").Section("fields")
                .Error(name, $"found no categorical column of that name{NearestWord.Hint(name, columns)}");
    }
}
