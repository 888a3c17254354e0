using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Consort.Data;
using Consort.Data.Options;
using Consort.Learning.Strategies;
using Consort.Learning.Training;
using Consort.Models;

namespace Consort.Experiments.Files;

/// <summary>
/// An experiment as a file says it: data, embeddings, members, training, and phases. Reading it checks every key and every
/// range; unknown keys are errors that name the nearest known one.
/// </summary>
public sealed record Experiment
{
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

    /// <summary>A digest of the text: runs of the same digest and data key give the same result.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Text)))[..32];

    /// <summary>Reads an experiment file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="dataFolder">What relative file names of the section <c>data</c> start from; null for the file's own folder.</param>
    /// <param name="seed">Replaces the file's seed unless null.</param>
    /// <exception cref="ConsortException">The file is missing or something in it is wrong; the message says the line.</exception>
    public static Experiment Load(string path, string? dataFolder = null, ulong? seed = null)
    {
        var options = OptionMap.Load(path);
        return Read(options, dataFolder ?? Path.GetDirectoryName(Path.GetFullPath(path))!, seed);
    }

    /// <summary>Reads the experiment that a run folder keeps, without its data.</summary>
    /// <exception cref="ConsortException">The file is missing or damaged.</exception>
    public static Experiment OfRun(string path) => Read(OptionMap.Load(path), null, null);

    /// <summary>Reads an experiment from text.</summary>
    /// <exception cref="ConsortException">Something in it is wrong.</exception>
    public static Experiment Parse(string text, string source, string dataFolder, ulong? seed = null) =>
        Read(OptionMap.Parse(text, source), dataFolder, seed);

    private static Experiment Read(OptionMap options, string? dataFolder, ulong? seed)
    {
        var training = options.Section("training");
        if (seed is { } own)
            training.Set("seed", own.ToString(CultureInfo.InvariantCulture));
        var trainingOptions = TrainingOptions.From(training);
        var experiment = new Experiment
        {
            Name = options.Text("name", Path.GetFileNameWithoutExtension(options.Source)),
            Data = ReadData(options, dataFolder),
            Family = ReadFamily(options),
            Training = trainingOptions,
            Phases = ReadPhases(options, training),
            Text = "",
        };
        options.Close();
        experiment.Check(options);
        return experiment with { Text = options.Resolved() };
    }

    private static DataSource? ReadData(OptionMap options, string? folder)
    {
        if (!options.Has("data"))
            throw options.Error("data", "found nothing, expected where the rows come from");
        return folder is null ? null : DataSource.From(options.Section("data"), folder);
    }

    private static Family ReadFamily(OptionMap options)
    {
        var embedding = EmbeddingOptions.From(options.Section("embedding"));
        var members = new List<CtrModel>();
        foreach (var member in options.Maps("members"))
        {
            var model = ModelCatalogue.Create(member);
            members.AddRange(Enumerable.Repeat(model, member.Integer("count", 1, 1, Family.MaxMembers)));
        }

        if (members.Count == 0)
            throw options.Error("members", "found none, expected at least one, such as `members: [{ model: DeepFM }]`");
        if (members.Count > Family.MaxMembers)
            throw options.Error("members", $"found {members.Count} members, expected at most {Family.MaxMembers}");
        return new Family(embedding, members);
    }

    // One phase needs no list: its keys stand in `training`, its strategy in `strategy`.
    private static List<Phase> ReadPhases(OptionMap options, OptionMap training)
    {
        var maps = options.Maps("phases");
        if (maps.Count == 0)
        {
            var only = Phase.Read(training, options.Section("strategy"));
            CheckName(only, training);
            return [only];
        }

        if (options.Has("strategy"))
            throw options.Error("strategy", "found beside phases, expected each phase to name its own strategy");
        var phases = new List<Phase>();
        foreach (var map in maps)
        {
            phases.Add(Phase.Read(map, map.Section("strategy")));
            CheckName(phases[^1], map);
            if (phases.FindIndex(p => p.Name == phases[^1].Name) < phases.Count - 1)
                throw map.Error("name", $"found a second phase named {phases[^1].Name}, expected a name of its own for each");
        }

        return phases;
    }

    private static void CheckName(Phase phase, OptionMap options)
    {
        if (phase.Name.Length == 0 || phase.Name.AsSpan().IndexOfAnyExcept(NameCharacters) >= 0)
            throw options.Error("name", $"found \"{phase.Name}\", expected letters, digits, - and _ (it names a file)");
    }

    private void Check(OptionMap options)
    {
        var section = options.Has("phases") ? "phases" : "training";
        foreach (var phase in Phases)
        {
            if (phase.From.Count > 0 && Family.Embeddings.Shared && Family.Members.Count > 1)
                throw options.Error(section, $"phase {phase.Name} starts members from runs of their own, expected `embedding: {{ shared: false }}`");
            if (phase.Strategy is MutualLearning && Family.Members.Count < 2)
                throw options.Error("members", "found one member, expected at least two that learn from each other");
            foreach (var member in phase.Frozen.Where(m => m >= Family.Members.Count))
                throw options.Error(section, $"phase {phase.Name} freezes member {member}, expected one of 0 to {Family.Members.Count - 1}");
        }
    }
}
