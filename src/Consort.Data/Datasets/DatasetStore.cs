using Consort.Data.Encoders;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>The second pass: every row, encoded, into the files of its split.</summary>
internal static class DatasetStore
{
    /// <summary>Writes the rows and the encoder, and gives the manifest of all.</summary>
    public static Manifest Write(EncodeRequest request, DatasetFit fitted, DatasetPlace place, string temp, int threads,
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
            var total = request.SourceBytes();
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
            DatasetFit.CheckSame(pass.Identities(), sources);
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
            Encoder = StoredFile.Of(encoderFile),
            Part = request.Part?.Stored,
            Splits = [.. Enumerable.Range(0, names.Length).Where(s => writer.Rows[s] > 0)
                .Select(s => new StoredSplit(Manifest.SplitNames[s], writer.Rows[s], writer.Clicks[s], writer.File(s), writer.Lists(s)))],
        };
    }
}
