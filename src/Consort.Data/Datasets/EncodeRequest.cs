using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>What to encode, and to where.</summary>
/// <param name="Schema">What the raw data look like.</param>
/// <param name="Split">The sources and how their rows are dealt.</param>
/// <param name="Folder">The dataset's folder; an older dataset there is replaced when the new one is whole.</param>
/// <param name="Threads">Threads, 0 to 1,024; 0 takes one per processor.</param>
public sealed record EncodeRequest(Schema Schema, SplitPlan Split, string Folder, int Threads = 0)
{
    /// <summary>Whether to wait for another process that writes the folder, as one does for a cache, or to refuse at once.</summary>
    public bool WaitsForOthers { get; init; }

    /// <summary>The kinds of sources that are read.</summary>
    public SourceCatalogue Sources { get; init; } = SourceCatalogue.BuiltIn;

    /// <summary>Whether rows are read a second time even where their drafts would do: what tests compare with.</summary>
    internal bool ReadsTwice { get; init; }

    /// <summary>The files that stand in for those whose bytes come only once; null where there are none.</summary>
    internal SpooledFiles? Spooled { get; init; }

    /// <summary>
    /// The dataset by whose encoder rows without labels are encoded; null where an encoder is fitted on the training rows.
    /// </summary>
    public EncodedDataset? Like { get; private init; }

    /// <summary>
    /// The encoder by which rows with labels are encoded, of the same schema; null where one is fitted on the training rows.
    /// </summary>
    public Encoder? By { get; init; }

    /// <summary>What the rows are a part of, where other processes encode the rest; null where they are all.</summary>
    internal DatasetPart? Part { get; init; }

    /// <summary>
    /// Rows without labels, encoded as those of a dataset are: into a folder of its own, which <see cref="EncodedDataset.Take"/> takes.
    /// Labels that the files have are passed over, and so are columns that the dataset does not know.
    /// </summary>
    /// <param name="like">The dataset.</param>
    /// <param name="files">Files as its schema describes them.</param>
    /// <param name="folder">Where the rows are kept.</param>
    /// <param name="threads">Threads, 0 to 1,024; 0 takes one per processor.</param>
    public static EncodeRequest Transfer(EncodedDataset like, IReadOnlyList<string> files, string folder, int threads = 0) =>
        new(like.Encoder.Schema, SplitPlan.Transfer(files), folder, threads) { Like = like };

    /// <summary>What the manifest says of the split: the encoder decides what is stored, too, where it was there before.</summary>
    internal string SplitText => Split.Describe() + (Like is not null ? $" like {Like.EncoderChecksum}"
        : By is not null ? $"{SplitWords.EncodedBy}{By.Checksum()}{Part?.Describe()}" : "");

    /// <summary>Whether an encoder that was there before encodes.</summary>
    internal bool IsFitted => Like is not null || By is not null;

    /// <summary>Bytes of all files.</summary>
    internal long SourceBytes()
    {
        return Split.Files.Where(SourcePlace.IsFile).Sum(Length);

        static long Length(string path)
        {
            using var stream = SourceStream.Open(path);
            return stream.Length;
        }
    }

    /// <summary>One pass over the files.</summary>
    internal RowPass Pass(CancellationToken cancellation) => new(Split.Files, Schema,
        IsFitted && Part is null ? RowRules.Fitted(labelRequired: Like is null, passesOver: true) : RowRules.Training,
        catalogue: Sources, cancellation: cancellation)
    { Identifies = true, RowsBefore = Part?.RowsBefore ?? 0, Takes = Part?.Takes };
}

/// <summary>How far encoding is.</summary>
/// <param name="Phase">What is done: <c>count rows</c>, <c>fit</c>, <c>fit generated</c>, <c>encode</c>, or who is waited for.</param>
/// <param name="Bytes">Bytes of the sources read in this phase.</param>
/// <param name="TotalBytes">Bytes of all sources.</param>
public sealed record EncodeProgress(string Phase, long Bytes, long TotalBytes)
{
    /// <summary>What the phase begins with while another process has the folder; who that is comes after it.</summary>
    public const string Waiting = "waiting for another process that encodes the same data";

    /// <summary>
    /// What the phase ends with while bytes that come only once are kept in a temporary file; where they come from is before it.
    /// </summary>
    public const string Spooling = ": kept in a temporary file, for its rows are read twice";
}

/// <summary>A split as encoded.</summary>
/// <param name="Name"><c>train</c>, <c>valid</c>, <c>test</c> or <c>transfer</c>.</param>
/// <param name="Rows">Its rows.</param>
/// <param name="Clicks">Its rows with label 1.</param>
public sealed record SplitSummary(string Name, long Rows, long Clicks);

/// <summary>What came of encoding.</summary>
/// <param name="Folder">Where the dataset lies.</param>
/// <param name="Key">The dataset's content key.</param>
/// <param name="Reused">Whether a dataset that was there already was taken.</param>
/// <param name="Reason">Why it was encoded or reused, in a few words.</param>
/// <param name="Space">The columns.</param>
/// <param name="Splits">The splits that have rows.</param>
/// <param name="Seconds">Time spent.</param>
/// <param name="SourceBytes">Bytes of the sources.</param>
public sealed record EncodeResult(
    string Folder, string Key, bool Reused, string Reason, FeatureSpace Space, IReadOnlyList<SplitSummary> Splits, double Seconds,
    long SourceBytes)
{
    /// <summary>Rows over all splits.</summary>
    public long Rows => Splits.Sum(s => s.Rows);

    /// <summary>Rows per second, all passes together.</summary>
    public double RowsPerSecond => Seconds > 0 ? Rows / Seconds : 0;
}
