using Consort.Data.Datasets;
using Consort.Data.Encoders;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Experiments.Running;
using Consort.Foundation.Options;
using Consort.Learning.Runs;
using Consort.Learning.Strategies;
using Consort.Learning.Training;

namespace Consort.Studies.Distilling;

/// <summary>
/// The experiment of a student: the teachers' data; embeddings of the first teacher and the training of its members, or of an experiment
/// file; a model of its own without dropout; the strategy distillation.
/// </summary>
internal static class StudentExperiment
{
    // What teachers say of a row is less noisy than its label: on one-pass clicks a tenth kept 121 % of a gain, all of it 93 %.
    internal const double LogitL2Share = 0.1;

    private const int MostStarts = 16; // runs that start from runs that start from runs

    // What a phase says of itself alone.
    private static readonly string[] OwnKeys = ["name", "from", "teachers", "freeze", "evaluate_first", "keep_optimizer"];

    /// <summary>Makes it.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="teachers">Full paths of the teachers; none for the student that learns from labels alone.</param>
    /// <exception cref="ConsortException">A teacher is none, or the settings are wrong.</exception>
    public static Experiment Make(DistilRequest request, IReadOnlyList<string> teachers)
    {
        var teacher = MemberRuns.Options(request.Teachers[0], request.Catalogues);
        var (settings, ofFile) = request.ExperimentFile is { } file
            ? OfFile(file, teacher, request) : (OfMembers(teacher, request.Teachers[0], request), null);
        var member = request.Model is { } model ? MemberOf(settings, model, request) : settings.Members()[0];
        var name = request.Model ?? Path.GetFileNameWithoutExtension(request.ExperimentFile!);
        if (teachers.Count == 0)
        {
            var alone = Student(settings, $"{name} alone", OptionTree.Keys(("name", "supervised")), member, request);
            return Read(alone, request, request.Seed);
        }

        string? start = null;
        if (request.Start == StudentStart.Member)
        {
            (start, var options) = StartingRun.Find(teachers, member.TextAt("model") ?? "", request.Catalogues);
            (member, settings) = (options.Members()[0], settings.With("embedding", options["embedding"]));
        }

        if (request.ExperimentFile is null && !request.KeepDropout)
            member = WithoutDropout(member);
        if (request.AuxiliaryHead)
            member = member.With("auxiliary_head", true);
        var student = Student(settings, $"{name}, distilled", StudentStrategy.Of(request, ofFile), member, request)
            .With("training.teachers", OptionTree.List(teachers));
        if (request.Start != StudentStart.Fresh)
            student = student.With("embedding.shared", false);
        if (request.Start == StudentStart.Table)
        {
            start = Path.GetFullPath(TableOf(request.Folder));
            if (!File.Exists(start) || !new RunFolder(request.Folder).HasTrained) // what a run has begun from stays
                StartingTable.Write(teachers[0], Read(student, request, request.Seed), start, request.Catalogues);
        }

        if (start is not null)
            student = student.With("training.from", OptionTree.List(start));
        // What a student serves beside its head learns from labels alone, and needs all of the decay.
        var isMatched = request is { ExperimentFile: null, AuxiliaryHead: false }
            && student.TextAt("strategy.distance") == StudentStrategy.Word(TeacherDistance.Logit);
        var share = request.L2Share ?? (isMatched ? LogitL2Share : 1);
        if (share != 1)
            student = student.Change("training.embedding_l2", lambda => share * lambda.Number);
        if (request.LabelEpochs > 0)
            student = LabelPhase.After(student, request.LabelEpochs, request.LabelRate);
        return Read(student, request, request.Seed);
    }

    /// <summary>Where the weights lie that a student with its teacher's tables starts from.</summary>
    private static string TableOf(string folder) => Path.TrimEndingDirectorySeparator(folder) + "-start/table.ckpt";

    private static OptionTree Student(OptionTree settings, string name, OptionTree strategy, OptionTree member, DistilRequest request)
    {
        var student = settings.Family(name, isShared: true, strategy, member).Without([.. OwnKeys.Select(k => $"training.{k}")]);
        return request.Epochs is { } epochs ? student.With("training.epochs", epochs) : student;
    }

    private static Experiment Read(OptionTree options, DistilRequest request, ulong? seed)
    {
        var place = request.Data is { } data ? Path.GetFullPath(data) : PlaceOf(new RunFolder(request.Teachers[0]));
        var student = Experiment.From(place is null ? options : Moved(options, place), Directory.GetCurrentDirectory(), seed,
            request.Precision, catalogues: request.Catalogues);
        return student with { Data = ByTeacher(student.Data!, new RunFolder(request.Teachers[0])) };
    }

