using System.Diagnostics;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Foundation.Files;

namespace Consort.Data.Datasets;

/// <summary>
/// Makes an encoded dataset from raw files in two passes: the first fits vocabularies and scales on the training rows, the second encodes
/// every row; between them is one for columns that are generated of others, where there are such. Rows are never held; memory is bounded by
/// the vocabularies. The result depends on the request and the files alone, not on the
/// number of threads.
/// </summary>
public static class DatasetEncoder
{
    /// <summary>Encodes.</summary>
    /// <param name="request">What to encode, and to where.</param>
    /// <param name="progress">Told about ten times a second.</param>
    /// <param name="cancellation">Stops the work; nothing is left behind.</param>
    /// <exception cref="ConsortException">A mistake in the raw data or the request, a full disk, or another process that writes the same
    /// folder; an older dataset is then unchanged.</exception>
    public static EncodeResult Encode(EncodeRequest request, IProgress<EncodeProgress>? progress = null,
        CancellationToken cancellation = default) => SpooledFiles.Around(request, whole =>
    {
        using var claim = TakeClaim(whole, progress, cancellation).Claim;
        return Encode(whole, "no dataset there yet", progress, cancellation);
    }, progress, cancellation);

    /// <summary>
    /// Takes the dataset in the folder when sources, schema, split and encoder version are the same, otherwise encodes and says why.
    /// </summary>
    /// <inheritdoc cref="Encode(EncodeRequest, IProgress{EncodeProgress}?, CancellationToken)"/>
    public static EncodeResult EncodeOrReuse(EncodeRequest request, IProgress<EncodeProgress>? progress = null,
        CancellationToken cancellation = default)
    {
        var clock = Stopwatch.StartNew();
        request.Schema.Validate("schema");
        return SpooledFiles.Around(request, whole => EncodeOrReuse(whole, clock, progress, cancellation), progress, cancellation);
    }

    private static EncodeResult EncodeOrReuse(EncodeRequest request, Stopwatch clock, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation)
    {
        if (Reuse(request, clock, cancellation, out var reason) is { } reused)
        {
            ClearLeftovers(request.Folder);
            return reused;
        }
        (var claim, var hasWaited) = TakeClaim(request, progress, cancellation);
        using (claim)
        {
            // Whoever was waited for may have encoded the very same.
            return hasWaited && Reuse(request, clock, cancellation, out reason) is { } made ? made
                : Encode(request, reason, progress, cancellation);
        }
    }

    private static EncodeResult? Reuse(EncodeRequest request, Stopwatch clock, CancellationToken cancellation, out string reason)
    {
        reason = "no dataset there yet";
        if (!EncodedDataset.IsAt(request.Folder)) return null;
        try
        {
            var manifest = Manifest.Read(request.Folder);
            if (DatasetDifference.Of(manifest, request, cancellation) is { } difference)
            {
                reason = difference;
                return null;
            }
            using var dataset = EncodedDataset.Open(request.Folder, isTransfer: request.Like is not null);
            return Result(request.Folder, manifest, reused: true, "sources, schema, split and encoder are the same", dataset.Space, clock);
        }
        catch (ConsortException e) when (!request.Split.Files.Any(f => e.Message.StartsWith(f, StringComparison.Ordinal)))
        {
            reason = e.Message;
            return null;
        }
    }

    private static (Claim Claim, bool HasWaited) TakeClaim(EncodeRequest request, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation)
    {
        var name = DatasetPlace.ClaimName(request.Folder);
        return request.WaitsForOthers
            ? Claim.Await(request.Folder, name, owner => progress?.Report(new EncodeProgress($"{EncodeProgress.Waiting}{owner}", 0, 0)),
                cancellation)
            : (Claim.Take(request.Folder, name, "name another folder with --out"), false);
    }

    /// <summary>
    /// Clears what killed processes have left beside a dataset and in it, unless another process is writing it or nothing can be written
    /// there.
    /// </summary>
    public static void ClearLeftovers(string folder)
    {
        if (!DatasetPlace.HasLeftovers(folder)) return;
        try
        {
            using var claim = Claim.Try(folder, DatasetPlace.ClaimName(folder));
            if (claim is not null) _ = new DatasetPlace(folder);
        }
        catch (ConsortException)
        {
            // whoever can write there clears it
        }
    }

    private static EncodeResult Encode(EncodeRequest request, string reason, IProgress<EncodeProgress>? progress,
        CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        request.Schema.Validate("schema");
        if (request.Threads is < 0 or > 1024) throw new ConsortException($"threads: found {request.Threads}, expected 0 to 1024");
        if (request.Like is { } like && Path.GetFullPath(like.Folder) == Path.GetFullPath(request.Folder))
            throw new ConsortException($"{request.Folder}: is the dataset by whose encoder rows are encoded, expected another folder");
        var threads = request.Threads == 0 ? Environment.ProcessorCount : request.Threads;
        var place = new DatasetPlace(request.Folder);
        var total = request.SourceBytes();
        void Report(string phase, long bytes) => progress?.Report(new EncodeProgress(phase, bytes, total));

        var temp = SafeFile.TempName(request.Folder);
        try
        {
            Directory.CreateDirectory(temp);
            Manifest manifest;
            Encoder encoder;
            // Drafts lie in the folder that becomes the dataset, and are gone before it does.
            using (var fitted = DatasetFit.Of(request, threads, temp, Report, cancellation))
            {
                encoder = fitted.Encoder;
                manifest = DatasetStore.Write(request, fitted, place, temp, threads, Report, cancellation);
            }
            place.Put(temp, manifest);
            return Result(request.Folder, manifest, reused: false, reason, encoder.Space, clock);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SafeFile.Explain(request.Folder, e);
        }
        finally
        {
            if (Directory.Exists(temp)) Directory.Delete(temp, recursive: true);
        }
    }

    private static EncodeResult Result(string folder, Manifest manifest, bool reused, string reason, FeatureSpace space,
        Stopwatch clock) =>
            new(folder, manifest.Key, reused, reason, space, [.. manifest.Splits.Select(s => new SplitSummary(s.Name, s.Rows, s.Clicks))],
                clock.Elapsed.TotalSeconds, manifest.Sources.Sum(s => s.Size));
}
