using System.IO.Hashing;
using System.Runtime.InteropServices;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Datasets;

/// <summary>The parts that a dataset's rows lie in, one behind another in each split.</summary>
internal sealed class DatasetParts
{
    private readonly (string Folder, Manifest Manifest)[] _parts;

    /// <param name="parts">The parts in their order.</param>
    public DatasetParts(params (string Folder, Manifest Manifest)[] parts) => _parts = parts;

    /// <summary>The parts that a manifest names; null where it has its rows itself.</summary>
    /// <exception cref="ConsortException">One is not there, is damaged, or is of another dataset.</exception>
    public static DatasetParts? Of(string folder, Manifest whole)
    {
        if (whole.Parts is null) return null;
        var parts = whole.Parts.Select(p => (Place: p, Folder: At(folder, p)))
            .Select(p => (p.Place, p.Folder, Manifest: ReadPart(p.Folder, folder))).ToArray();
        foreach (var (place, at, manifest) in parts)
        {
            if (manifest.Key != place.Key || manifest.Part?.Key != whole.Key || manifest.Encoder.Checksum != whole.Encoder.Checksum)
                throw new ConsortException($"{at}: found another dataset, expected the part of {folder} with key {place.Key}; store the part again, or merge the parts again");
        }
        var made = new DatasetParts([.. parts.Select(p => (p.Folder, p.Manifest))]);
        foreach (var split in whole.Splits)
        {
            if (made.Sum(split.Name) is var sum && (sum.Rows != split.Rows || sum.Clicks != split.Clicks))
                throw new ConsortException($"{folder}: found {sum.Rows} rows of {split.Name} in its parts, expected {split.Rows}; merge the parts again");
        }
        return made;
    }

    /// <summary>The folders of the parts that a folder's manifest names; none where there are none, or nothing that can be read.</summary>
    public static IEnumerable<string> FoldersAt(string folder)
    {
        try
        {
            return Manifest.IsAt(folder) && Manifest.Read(folder).Parts is { } parts
                ? [.. parts.Select(p => At(folder, p))] : [];
        }
        catch (ConsortException)
        {
            return [];
        }
    }

    /// <summary>Rows and clicks of a split over all parts.</summary>
    public (long Rows, long Clicks) Sum(string split) =>
        (_parts.Sum(p => Of(p.Manifest, split)?.Rows ?? 0), _parts.Sum(p => Of(p.Manifest, split)?.Clicks ?? 0));

    /// <summary>Opens a split.</summary>
    /// <exception cref="ConsortException">A file is damaged.</exception>
    public EncodedSplit Open(StoredSplit whole, FeatureSpace space)
    {
        var pieces = new List<EncodedSplit>();
        try
        {
            foreach (var (folder, manifest) in _parts)
            {
                if (Of(manifest, whole.Name) is { } stored) pieces.Add(new EncodedSplit(folder, stored, space, manifest.HasTruth));
            }
            return new EncodedSplit(whole, [.. pieces], space, _parts[0].Manifest.HasTruth);
        }
        catch
        {
            foreach (var piece in pieces) piece.Dispose();
            throw;
        }
    }

    /// <summary>Gives the bytes of all rows, then of all lists, as the files of one dataset would have them.</summary>
    public void Give(Manifest whole, BytesTaker take)
    {
        foreach (var split in whole.Splits) GiveRows(split.Name, take);
        foreach (var split in whole.Splits) GiveLists(split.Name, take);
    }

    /// <summary>Gives the bytes of a split's rows as one file would have them.</summary>
    public void GiveRows(string split, BytesTaker take)
    {
        long before = 0;
        foreach (var (folder, manifest) in _parts)
        {
            if (Of(manifest, split) is not { } stored) continue;
            var rowBytes = manifest.RowBytes;
            var (buffer, listsAt, moved) = (new byte[Math.Max(1, (1 << 20) / rowBytes) * rowBytes], rowBytes - sizeof(long), before);
            Give(folder, stored.File, buffer, bytes =>
            {
                // Where a row's lists begin comes last in it, counted within the part.
                for (var at = listsAt; stored.Lists is not null && at < bytes.Length; at += rowBytes)
                    MemoryMarshal.Write(bytes[at..], MemoryMarshal.Read<long>(bytes[at..]) + moved);
                take(bytes);
            });
            before += (stored.Lists?.Bytes ?? 0) / sizeof(int);
        }
    }

    /// <summary>Gives the bytes of a split's lists likewise.</summary>
    public void GiveLists(string split, BytesTaker take)
    {
        foreach (var (folder, manifest) in _parts)
        {
            if (Of(manifest, split)?.Lists is { } lists) Give(folder, lists, new byte[1 << 20], bytes => take(bytes));
        }
    }

    private static string At(string folder, PartPlace part) => Path.GetFullPath(part.Folder, Path.GetFullPath(folder));

    private static StoredSplit? Of(Manifest manifest, string split) => manifest.Splits.FirstOrDefault(s => s.Name == split);

    private static Manifest ReadPart(string part, string folder)
    {
        try
        {
            return Manifest.Read(part);
        }
        catch (ConsortException e)
        {
            throw new ConsortException($"{e.Message} (a part of {folder})", e);
        }
    }

    private static void Give(string folder, StoredFile stored, byte[] buffer, SpanAction take)
    {
        var path = Path.Combine(folder, stored.Name);
        EncodedDataset.CheckSize(path, stored);
        using var file = SourceStream.Open(path);
        var hash = new XxHash128();
        for (int read; (read = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)) > 0;)
        {
            hash.Append(buffer.AsSpan(0, read));
            take(buffer.AsSpan(0, read));
        }
        EncodedDataset.CheckHash(path, stored, Convert.ToHexStringLower(hash.GetCurrentHash()));
    }

    private delegate void SpanAction(Span<byte> bytes);
}
