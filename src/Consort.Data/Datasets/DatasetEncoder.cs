using System.Diagnostics;
using System.IO.Hashing;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;
using Consort.Foundation.Files;
using Consort.Foundation.Options;

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
            if (Difference(manifest, request, cancellation) is { } difference)
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

    /// <summary>What of the request differs from a stored dataset; null when nothing.</summary>
    internal static string? Difference(Manifest manifest, EncodeRequest request, CancellationToken cancellation = default)
    {
        if (manifest.EncoderVersion != Encoder.Version) return $"encoder version {manifest.EncoderVersion} is not {Encoder.Version}";
        if (manifest.Schema != request.Schema.Identity) return "the schema has changed";
        if (manifest.Split != request.SplitText) return request.IsFitted ? "the encoder has changed" : "the split has changed";
        return SourceDifference(manifest, request.Split.Files, request.Sources, request.Schema, cancellation);
    }

    /// <summary>What of the sources differs from those a dataset was made of; null when nothing.</summary>
    internal static string? SourceDifference(Manifest manifest, IReadOnlyList<string> sources, SourceCatalogue? catalogue = null,
        Schema? known = null, CancellationToken cancellation = default)
    {
        if (manifest.Sources.Count != sources.Count) return $"found {sources.Count} source files, expected {manifest.Sources.Count}";
        var schema = new Lazy<Schema>(() =>
            known ?? Schema.LoadFitted(OptionMap.Of(StoredOptions.Read(manifest.Schema, Manifest.FileName))));
        for (var i = 0; i < sources.Count; i++)
        {
            var difference = SourcePlace.IsFile(sources[i]) ? manifest.Sources[i].Difference(sources[i])
                : (catalogue ?? SourceCatalogue.BuiltIn).Difference(manifest.Sources[i], sources[i], schema.Value, cancellation);
            if (difference is not null) return difference;
        }
        // Rows without labels have no truth, whatever lies beside them.
        var truth = !manifest.IsTransfer && sources.All(s => File.Exists(TruthFiles.PathOf(s)));
        return (truth ? TruthFiles.HashOf(sources) : "") == manifest.Truth
            ? null : "the true probabilities beside the sources have changed";
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
        var total = request.Split.Files.Sum(Length);
        void Report(string phase, long bytes) => progress?.Report(new EncodeProgress(phase, bytes, total));

        var temp = SafeFile.TempName(request.Folder);
        try
        {
            Directory.CreateDirectory(temp);
            Manifest manifest;
            Encoder encoder;
            // Drafts lie in the folder that becomes the dataset, and are gone before it does.
            using (var fitted = request.IsFitted
                ? FittedBefore(request, Report, cancellation) : FitOn(request, threads, temp, Report, cancellation))
            {
                encoder = fitted.Encoder;
                manifest = Store(request, fitted, place, temp, threads, Report, cancellation);
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

    private static Fitted FitOn(
        EncodeRequest request, int threads, string temp, Action<string, long> report, CancellationToken cancellation)
    {
        var (rows, mistake, seen) = request.Split.Kind == SplitKind.InOrder ? RowsOf(request, report, cancellation) : (0, null, []);
        var splits = new SplitAssigner(request.Split, rows, request.Schema);
        using var pass = request.Pass(cancellation);
        var drafts = !request.ReadsTwice && CountRows.Drafts(request.Schema) ? new DraftFile(temp) : null;
        CountRows[] counts = [.. Enumerable.Range(0, threads).Select(i => new CountRows(request.Schema, splits, null, drafts, i))];
        try
        {
            pass.Run(counts, bytes => report("fit", bytes));
            if (mistake is not null) throw mistake;
            if (request.Schema.HasWeights && counts.Sum(c => c.TrainWeight) == 0)
                throw new ConsortException($"{request.Split.Files[0]}: found weight 0 in all training rows, expected some that count");
            var schema = request.Schema with { NegativeShare = request.Split.Sample?.Share ?? 1 };
            var fitted = new Fitted(EncoderFit.Of(schema, counts, Mixed, cancellation), splits, pass.Identities(), drafts);
            if (seen.Length > 0) CheckSame(fitted.Sources, seen);
            if (drafts is not null) fitted = fitted with { Rows = new DraftedRows(drafts, fitted.Encoder, counts) };
            var total = request.Split.Files.Sum(Length);
            return fitted.Either(drafted => fitted with
            {
                Encoder = GeneratedFit.Add(fitted.Encoder, schema, splits, drafted, threads, generated =>
                {
                    if (drafted is not null)
                    {
                        DraftPass.Run(drafted, generated, share => report("fit generated", (long)(share * total)), null, cancellation);
                        return;
                    }
                    using var again = request.Pass(cancellation);
                    again.Run(generated, bytes => report("fit generated", bytes));
                }),
            });
        }
        catch
        {
            drafts?.Dispose();
            throw;
        }
        finally
        {
            foreach (var count in counts) count.Dispose();
        }

        ConsortException? Mixed()
        {
            using var again = request.Pass(cancellation);
            return MixedTimes.First(request.Schema, splits, again, cancellation);
        }
    }

    // A pass of its own tells what the sources are, of which the key and the names of files are made.
    private static Fitted FittedBefore(EncodeRequest request, Action<string, long> report, CancellationToken cancellation)
    {
        if (request.Part is { } part)
            return new Fitted(request.By!, new SplitAssigner(request.Split, part.TotalRows, request.Schema), [.. part.Sources]);
        var (rows, mistake, sources) = RowsOf(request, report, cancellation);
        return mistake is null
            ? new Fitted(request.By ?? request.Like!.Encoder, new SplitAssigner(request.Split, rows, request.Schema), sources)
            : throw mistake;
    }

    private static void CheckSame(IEnumerable<SourceIdentity> now, IReadOnlyList<SourceIdentity> before)
    {
        var changed = now.Zip(before).FirstOrDefault(p => p.First.Hash != p.Second.Hash).Second;
        if (changed is null) return;
        throw new ConsortException(SourcePlace.Show(changed.Path) + (SourcePlace.IsFile(changed.Path)
            ? ": its content changed while it was being encoded, expected a file that nobody writes"
            : ": gave other rows when it was asked a second time, expected the same in the same order; end a query with an order by that leaves nothing open, and take random() out of it"));
    }

    /// <summary>Counts rows, as far as they can be told apart: the pass that looks into them may come upon an earlier mistake.</summary>
    private static (long Rows, ConsortException? Mistake, SourceIdentity[] Sources) RowsOf(EncodeRequest request,
        Action<string, long> report, CancellationToken cancellation)
    {
        using var pass = request.Pass(cancellation);
        using var rows = new RowCursor(request.Schema.Fields.Count);
        try
        {
            while (pass.Read(rows))
            {
                cancellation.ThrowIfCancellationRequested();
                if (rows.Block.Index % 64 == 0) report("count rows", pass.Position);
            }
        }
        catch (ConsortException mistake)
        {
            return (pass.Rows, mistake, []);
        }
        return (pass.Rows, null, pass.Identities());
    }

    private static Manifest Store(EncodeRequest request, Fitted fitted, DatasetPlace place, string temp, int threads,
        Action<string, long> report, CancellationToken cancellation)
    {
        var files = request.Split.Files;
        using var truth = request.Like is null && request.Part?.HasTruth != false ? TruthFiles.Open(files) : null;
        truth?.CheckRows([.. fitted.Sources.Select(s => s.Rows)]);
        var truthHash = truth is null ? "" : TruthFiles.HashOf(files);
        var (encoder, sources) = (fitted.Encoder, fitted.Sources);
        var layout = new RowLayout(encoder.Space, truth is not null);
        string schema = request.Schema.Identity, split = request.SplitText, key = Manifest.KeyOf(schema, split, sources, truthHash);
        string[] names = [.. Manifest.SplitNames.Select(name => place.NameOf(name, key))];
        using var writer = fitted.Either(drafted =>
        {
            var writer = new SplitWriter(temp, names, layout, buffers: 2 * threads + 1);
            try
            {
                if (drafted is null) StoreRead(writer);
                else StoreDrafted(writer, drafted);
                return writer;
            }
            catch
            {
                writer.Dispose();
                throw;
            }
        });

        void StoreDrafted(SplitWriter writer, DraftedRows drafted)
        {
            var total = files.Sum(Length);
            StoreDrafts[] stores = [.. Enumerable.Range(0, threads).Select(_ => new StoreDrafts(drafted, encoder, writer, truth))];
            DraftPass.Run(drafted, stores, share => report("encode", (long)(share * total)), writer.Abort, cancellation);
        }

        void StoreRead(SplitWriter writer)
        {
            using var pass = request.Pass(cancellation);
            var labels = request.Like is null ? LabelUse.Required : LabelUse.PassedOver;
            StoreRows[] stores =
                [.. Enumerable.Range(0, threads).Select(_ => new StoreRows(encoder, fitted.Splits, writer, truth, labels))];
            pass.Run(stores, bytes => report("encode", bytes), writer.Abort);
            CheckSame(pass.Identities(), sources);
        }

        if (writer.Rows[0] == 0 && request.Like is null && request.Part is null)
            throw new ConsortException($"{SourcePlace.Show(files[0])}: found no training rows after splitting, expected at least one");
        writer.Complete();
        var encoderFile = Path.Combine(temp, place.NameOf("encoder", key) + ".bin");
        encoder.Save(encoderFile);
        return new Manifest
        {
            Kind = Manifest.KindName,
            Format = Manifest.CurrentFormat,
            EncoderVersion = Encoder.Version,
            Key = key,
            Schema = schema,
            Split = split,
            Sources = [.. sources.Select(s => s with { Path = request.Spooled?.NameOf(s.Path) ?? s.Path })],
            Truth = truthHash,
            Categorical = [.. encoder.Space.Categorical.Select(StoredColumn.Of)],
            Numeric = encoder.Space.Numeric,
            RowBytes = layout.Bytes,
            HasTruth = truth is not null,
            Encoder = Stored(encoderFile),
            Part = request.Part?.Stored,
            Splits = [.. Enumerable.Range(0, names.Length).Where(s => writer.Rows[s] > 0)
                .Select(s => new StoredSplit(Manifest.SplitNames[s], writer.Rows[s], writer.Clicks[s], writer.File(s), writer.Lists(s)))],
        };
    }

    /// <summary>An encoder, and the rows that it is for.</summary>
    /// <param name="Encoder">The encoder.</param>
    /// <param name="Splits">Deals rows.</param>
    /// <param name="Sources">What was read.</param>
    /// <param name="File">The file of drafts, if there is one.</param>
    private sealed record Fitted(Encoder Encoder, SplitAssigner Splits, SourceIdentity[] Sources, DraftFile? File = null) : IDisposable
    {
        /// <summary>What was drafted of the rows; null where they are read again.</summary>
        public DraftedRows? Rows { get; init; }

        /// <summary>
        /// Does something with drafts. Where a cell turns out to be none that a fitted column takes, or there are no drafts, the same is
        /// done with the rows themselves, for they alone can say which cell.
        /// </summary>
        public T Either<T>(Func<DraftedRows?, T> take)
        {
            try
            {
                if (Rows is not null) return take(Rows);
            }
            catch (CellError)
            {
                // told by who reads the rows
            }
            return take(null);
        }

        public void Dispose() => File?.Dispose();
    }

    internal static StoredFile Stored(string path)
    {
        using var stream = SourceStream.Open(path);
        var hash = new XxHash128();
        hash.Append(stream);
        return new StoredFile(Path.GetFileName(path), stream.Length, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    private static EncodeResult Result(string folder, Manifest manifest, bool reused, string reason, FeatureSpace space,
        Stopwatch clock) =>
            new(folder, manifest.Key, reused, reason, space, [.. manifest.Splits.Select(s => new SplitSummary(s.Name, s.Rows, s.Clicks))],
                clock.Elapsed.TotalSeconds, manifest.Sources.Sum(s => s.Size));

    private static long Length(string path)
    {
        if (!SourcePlace.IsFile(path)) return 0;
        using var stream = SourceStream.Open(path);
        return stream.Length;
    }
}