    // An update's encoder has grown and was not fitted on its rows: a student's ids are the teacher's only by that very encoder.
    private static DataSource ByTeacher(DataSource data, RunFolder teacher) =>
        data.Split is null || RunData.Read(teacher)?.Fitted != true ? data : data.EncodedBy(Encoder.Load(teacher.Encoder));

    // Null where the teacher's rows still lie where its experiment says; else where they are now.
    private static string? PlaceOf(RunFolder teacher)
    {
        if (RunData.Read(teacher) is not { } data)
            return null;
        if (data.Folder is null
            ? EncodedDataset.IsAt(data.Encoded.Path)
            : data.Files.All(f => !SourcePlace.IsFile(f.Path) || File.Exists(f.Path)))
            return null;
        var source = RunRows.Find(teacher, null);
        return source.Schema is null ? source.Encoded : Path.GetFullPath(data.Folder?.FromRun ?? "", teacher.Path);
    }

    // A dataset that is encoded is named by its folder, raw files by the folder they lie in.
    private static OptionTree Moved(OptionTree options, string data) =>
        EncodedDataset.IsAt(data) || options.Find("data.encoded") is not null
        ? options.With("data", OptionTree.Keys(("encoded", data)))
        : options.With("data.folder", data);

    /// <summary>
    /// The teacher with the training that its members had before they learned from each other or were put together: that of the runs which
    /// they start from, else of its first phase.
    /// </summary>
    private static OptionTree OfMembers(OptionTree teacher, string run, DistilRequest request)
    {
        var (members, folder) = (teacher, run);
        for (var i = 0; i < MostStarts && MemberRuns.Starts(folder, request.Catalogues) is [var start, ..]; i++)
        {
            if (!File.Exists(new RunFolder(start).Experiment))
            {
                request.Notice?.Invoke($"{start}: found no run there, which {folder} starts from; the student learns at the rate of {folder} (--experiment says another)");
                break;
            }

            (members, folder) = (MemberRuns.Options(start, request.Catalogues), start);
        }

        var phase = MemberRuns.FirstPhase(members);
        var training = members["training"];
        foreach (var key in Phase.Options.Keys.Except(OwnKeys))
            training = phase.Find(key) is { } value ? training.With(key, value) : training.Without(key);
        if (training.TextAt("epochs") == "0")
            training = training.Without("epochs");
        foreach (var key in new[] { "seed", "precision" })
            if (teacher.Find($"training.{key}") is { } own)
                training = training.With(key, own);
        return teacher.Without("phases").With("training", training);
    }

    // Members, embeddings and training of the file, data of the teacher; and the file's strategy.
    private static (OptionTree Settings, OptionTree? Strategy) OfFile(string file, OptionTree teacher, DistilRequest request)
    {
        var options = OptionTree.Load(file);
        if (options.Find("phases") is not null)
            throw new ConsortException($"{file}: found phases, expected an experiment with one");
        if (options.Find("data.transfer") is not null)
            request.Notice?.Invoke($"{file}: its data are not used, rows without labels neither; `consort train` learns from them");
        var student = options.Without("strategy", "fusion", "training.teachers").With("data", teacher["data"]);
        var experiment = Read(student, request, seed: null);
        return request.Model is not null || experiment.Family.Members.Count == 1 ? (experiment.Options, options.Find("strategy"))
            : throw new ConsortException($"{file}: found {experiment.Family.Members.Count} members, expected one student");
    }

    // As one of the teacher's members where it has such a model, else with what its first member's options say of it.
    private static OptionTree MemberOf(OptionTree teacher, string model, DistilRequest request)
    {
        var models = ExperimentOptions.Models(request.Catalogues);
        var entry = models.Entries.FirstOrDefault(e => e.Name.Equals(model, StringComparison.OrdinalIgnoreCase))
            ?? throw new ConsortException($"--model: found \"{model}\", expected one of {string.Join(", ", models.Names)}");
        return teacher.Member(entry.Name) ?? ExperimentOptions.MemberOf(entry.Name, teacher.Members()[0], request.Catalogues);
    }

    // Noise in what the student says is noise in what it matches: logits with dropout kept 2 and 20 % of a gain, without it 35 and 51 %.
    internal static OptionTree WithoutDropout(OptionTree member) => ((OptionGroup)member).Entries
        .Where(e => e.Key.Contains("dropout", StringComparison.Ordinal))
        .Aggregate(member, (tree, e) => tree.With(e.Key, 0));
}
