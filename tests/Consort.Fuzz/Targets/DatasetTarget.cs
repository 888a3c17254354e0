using System.Globalization;
using System.Runtime.InteropServices;
using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Foundation.Options;

namespace Consort.Fuzz.Targets;

/// <summary>
/// Encoded datasets with one file of another content. An input is a line with the file's name and then its bytes. A dataset that opens
/// though a file was changed must be the same dataset.
/// </summary>
internal sealed class DatasetTarget : FuzzTarget
{
    private readonly List<(string Name, byte[] Whole)> _files = [];
    private string _folder = "", _expected = "";

    public override string Name => "dataset";

    public override string What => "encoded datasets with a damaged file";

    public override void Prepare(string folder)
    {
        var run = new TinyRun(folder);
        _folder = run.At("encoded");
        DatasetEncoder.Encode(new EncodeRequest(Schema.Load(OptionMap.Parse(TinyRun.Schema, "schema")),
            SplitPlan.BySeed([run.Train], 1), _folder, 1));
        foreach (var file in Directory.EnumerateFiles(_folder).Order(StringComparer.Ordinal))
            _files.Add((Path.GetFileName(file), File.ReadAllBytes(file)));
        _expected = Content();
    }

    public override IEnumerable<byte[]> Seeds() =>
        _files.Select(f => (byte[])[.. System.Text.Encoding.UTF8.GetBytes(f.Name + "\n"), .. f.Whole]);

    public override bool Try(byte[] input)
    {
        var line = Array.IndexOf(input, (byte)'\n');
        var name = line < 0 ? "" : System.Text.Encoding.UTF8.GetString(input, 0, line);
        var (file, whole) = _files.Find(f => f.Name == name) is { Name: not null } found ? found : _files[0];
        var path = Path.Combine(_folder, file);
        File.WriteAllBytes(path, input[(line + 1)..]);
        try
        {
            var content = Content();
            return content == _expected ? true : throw new FindingException(
                $"{file}: a damaged dataset opened:\n{content}\ninstead of\n{_expected}");
        }
        finally
        {
            File.WriteAllBytes(path, whole);
        }
    }

    // All that whoever trains on it sees.
    private unsafe string Content()
    {
        using var dataset = EncodedDataset.Open(_folder);
        var hash = new System.IO.Hashing.XxHash64();
        foreach (var split in new[] { dataset.Train, dataset.Valid, dataset.Test })
            if (split is not null)
            {
                using var loader = new BatchLoader(split, new LoaderOptions(64));
                loader.Start(0);
                while (loader.Next() is { } batch)
                {
                    hash.Append(MemoryMarshal.AsBytes(batch.Ids));
                    hash.Append(MemoryMarshal.AsBytes(batch.Numeric));
                    hash.Append(MemoryMarshal.AsBytes(batch.Labels));
                }
            }

        var splits = new[] { dataset.Train, dataset.Valid, dataset.Test }.Select(s =>
            string.Create(CultureInfo.InvariantCulture, $"{s?.Rows} rows {s?.Clicks} clicks"));
        return $"{dataset.Key} {string.Join(", ", splits)} {string.Join(' ', dataset.Categorical)} {string.Join(' ', dataset.Numeric)} {hash.GetCurrentHashAsUInt64():x}";
    }
}
