using System.Security.Cryptography;
using System.Text;
using Consort.Data.Datasets;
using Consort.Data.Sources;
using Consort.Foundation.Options;

namespace Consort.Experiments.Files;

/// <summary>Rows without labels of an experiment: the key <c>transfer</c> of its section <c>data</c>.</summary>
/// <param name="Files">Raw files; none where they are encoded already.</param>
/// <param name="Folder">Where they are encoded, or will be.</param>
public sealed record TransferSource(IReadOnlyList<string> Files, string Folder)
{
    /// <summary>
    /// Reads the key: one place or several, as <see cref="SplitPlan.Places(Foundation.Options.OptionMap, string, string)"/> takes them, or
    /// a folder that <c>consort encode --like</c> has written.
    /// </summary>
    /// <param name="options">The section <c>data</c>.</param>
    /// <param name="folder">What relative names start from.</param>
    /// <param name="encoded">The dataset, or where it will be kept.</param>
    /// <param name="isCache">Whether that is a cache, beside which the rows may be kept as well.</param>
    /// <returns>Null where the experiment names none.</returns>
    /// <exception cref="ConsortException">A file is missing.</exception>
    internal static TransferSource? From(OptionMap options, string folder, string encoded, bool isCache)
    {
        if (options.Items("transfer", [], name => name, _ => "") is [{ Length: > 0 } name] && Path.GetFullPath(name, folder) is var only
            && EncodedDataset.IsAt(only))
            return new TransferSource([], only);
        var files = SplitPlan.Places(options, "transfer", folder);
        if (files.Count == 0)
            return null;
        var text = string.Join('\n', files.Prepend(encoded));
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];
        var place = isCache ? Path.GetDirectoryName(encoded)! : Path.Combine(".consort", "data");
        return new TransferSource(files, Path.GetFullPath(Path.Combine(place, $"{Path.GetFileName(encoded)}-transfer-{digest}")));
    }

    /// <summary>Has a dataset take the rows along, encoding them first unless that has been done from the very same.</summary>
    internal void AddTo(EncodedDataset dataset, SourceCatalogue sources, int threads, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation)
    {
        if (Files.Count > 0)
            DatasetEncoder.EncodeOrReuse(
                EncodeRequest.Transfer(dataset, Files, Folder, threads) with { WaitsForOthers = true, Sources = sources }, progress,
                cancellation);
        dataset.Take(Folder);
    }
}
