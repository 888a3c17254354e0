using System.IO.Hashing;
using Consort.Data.Datasets;
using Consort.Data.Sources;
using Consort.Foundation.Files;

namespace Consort.Data.Shards;

/// <summary>Makes one dataset of parts that stay where they are: a folder with a manifest that names them, and the encoder.</summary>
internal static class PartMerge
{
    /// <summary>Reads all parts once, and writes the folder.</summary>
    /// <param name="parts">The folders of all parts, in any order.</param>
    /// <param name="folder">The dataset's folder; an older dataset there is replaced when the new one is whole.</param>
    /// <param name="cancellation">Stops the work; nothing is left behind.</param>
    /// <returns>The splits.</returns>
    /// <exception cref="ConsortException">A part is missing, there twice, damaged, or of another dataset.</exception>
    public static IReadOnlyList<SplitSummary> Write(IReadOnlyList<string> parts, string folder, CancellationToken cancellation = default)
    {
        if (parts.Count == 0) throw new ConsortException("merge: found no parts, expected all of a dataset");
        using var claim = Claim.Take(folder, DatasetPlace.ClaimName(folder), "name another folder with --out");
        (string Folder, Manifest Manifest)[] read =
            [.. parts.Select(p => (Path.TrimEndingDirectorySeparator(Path.GetFullPath(p)), Manifest.Read(p)))];
        Check(read);
        read = [.. read.OrderBy(p => p.Manifest.Part!.Index)];
        var (place, temp) = (new DatasetPlace(folder), SafeFile.TempName(folder));
        if (read.FirstOrDefault(p => FileFacts.AreSame(At(p.Folder), At(place.Folder))).Folder is { } own)
            throw new ConsortException($"{folder}: is a part itself ({own}), whose rows the dataset of all would replace; expected another folder");
        try
        {
            Directory.CreateDirectory(temp);
            var (from, first) = read[0];
            var encoder = Path.Combine(temp, place.NameOf("encoder", first.Part!.Key) + ".bin");
            File.Copy(Path.Combine(from, first.Encoder.Name), encoder);
            var stored = StoredFile.Of(encoder);
            EncodedDataset.CheckHash(Path.Combine(from, first.Encoder.Name), first.Encoder, stored.Checksum);
            var whole = first with
            {
                Key = first.Part.Key,
                Split = first.Part.Split,
                Truth = first.Part.Truth,
                Sources = SourcesOf(read),
                Encoder = stored,
                Splits = SplitsOf(read, cancellation),
                Part = null,
                Parts = [.. read.Select(p => new PartPlace(Path.GetRelativePath(place.Folder, p.Folder), p.Manifest.Key))],
            };
            if (whole.Key != Manifest.KeyOf(whole.Schema, whole.Split, whole.Sources, whole.Truth))
                throw new ConsortException($"{folder}: found parts whose sources do not agree with their key, expected those of one encoding; store the parts again");
            if (whole.Splits.All(s => s.Name != "train"))
                throw new ConsortException($"{SourcePlace.Show(whole.Sources[0].Path)}: found no training rows after splitting, expected at least one");
            place.Put(temp, whole);
            return [.. whole.Splits.Select(s => new SplitSummary(s.Name, s.Rows, s.Clicks))];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SafeFile.Explain(folder, e);
        }
        finally
        {
            if (Directory.Exists(temp)) Directory.Delete(temp, recursive: true);
        }
    }

    private static string At(string folder) => Path.Combine(folder, Manifest.FileName);

    private static void Check((string Folder, Manifest Manifest)[] parts)
    {
        foreach (var (folder, manifest) in parts)
        {
            if (manifest.Part is not { } part)
                throw new ConsortException($"{folder}: found a whole dataset, expected a part as consort encode --store --shard writes it");
            var (first, other) = parts[0];
            if (part.Key != other.Part?.Key || part.Of != other.Part.Of || manifest.Encoder.Checksum != other.Encoder.Checksum)
                throw new ConsortException($"{folder}: found a part of another dataset than {first}, expected parts of one: by the same encoder, schema, split and sources");
        }
        var of = parts[0].Manifest.Part!.Of;
        foreach (var twice in parts.GroupBy(p => p.Manifest.Part!.Index).Where(g => g.Count() > 1))
            throw new ConsortException($"{twice.First().Folder} and {twice.Last().Folder}: both are part {twice.Key}/{of}, expected each part once");
        int[] missing = [.. Enumerable.Range(0, of).Except(parts.Select(p => p.Manifest.Part!.Index))];
        if (missing.Length > 0)
            throw new ConsortException($"merge: found {parts.Length} of {of} parts, expected {string.Join(", ", missing.Take(10).Select(m => $"{m}/{of}"))}{(missing.Length > 10 ? " and more" : "")}, too");
    }

    private static SourceIdentity[] SourcesOf((string Folder, Manifest Manifest)[] parts)
    {
        var sources = new SortedDictionary<int, SourceIdentity>();
        foreach (var (_, manifest) in parts)
        {
            foreach (var (source, share) in manifest.Sources.Zip(manifest.Part!.Shares)) sources[share.Place] = source;
        }
        return [.. sources.Values];
    }

    // Of each split what one process would have written, and its checksum.
    private static List<StoredSplit> SplitsOf((string Folder, Manifest Manifest)[] read, CancellationToken cancellation)
    {
        var (parts, splits) = (new DatasetParts(read), new List<StoredSplit>());
        foreach (var name in Manifest.SplitNames)
        {
            var (rows, clicks) = parts.Sum(name);
            if (rows == 0) continue;
            var hasLists = read.Any(p => p.Manifest.Splits.Any(s => s.Name == name && s.Lists is not null));
            splits.Add(new StoredSplit(name, rows, clicks, FileOf($"{name}.bin", take => parts.GiveRows(name, take)),
                hasLists ? FileOf($"{name}-lists.bin", take => parts.GiveLists(name, take)) : null));
        }
        return splits;

        StoredFile FileOf(string file, Action<Encoders.BytesTaker> give)
        {
            var (hash, length) = (new XxHash128(), 0L);
            give(bytes =>
            {
                cancellation.ThrowIfCancellationRequested();
                hash.Append(bytes);
                length += bytes.Length;
            });
            return new StoredFile(file, length, Convert.ToHexStringLower(hash.GetCurrentHash()));
        }
    }
}
