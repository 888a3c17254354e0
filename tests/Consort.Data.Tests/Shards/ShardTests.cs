using Consort.Data.Batches;
using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Shards;
using Consort.Data.Tests.Datasets;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Shards;

/// <summary>A dataset that several processes have encoded is that of one, to the last byte.</summary>
public sealed class ShardTests : IDisposable
{
    private const string Small = "{delimiter: comma, fields: [{name: y, kind: label}, {name: u, kind: categorical}, {name: x, kind: numeric, transform: standardise}]}";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("seed", 5, 3)]
    [InlineData("sampled", 5, 4)]
    [InlineData("order", 5, 2)]
    [InlineData("given", 7, 3)]
    [InlineData("column", 4, 4)]
    [InlineData("time", 4, 2)]
    [InlineData("seed", 1, 3)] // a file that is cut
    [InlineData("given", 3, 4)]
    public void Parts_OfEveryKindOfColumn_AreTheDatasetOfOneProcess(string split, int files, int shards)
    {
        var schema = Schema.Load(OptionMap.Parse(DraftTests.AllKinds, "s.yaml"));
        var plan = Plan(split, files);
        DatasetEncoder.Encode(new EncodeRequest(schema, plan, At("one"), 2));
        var whole = Encode(schema, plan, shards);

        Assert.Equal(File.ReadAllBytes(At("one/encoder.bin")), File.ReadAllBytes(At("encoder")));
        Assert.Equal(EncodedDataset.ContentHashOf(At("one")), EncodedDataset.ContentHashOf(whole));
        Assert.Equal(EncodedDataset.KeyAt(At("one")), EncodedDataset.KeyAt(whole));
        var (one, parts) = (Manifest.Read(At("one")), Manifest.Read(whole));
        Assert.Equal(one.Splits, parts.Splits); // and so their checksums
        Assert.Equal(one.Sources, parts.Sources);
        Assert.True(parts.Parts!.Count == shards && parts.Splits.Count > 1);
        Assert.True(Enumerable.Range(0, shards).Count(i => Manifest.Read(At($"part_{i}")).Splits.Count > 0) > 1);

        using EncodedDataset expected = EncodedDataset.Open(At("one")), opened = EncodedDataset.Open(whole);
        foreach (var (left, right) in new[] { (expected.Train, opened.Train), (expected.Valid, opened.Valid), (expected.Test, opened.Test) })
        {
            if (left is null) continue;
            Assert.Equal((left.Rows, left.Clicks, left.Bytes), (right!.Rows, right.Clicks, right.Bytes));
            Assert.Equal(Batches(left), Batches(right));
        }
        Assert.Equal(DatasetDescription.OfEncoded(expected).Columns.Select(c => (c.Name, c.MissingShare, c.TestOovShare)),
            DatasetDescription.OfEncoded(opened).Columns.Select(c => (c.Name, c.MissingShare, c.TestOovShare)));
    }

    [Fact]
    public void Parts_OfRowsWithTruth_KeepIt()
    {
        var schema = Schema.Load(OptionMap.Parse(Small, "s.yaml"));
        string[] files = [.. Enumerable.Range(0, 3).Select(i => _folder.File($"rows{i}.csv", Rows(40, i)))];
        foreach (var file in files) File.WriteAllBytes(file + ".truth", [.. Enumerable.Range(0, 40).SelectMany(r => BitConverter.GetBytes(r / 40f))]);
        var plan = SplitPlan.BySeed(files, 2);
        DatasetEncoder.Encode(new EncodeRequest(schema, plan, At("one"), 1));
        var whole = Encode(schema, plan, 2);
        Assert.Equal((EncodedDataset.KeyAt(At("one")), EncodedDataset.ContentHashOf(At("one"))),
            (EncodedDataset.KeyAt(whole), EncodedDataset.ContentHashOf(whole)));
        using var opened = EncodedDataset.Open(whole);
        Assert.True(opened.Train.HasTruth);
    }

    [Fact]
    public void Store_APartThatIsThere_IsReused()
    {
        var (schema, plan) = SmallRows();
        Encode(schema, plan, 2);
        Assert.True(DatasetEncoder.EncodeOrReuse(ShardStore.Of(Request(schema, plan, 1, 2), At("encoder"), At("part_1"))).Reused);
    }

    [Fact]
    public void Open_APart_IsADatasetByItself()
    {
        var (schema, plan) = SmallRows();
        using var whole = EncodedDataset.Open(Encode(schema, plan, 2));
        using EncodedDataset first = EncodedDataset.Open(At("part_0")), second = EncodedDataset.Open(At("part_1"));
        Assert.Equal(whole.Train.Rows, first.Train.Rows + second.Train.Rows);
        Assert.Equal([.. Batches(first.Train), .. Batches(second.Train)], Batches(whole.Train));
        Assert.Equal(3, new[] { whole.Key, first.Key, second.Key }.Distinct().Count());
    }

    [Fact]
    public void Open_PartsThatAreGoneOrOthers_SaysWhich()
    {
        var (schema, plan) = SmallRows();
        var whole = Encode(schema, plan, 2);
        Directory.Move(At("part_1"), At("gone"));
        Assert.Equal($"{At("part_1")}: found no such folder, expected an encoded dataset (a part of {whole})", Fails(() => EncodedDataset.Open(whole)));
        DatasetEncoder.Encode(ShardStore.Of(Request(schema, plan, 0, 2), At("encoder"), At("part_1")));
        Assert.StartsWith($"{At("part_1")}: found another dataset, expected the part of {whole} with key ", Fails(() => EncodedDataset.Open(whole)),
            StringComparison.Ordinal);
        Directory.Delete(At("part_1"), recursive: true);
        Directory.Move(At("gone"), At("part_1"));
        EncodedDataset.Open(whole).Dispose();
        var rows = Directory.GetFiles(At("part_1"), "train*.bin").Single();
        var bytes = File.ReadAllBytes(rows);
        bytes[^1] ^= 1;
        File.WriteAllBytes(rows, bytes);
        Assert.StartsWith($"{rows}: found checksum ", Fails(() => EncodedDataset.Open(whole)), StringComparison.Ordinal);
    }

    [Fact]
    public void MergeParts_OfSomeOrOthers_IsRefused()
    {
        var (schema, plan) = SmallRows();
        Encode(schema, plan, 3);
        string At3(int i) => At($"part_{i}");
        Assert.Equal("merge: found 2 of 3 parts, expected 1/3, too", Fails(() => PartMerge.Write([At3(0), At3(2)], At("whole"))));
        Assert.EndsWith("both are part 0/3, expected each part once", Fails(() => PartMerge.Write([At3(0), At3(0), At3(1), At3(2)], At("whole"))),
            StringComparison.Ordinal);
        DatasetEncoder.Encode(new EncodeRequest(schema, plan, At("one"), 1));
        Assert.StartsWith($"{At("one")}: found a whole dataset, expected a part", Fails(() => PartMerge.Write([At("one")], At("whole"))),
            StringComparison.Ordinal);
        Encode(schema, plan, 2, "other_");
        Assert.Contains("found a part of another dataset than", Fails(() => PartMerge.Write([At3(0), At("other_part_1")], At("whole"))),
            StringComparison.Ordinal);
    }

    [Fact]
    public void MergeParts_IntoAPartOrOfADamagedOne_IsRefusedAndLosesNothing()
    {
        var (schema, plan) = SmallRows();
        var whole = Encode(schema, plan, 2);
        string[] parts = [At("part_0"), At("part_1")];
        Directory.CreateSymbolicLink(At("link"), parts[1]);
        foreach (var own in new[] { parts[0], At("link") })
            Assert.StartsWith($"{own}: is a part itself ", Fails(() => PartMerge.Write(parts, own)), StringComparison.Ordinal);
        EncodedDataset.Open(whole).Dispose();
        var rows = Directory.GetFiles(parts[1], "train*.bin").Single();
        var bytes = File.ReadAllBytes(rows);
        bytes[5] ^= 1;
        File.WriteAllBytes(rows, bytes);
        Assert.StartsWith($"{rows}: found checksum ", Fails(() => PartMerge.Write(parts, At("again"))), StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("again")));
    }

    [Fact]
    public void Store_ByCountedRowsThatWereChanged_IsRefused()
    {
        var (schema, plan) = SmallRows();
        Encode(schema, plan, 2);
        var path = At("encoder.rows.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"rows\": 50", "\"rows\": 51", StringComparison.Ordinal));
        Assert.StartsWith($"{path}: found a damaged file: its checksum is another",
            Fails(() => ShardStore.Of(Request(schema, plan, 1, 2), At("encoder"), At("again"))), StringComparison.Ordinal);
    }

    private string Encode(Schema schema, SplitPlan plan, int shards, string name = "")
    {
        string[] Counters(string kind, string? encoder) => [.. Enumerable.Range(0, shards).Select(i =>
        {
            ShardCount.Write(Request(schema, plan, i, shards), At($"{name}{kind}_{i}.bin"), encoder);
            return At($"{name}{kind}_{i}.bin");
        })];
        var (fields, all) = (At($"{name}fields"), At($"{name}encoder"));
        var isWhole = schema.Generated.Count == 0;
        Assert.Equal(isWhole, CounterMerge.Write(Counters("counters", null), isWhole ? all : fields).IsWhole);
        if (!isWhole) Assert.True(CounterMerge.Write([.. Counters("generated", fields).Reverse()], all, fields).IsWhole);
        string[] parts = [.. Enumerable.Range(0, shards).Select(i => At($"{name}part_{i}"))];
        for (var i = 0; i < shards; i++) DatasetEncoder.EncodeOrReuse(ShardStore.Of(Request(schema, plan, i, shards), all, parts[i]));
        PartMerge.Write(parts, At($"{name}whole"));
        return At($"{name}whole");
    }

    private SplitPlan Plan(string split, int files)
    {
        var lines = DraftTests.Rows(files < 4 ? 30_000 : 4_000).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (split == "time") lines = [.. lines.Where(l => l.Split(',')[15].Length > 0)]; // a time decides, so each row has one
        string[] paths = [.. lines.Chunk((lines.Length + files - 1) / files)
            .Select((some, i) => _folder.File($"rows{i}.csv", string.Join('\n', some) + "\n"))];
        return split switch
        {
            "sampled" => SplitPlan.BySeed(paths, 7) with { Sample = NegativeSample.Of(0.4, 3) },
            "order" => SplitPlan.InOrder(paths, 0.6, 0.3, 0.1),
            "given" => SplitPlan.Given(paths[..^2], paths[^2..^1], paths[^1..]) with { Sample = NegativeSample.Of(0.5, 1) },
            "column" => SplitPlan.ByColumn(paths, "u", 5),
            "time" => SplitPlan.ByTime(paths, TimeSplit.Of("born", new DateTime(2018, 1, 1), new DateTime(2022, 1, 1), 30, [])),
            _ => SplitPlan.BySeed(paths, 7),
        };
    }

    private (Schema Schema, SplitPlan Plan) SmallRows() => (Schema.Load(OptionMap.Parse(Small, "s.yaml")),
        SplitPlan.Given([.. Enumerable.Range(0, 3).Select(i => _folder.File($"rows{i}.csv", Rows(50, i)))], [_folder.File("valid.csv", Rows(20, 9))]));

    private static string Rows(int rows, int seed)
    {
        var random = new Random(seed);
        return string.Concat(Enumerable.Range(0, rows).Select(_ => $"{random.Next(2)},t{random.Next(9)},{random.Next(100)}\n"));
    }

    private static ShardRequest Request(Schema schema, SplitPlan plan, int index, int count) => new(schema, plan, new Shard(index, count), 1 + index % 2);

    // What batches hold, in the order of the rows.
    private static List<string> Batches(EncodedSplit split)
    {
        using var loader = new BatchLoader(split, new LoaderOptions(1));
        loader.Start(0);
        var rows = new List<string>();
        while (loader.Next() is { } batch)
        {
            rows.Add(string.Join(' ', [.. batch.IdsOf(0).ToArray(), .. batch.NumericOf(0).ToArray().Select(BitConverter.SingleToInt32Bits),
                (int)batch.Labels[0], .. batch.Lists.ToArray()]));
        }
        return rows;
    }

    private static string Fails(Action act) => Assert.Throws<ConsortException>(act).Message;

    private string At(string name) => _folder.At(name);
}
