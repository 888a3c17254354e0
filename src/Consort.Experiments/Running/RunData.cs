using System.Text.Json.Serialization;
using Consort.Data.Datasets;
using Consort.Data.Sources;
using Consort.Experiments.Files;
using Consort.Learning.Runs;

namespace Consort.Experiments.Running;

/// <summary>A file or folder of a run's data.</summary>
/// <param name="Given">As the experiment names it.</param>
/// <param name="Path">Where it was, a full path.</param>
/// <param name="FromRun">The way to it from the run folder, which holds when both are moved together.</param>
internal sealed record DataPlace(string Given, string Path, string FromRun)
{
    public static DataPlace Of(RunFolder run, string path, string given) =>
        new(given, path, SourcePlace.IsFile(path) ? System.IO.Path.GetRelativePath(run.Path, path) : path);

    /// <summary>Where it may be now.</summary>
    public IEnumerable<string> Places(RunFolder run) => !SourcePlace.IsFile(Path) ? [Path]
        : new[] { Path, System.IO.Path.GetFullPath(FromRun, run.Path) }.Distinct();
}

/// <summary>The rows a run was trained on, by place and by content: <c>data.json</c>.</summary>
internal sealed record RunData
{
    /// <summary>The key of the encoded dataset.</summary>
    public required string Key { get; init; }

    /// <summary>The key of the rows without labels that it learned from beside these; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Transfer { get; init; }

    /// <summary>Whether the run's encoder was there before its rows; null where it was fitted on them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public bool? Fitted { get; init; }

    /// <summary>As <see cref="EncodedDataset.TrainingKey"/> has it.</summary>
    [JsonIgnore]
    public string TrainingKey => Transfer is null ? Key : $"{Key}+{Transfer}";

    /// <summary>How rows are dealt to the splits.</summary>
    public required string Split { get; init; }

    /// <summary>The encoded dataset, or the cache of encoded rows.</summary>
    public required DataPlace Encoded { get; init; }

    /// <summary>What names of raw files start from; null where the experiment names a dataset that is encoded.</summary>
    public required DataPlace? Folder { get; init; }

    /// <summary>The raw files.</summary>
    public required IReadOnlyList<DataPlace> Files { get; init; }

    /// <summary>What they were, in the same order.</summary>
    public required IReadOnlyList<SourceIdentity> Identities { get; init; }

    /// <summary>Writes what a run was trained on into its folder.</summary>
    public static void Write(RunFolder run, DataSource source, EncodedDataset dataset)
    {
        var start = source.Folder ?? Path.GetFullPath(dataset.Folder);
        var data = new RunData
        {
            Key = dataset.Key,
            Transfer = dataset.TransferKey,
            Split = dataset.SplitText,
            Fitted = dataset.IsFitted ? true : null,
            Encoded = DataPlace.Of(run, Path.GetFullPath(dataset.Folder), source.Given ?? ""),
            Folder = source.Folder is { } folder ? DataPlace.Of(run, folder, "") : null,
            Files = [.. dataset.SourceFiles.Select((f, i) => FileOf(run, start, source.Split?.Files[i] ?? InFull(f.Path)))],
            Identities = dataset.SourceFiles,
        };
        JsonRecord.Write(run.Data, data);
    }

    /// <summary>Reads it; null for a run of a version that did not write it.</summary>
    /// <exception cref="ConsortException">The file is damaged.</exception>
    public static RunData? Read(RunFolder run)
    {
        ConsortException Damaged(string what) => new($"{run.Data}: the file is damaged, expected what the run was trained on: {what}");
        var data = JsonRecord.Find<RunData>(run.Data, Damaged);
        return data is null || data.Files.Count == data.Identities.Count
            ? data : throw Damaged(FormattableString.Invariant(
                $"files has {data.Files.Count} items, expected {data.Identities.Count} as of identities"));
    }

    /// <summary>What tells its rows from a dataset's, or null; the key alone differs where another schema encodes the same rows.</summary>
    public string? OtherRows(EncodedDataset dataset)
    {
        var (own, others) = (Identities, dataset.SourceFiles);
        if (Key == dataset.Key)
            return null;
        if (own.Count != others.Count)
            return FormattableString.Invariant($"found {own.Count} files ({Names(own)}), the experiment has {others.Count} ({Names(others)})");
        var other = own.Zip(others).FirstOrDefault(p => (p.First.Size, p.First.Hash) != (p.Second.Size, p.Second.Hash));
        if (other.First is not null)
            return $"found {Named(other.First)}, the experiment has {Named(other.Second)}";
        return Split == dataset.SplitText ? null : $"found the split \"{Split}\", the experiment has \"{dataset.SplitText}\"";
        static string Named(SourceIdentity file) => FormattableString.Invariant($"{file.Path} ({file.Size} bytes, hash {file.Hash})");
        static string Names(IEnumerable<SourceIdentity> files) => string.Join(", ", files.Select(f => f.Path));
    }

    /// <summary>The plan of the splits over the files where they are now.</summary>
    public SplitPlan Plan(IReadOnlyList<string> files) => SplitPlan.Parse(Split, files);

    private static string InFull(string place) => SourcePlace.IsFile(place) ? Path.GetFullPath(place) : place;

    private static DataPlace FileOf(RunFolder run, string start, string file) =>
        DataPlace.Of(run, file, SourcePlace.IsFile(file) ? Path.GetRelativePath(start, file) : file);
}
