using Consort.Data.Datasets;
using Consort.Data.Schemas;
using Consort.Data.Shards;
using Consort.Foundation.Options;

namespace Consort.Data.Tests.Shards;

/// <summary>Counters that do not belong together, or are not whole, become no encoder.</summary>
public sealed class CounterFileTests : IDisposable
{
    private const string Fields = "{name: y, kind: label}, {name: u, kind: categorical}";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("-1/4")]
    [InlineData("4/4")]
    [InlineData("1")]
    [InlineData("1/0")]
    [InlineData("a/b")]
    [InlineData("0/70000")]
    public void Parse_WhatIsNoShard_IsRefused(string text) =>
        Assert.StartsWith($"shard: found \"{text}\", expected I/N", Fails(() => Shard.Parse(text)), StringComparison.Ordinal);

    [Fact]
    public void Merge_ShardsThatDoNotBelongTogether_SaysWhy()
    {
        string[] counters = [Count(0, 3), Count(1, 3), Count(2, 3)];
        Assert.Equal("merge: found 2 of 3 shards, expected 1/3, too", Merge(counters[0], counters[2]));
        Assert.Equal($"{counters[1]} and {counters[1]}: both are shard 1/3, expected each shard once", Merge([.. counters, counters[1]]));
        Assert.Contains("found counters of another schema than", Merge(counters[0], Count(1, 3, "other", min: 2), counters[2]), StringComparison.Ordinal);
        Assert.Contains("found counters of another number of shards (2 and 3) than", Merge(counters[0], Count(1, 2, "two")), StringComparison.Ordinal);
        Assert.Contains("found counters of another split (\"given 000\" and \"seed 1 shares 0.8 0.1 0.1\") than",
            Merge(Count(0, 3, "seed", isSeed: true), counters[1], counters[2]), StringComparison.Ordinal);
        Assert.Contains("found counters of another list of sources (4 and 3 of them)", Merge(counters[0], Count(1, 3, "more", files: 4)),
            StringComparison.Ordinal);
        _folder.File("rows1.csv", "1,x\n");
        Assert.False(File.Exists(_folder.At("encoder")));
        Assert.Equal(3, CounterMerge.Write(counters, _folder.At("encoder")).Shards);
    }

    [Fact]
    public void Merge_FilesThatAreNoCounters_SaysSo()
    {
        var (counters, bytes) = (Count(0, 1), File.ReadAllBytes(_folder.At("c_0.bin")));
        var random = new Random(1);
        for (var at = 0; at < bytes.Length; at++)
        {
            byte[] damaged = [.. bytes];
            damaged[at] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(counters, damaged);
            Assert.StartsWith(counters, Merge(counters), StringComparison.Ordinal);
        }
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(counters, bytes[..length]);
            Assert.StartsWith($"{counters}: found ", Merge(counters), StringComparison.Ordinal);
        }
        byte[] later = [.. bytes];
        later[8] = 9;
        File.WriteAllBytes(counters, later);
        Assert.Equal($"{counters}: found counters of format 9, expected 1; count the shard again", Merge(counters));
        Assert.Contains("found another kind of file, expected counters", Merge(_folder.File("text", "a longer text")), StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.At("encoder")));
    }

    [Fact]
    public void Store_OtherThanWasCounted_IsRefused()
    {
        CounterMerge.Write([Count(0, 2), Count(1, 2)], _folder.At("encoder"));
        string Store(ShardRequest request) => Fails(() => DatasetEncoder.Encode(ShardStore.Of(request, _folder.At("encoder"), _folder.At("part"))));
        Assert.Contains("found another schema, expected what the counters were made of", Store(Request(0, 2, min: 2)), StringComparison.Ordinal);
        Assert.Contains("found --shard 0/3, expected", Store(Request(0, 3)), StringComparison.Ordinal);
        Assert.Contains("found another split (\"seed", Store(Request(0, 2, isSeed: true)), StringComparison.Ordinal);
        Assert.Contains("found other sources, 4 of them", Store(Request(0, 2, files: 4)), StringComparison.Ordinal);
        var request = Request(0, 2);
        _folder.File("rows0.csv", "1,a\n0,c\n");
        Assert.Equal($"{_folder.At("rows0.csv")}: its content changed while it was being encoded, expected a file that nobody writes", Store(request));
        File.AppendAllText(_folder.At("encoder"), "x");
        Assert.Contains("found another encoder than", Store(request), StringComparison.Ordinal);
        File.Delete(_folder.At("encoder.rows.json"));
        Assert.Contains("expected an encoder as consort encode --merge writes it", Store(request), StringComparison.Ordinal);
    }

    [Fact]
    public void Store_BeforeCrossesAreCounted_SaysWhatIsToBeDone()
    {
        const string Cross = ", {name: v, kind: categorical}, {name: uv, kind: cross, of: [u, v]}";
        string[] files = [.. Enumerable.Range(0, 2).Select(i => _folder.File($"pairs{i}.csv", "1,a,b\n0,c,d\n"))];
        var schema = Schema.Load(OptionMap.Parse($"{{delimiter: comma, fields: [{Fields}{Cross}]}}", "s.yaml"));
        ShardRequest Of(int i) => new(schema, SplitPlan.Given(files), new Shard(i, 2), 1);
        string[] counters = [.. Enumerable.Range(0, 2).Select(i => _folder.At($"c_{i}.bin"))];
        for (var i = 0; i < 2; i++) ShardCount.Write(Of(i), counters[i]);
        var fields = _folder.At("fields");
        Assert.False(CounterMerge.Write(counters, fields).IsWhole);
        Assert.Contains("found an encoder of fields alone", Fails(() => ShardStore.Of(Of(0), fields, _folder.At("part"))), StringComparison.Ordinal);
        Assert.Contains("found counters of fields, expected those of crosses and lookups", Fails(() => CounterMerge.Write(counters, _folder.At("e"), fields)),
            StringComparison.Ordinal);
        for (var i = 0; i < 2; i++) ShardCount.Write(Of(i), counters[i], fields);
        Assert.Contains("expected the encoder that counted them by --encoder", Fails(() => CounterMerge.Write(counters, _folder.At("e"))),
            StringComparison.Ordinal);
        Assert.True(CounterMerge.Write(counters, _folder.At("e"), fields).IsWhole);
    }

    private string Merge(params string[] counters) => Fails(() => CounterMerge.Write(counters, _folder.At("encoder")));

    private string Count(int shard, int of, string name = "c", int min = 1, bool isSeed = false, int files = 3)
    {
        var path = _folder.At($"{name}_{shard}.bin");
        ShardCount.Write(Request(shard, of, min, isSeed, files), path);
        return path;
    }

    private ShardRequest Request(int shard, int of, int min = 1, bool isSeed = false, int files = 3)
    {
        string[] paths = [.. Enumerable.Range(0, files).Select(i => _folder.File($"rows{i}.csv", "1,a\n0,b\n1,a token that is long\n"))];
        var schema = Schema.Load(OptionMap.Parse($"{{delimiter: comma, min_count: {min}, fields: [{Fields}]}}", "s.yaml"));
        return new ShardRequest(schema, isSeed ? SplitPlan.BySeed(paths, 1) : SplitPlan.Given(paths), new Shard(shard, of), 1);
    }

    private static string Fails(Action act) => Assert.Throws<ConsortException>(act).Message;
}
