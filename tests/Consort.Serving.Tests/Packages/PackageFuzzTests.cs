using System.Buffers.Binary;
using System.IO.Hashing;
using Consort.Serving.Packages;

namespace Consort.Serving.Tests.Packages;

/// <summary>A package that is not whole and genuine is refused with its name and what was expected, quickly and cheaply.</summary>
[Collection(AloneCollection.Name)]
public sealed class PackageFuzzTests : IDisposable
{
    private const long MostBytes = 32 << 20; // managed, for a file of some 40 kB
    private readonly ServingData _data;
    private readonly byte[] _package;
    private readonly string _path;

    public PackageFuzzTests(ServingData data)
    {
        _data = data;
        _path = data.NewFile("fuzz.consort");
        using var family = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [8, 4], batch_norm: true }"));
        PackageWriter.Write(_path, family.Content(PackageWeights.Int8));
        _package = File.ReadAllBytes(_path);
    }

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Load_CutShortAnywhere_IsRefused()
    {
        var header = PackageHeader.Read(_package, _package.Length, "test");
        long[] boundaries = [0, 8, PackageHeader.Length, header.Manifest.End, header.Encoder.Offset, header.Encoder.End,
            header.Vocabularies.Offset, header.Vocabularies.End, header.Weights.Offset, header.Weights.Offset + 8, _package.Length];
        foreach (var at in boundaries.SelectMany(b => new[] { b - 1, b, b + 1 })
            .Concat(Enumerable.Range(0, 50).Select(i => (long)i * _package.Length / 50)))
            if (at >= 0 && at < _package.Length)
                Refuse(_package[..(int)at], $"cut at {at}");
        Refuse([.. _package, 0], "a byte more");
    }

    [Fact]
    public void Load_AnyBitOfTheHeaderTurned_IsRefused()
    {
        for (var bit = 0; bit < PackageHeader.Length * 8; bit++)
            Refuse(Turned(bit), $"header bit {bit}");
    }

    [Fact]
    public void Load_SampledBitsTurned_IsRefused()
    {
        var random = new Random(4);
        for (var i = 0; i < 400; i++)
        {
            var bit = random.Next(PackageHeader.Length * 8, _package.Length * 8);
            Refuse(Turned(bit), $"bit {bit}");
        }
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(1L << 40)]
    [InlineData(int.MaxValue)]
    public void Load_EveryHeaderFieldWildWithItsChecksum_IsRefused(long wild)
    {
        for (var field = 8; field < 88; field += 8)
        {
            var forged = (byte[])_package.Clone();
            BinaryPrimitives.WriteInt64LittleEndian(forged.AsSpan(field), wild);
            XxHash128.Hash(forged.AsSpan(0, 112), forged.AsSpan(112, 16));
            Refuse(forged, $"field at {field} as {wild}");
        }
    }

    [Fact]
    public void Load_PutTogetherAgain_IsAccepted()
    {
        File.WriteAllBytes(_path, new PackageForge(_package).Build());
        using var scorer = Scorer.Load(_path);
        Assert.Equal(15, scorer.Fields.Count);
    }

    [Theory]
    [InlineData("kind", "\"something\"", "kind")]
    [InlineData("format", "7", "format")]
    [InlineData("members", "[]", "members")]
    [InlineData("members", "[0, 0]", "members")]
    [InlineData("members", "[5]", "members")]
    [InlineData("members", "[-1]", "members")]
    [InlineData("fusion", "\"Average\"", "damaged manifest")]
    [InlineData("fusion", "99", "fusion")]
    [InlineData("model", "null", "damaged")]
    [InlineData("model", "\"members: [{ model: DeepFM, hidden_units: [1000000000] }]\"", "hidden_units")]
    [InlineData("model", "\"members: [{ model: DeepFM, hidden_units: [4000, 4000, 4000] }]\"", "expected")]
    [InlineData("model", "\"members: [{ model: DeepFM, count: 1000000000 }]\"", "count")]
    [InlineData("model", "\"members: [{ model: Deep }]\"", "DeepFM")]
    [InlineData("model", "\"wrong: 1\"", "members")]
    [InlineData("calibration", "{\"kind\": \"Platt\", \"slope\": -1}", "slope")]
    [InlineData("calibration", "{\"kind\": \"Isotonic\", \"logits\": [2, 1], \"probabilities\": [0.1, 0.2]}", "ascending")]
    [InlineData("calibration", "{\"kind\": \"Isotonic\", \"logits\": [], \"probabilities\": []}", "at least one logit")]
    [InlineData("calibration", "{\"kind\": \"Isotonic\"}", "as many logits")]
    [InlineData("tensors", "{}", "one checksum")]
    public void Load_AForgedManifest_IsRefused(string key, string json, string expected)
    {
        var forge = new PackageForge(_package);
        forge.Manifest[key] = System.Text.Json.Nodes.JsonNode.Parse(json);
        Refuse(forge.Build(), key, expected);
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    public void Load_AModelOfBracketsAlone_IsRefused(char bracket)
    {
        var forge = new PackageForge(_package);
        forge.Manifest["model"] = new string(bracket, 100_000);
        Refuse(forge.Build(), "nested model");
    }

    [Theory]
    [InlineData("\"I8\"", "\"F16\"")]
    [InlineData("\"I8\"", "\"F64\"")]
    [InlineData("\"I8\"", "\"5\"")]
    [InlineData("\"shape\":[", "\"shape\":[9223372036854775807,")]
    [InlineData("\"shape\":[", "\"shape\":[-1,")]
    [InlineData("\"data_offsets\":[0,", "\"data_offsets\":[64,")]
    [InlineData("\"data_offsets\":[0,", "\"data_offsets\":[-64,")]
    [InlineData("member0/first_order", "member0/second_order")]
    public void Load_AForgedWeightsHeader_IsRefused(string found, string put)
    {
        var forge = new PackageForge(_package);
        Assert.Contains(found, forge.WeightsHeader, StringComparison.Ordinal);
        forge.WeightsHeader = forge.WeightsHeader.Replace(found, put, StringComparison.Ordinal);
        Refuse(forge.Build(), put);
    }

    [Fact]
    public void Load_AnEncoderWithWildCounts_IsRefused()
    {
        var original = new PackageForge(_package).Encoder;
        const int Head = 8 + 4; // magic and version
        var random = new Random(5);
        // Wherever a count may stand, with the checksum made to agree.
        foreach (var wild in (int[])[int.MaxValue, -1, 1 << 28])
            for (var i = 0; i < 60; i++)
            {
                var encoder = (byte[])original.Clone();
                var at = random.Next(Head, encoder.Length - 4);
                BinaryPrimitives.WriteInt32LittleEndian(encoder.AsSpan(at), wild);
                LoadOrRefuse(new PackageForge(_package) { Encoder = encoder }.Build(), $"{wild} at {at}");
            }

        Refuse(new PackageForge(_package) { Encoder = original[..^1] }.Build(), "a byte less");
        Refuse(new PackageForge(_package) { Encoder = [.. original, 0] }.Build(), "a byte more");
        var version = (byte[])original.Clone();
        version[8]++;
        Refuse(new PackageForge(_package) { Encoder = version }.Build(), "version", "encoder version");
    }

    [Fact]
    public void Load_ASchemaThatNamesAFile_OpensNone()
    {
        // The file holds the very schema, so a package that opened it would be whole.
        var original = new PackageForge(_package).Encoder;
        const int Head = 8 + 4; // magic and version
        using var reader = new BinaryReader(new MemoryStream(original, Head, original.Length - Head));
        var other = _data.NewFile("schema.yaml");
        File.WriteAllText(other, reader.ReadString());
        using var encoder = new MemoryStream();
        using (var writer = new BinaryWriter(encoder, System.Text.Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(original.AsSpan(0, Head));
            writer.Write($"file: {other}");
            writer.Write(original.AsSpan(Head + (int)reader.BaseStream.Position));
        }

        Refuse(new PackageForge(_package) { Encoder = encoder.ToArray() }.Build(), "a schema with a file", "damaged encoder");
    }

    [Fact]
    public void Load_OfAFolderOrNothing_SaysSo()
    {
        Assert.Contains("cannot be opened", Assert.Throws<ConsortException>(() => Scorer.Load(Path.GetDirectoryName(_path)!)).Message,
            StringComparison.Ordinal);
        Assert.Contains("cannot be opened", Assert.Throws<ConsortException>(() => Scorer.Load(_path + ".not")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Load_AllButTables_LeavesOnlyTablesUnchecked()
    {
        var forge = new PackageForge(_package);
        var header = PackageHeader.Read(_package, _package.Length, "test");
        var begin = (int)(header.Weights.End - forge.Numbers.Length);
        using var json = System.Text.Json.JsonDocument.Parse(forge.WeightsHeader);
        foreach (var tensor in json.RootElement.EnumerateObject().Where(t => t.Name != "__metadata__"))
        {
            var at = begin + tensor.Value.GetProperty("data_offsets")[0].GetInt32();
            File.WriteAllBytes(_path, Turned(at * 8));
            if (tensor.Name is "shared/embedding" or "member0/first_order")
                Scorer.Load(_path, PackageCheck.AllButTables).Dispose();
            else
                Assert.Throws<ConsortException>(() => Scorer.Load(_path, PackageCheck.AllButTables));
        }
    }

    private byte[] Turned(int bit)
    {
        var turned = (byte[])_package.Clone();
        turned[bit / 8] ^= (byte)(1 << (bit % 8));
        return turned;
    }

    private void Refuse(byte[] package, string what, string expected = "expected")
    {
        var message = LoadOrRefuse(package, what);
        Assert.True(message is not null, $"{what}: was accepted");
        Assert.Contains(expected, message, StringComparison.Ordinal);
    }

    // The message, or null where it was accepted.
    private string? LoadOrRefuse(byte[] package, string what)
    {
        File.WriteAllBytes(_path, package);
        var before = GC.GetAllocatedBytesForCurrentThread();
        string? message = null;
        try
        {
            Scorer.Load(_path).Dispose();
        }
        catch (ConsortException e)
        {
            message = e.Message;
            Assert.True(message.StartsWith(_path, StringComparison.Ordinal), $"{what}: {message}");
        }
        catch (Exception e)
        {
            Assert.Fail($"{what}: {e}");
        }

        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(allocated < MostBytes, $"{what}: allocated {allocated} bytes");
        return message;
    }
}
