using System.Buffers.Binary;
using System.Text;
using Consort.Serving.Packages;
using Encoder = Consort.Data.Encoders.Encoder;

namespace Consort.Serving.Tests.Packages;

/// <summary>
/// The encoder that a package holds is used where it is mapped: it does what the run's does, whatever its bytes are nothing else is read.
/// </summary>
[Collection(ServingDataCollection.Name)]
public sealed class PackageEncoderTests : IDisposable
{
    private const int SlotBytes = 16;
    private readonly ServingData _data;
    private readonly byte[] _package;
    private readonly string _path;

    public PackageEncoderTests(ServingData data)
    {
        _data = data;
        _path = data.NewFile("encoder.consort");
        using var family = new TrainedFamily(data, TrainedFamily.Of("DeepFM", "{ hidden_units: [8, 4] }"));
        PackageWriter.Write(_path, family.Content(PackageWeights.Fp32));
        _package = File.ReadAllBytes(_path);
    }

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Encoder_OfAPackage_IsThatOfTheRun()
    {
        using var scorer = Scorer.Load(_path);
        Assert.Equal(Ids(_data.Encoder), Ids(scorer.Encoder));
        Assert.Equal(Tokens(_data.Encoder), Tokens(scorer.Encoder));
        using MemoryStream expected = new(), written = new();
        _data.Encoder.Write(expected);
        scorer.Encoder.Write(written);
        Assert.Equal(expected.ToArray(), written.ToArray());
    }

    [Fact]
    public void Encoder_AfterItsScorerIsDisposedOf_StillEncodes()
    {
        var scorer = Scorer.Load(_path);
        var encoder = scorer.Encoder;
        scorer.Dispose();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.Equal(Ids(_data.Encoder), Ids(encoder));
    }

    [Fact]
    public void Write_OfAPackagesEncoder_GivesTheSameBytes()
    {
        using var scorer = Scorer.Load(_path);
        using var family = new TrainedFamily(_data, TrainedFamily.Of("DeepFM", "{ hidden_units: [8, 4] }"));
        var again = _data.NewFile("again.consort");
        PackageWriter.Write(again, family.Content(PackageWeights.Fp32) with { Encoder = scorer.Encoder });
        Assert.Equal(_package, File.ReadAllBytes(again));
        File.Delete(again);
    }

    [Fact]
    public void Load_VocabulariesOfAnyBytesWithTheirChecksum_GiveOtherIdsOrAnError()
    {
        var original = new PackageForge(_package).Vocabularies;
        var random = new Random(6);
        int[] wild = [-1, int.MaxValue, int.MinValue, 0, 1, 9, 12, 16, 17, 1 << 28];
        for (var i = 0; i < 300; i++)
        {
            var forged = (byte[])original.Clone();
            for (var change = 0; change < 1 + (i % 40); change++)
                BinaryPrimitives.WriteInt32LittleEndian(forged.AsSpan(4 * random.Next(forged.Length / 4)), wild[random.Next(wild.Length)]);
            Use(forged);
        }

        // Every used slot alike in its length or place, in its number, or in all that follows the slots.
        foreach (var value in wild)
            foreach (var part in (int[])[8, 12, 4])
            {
                var forged = (byte[])original.Clone();
                for (var at = part; at < forged.Length; at += SlotBytes)
                    if (part != 8 || BinaryPrimitives.ReadInt32LittleEndian(forged.AsSpan(at)) != 0)
                        BinaryPrimitives.WriteInt32LittleEndian(forged.AsSpan(at), value);
                Use(forged);
            }

        var full = (byte[])original.Clone();
        full.AsSpan().Fill(0xff);
        Assert.Contains("damaged encoder", Use(full), StringComparison.Ordinal);
        Assert.Contains("damaged encoder", Use(original[..^64]), StringComparison.Ordinal);
        Assert.Contains("damaged encoder", Use([.. original, .. new byte[64]]), StringComparison.Ordinal);
        Assert.Contains("damaged encoder", Use([]), StringComparison.Ordinal);
        Assert.Null(Use(original));
    }

    [Fact]
    public void Load_AHeadOfAnyBytesWithItsChecksum_GivesOtherIdsOrAnError()
    {
        var original = new PackageForge(_package).Encoder;
        var random = new Random(7);
        foreach (var wild in (int[])[int.MaxValue, -1, 0, 1, 30, 1 << 28])
            for (var i = 0; i < 60; i++)
            {
                var head = (byte[])original.Clone();
                BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(random.Next(12, head.Length - 4)), wild);
                Use(null, head);
            }
    }

    // The message, or null where it was accepted; then every value gives an id of its column, and every id has a text.
    private string? Use(byte[]? vocabularies, byte[]? head = null)
    {
        var forge = new PackageForge(_package);
        forge.Vocabularies = vocabularies ?? forge.Vocabularies;
        forge.Encoder = head ?? forge.Encoder;
        File.WriteAllBytes(_path, forge.Build());
        try
        {
            using var scorer = Scorer.Load(_path);
            var rows = head is null ? Ids(scorer.Encoder) : [];
            foreach (var row in rows)
                for (var f = 0; f < scorer.Encoder.Space.Categorical.Count; f++)
                {
                    var column = scorer.Encoder.Space.Categorical[f];
                    var ids = column.List is null ? [row[f]] : row[(scorer.Encoder.Space.Categorical.Count + row[f] + 1)..];
                    foreach (var id in column.List is null ? ids : ids[..row[scorer.Encoder.Space.Categorical.Count + row[f]]])
                        Assert.InRange(id, column.Offset, column.Offset + column.Size - 1);
                }

            Assert.Equal(scorer.Encoder.Space.Features, Tokens(scorer.Encoder).Length);
            scorer.Encoder.Write(new MemoryStream());
            Assert.InRange(scorer.Score(scorer.NewImpression()), 0f, 1f);
            return null;
        }
        catch (ConsortException e)
        {
            Assert.StartsWith(_path, e.Message, StringComparison.Ordinal);
            return e.Message;
        }
    }

    private static string[] Tokens(Encoder encoder) => [.. Enumerable.Range(0, encoder.Space.Features).Select(encoder.Token)];

    private int[][] Ids(Encoder encoder)
    {
        var numerics = new float[encoder.Space.Numeric.Count];
        var rows = new List<int[]>();
        foreach (var raw in _data.Raw)
        {
            var (ids, lists) = (new int[encoder.Space.Categorical.Count], new int[encoder.Space.ListRoom]);
            var times = new long[encoder.TimesPerRow];
            encoder.Clear(ids, numerics, lists, times: times);
            foreach (var (name, value) in raw)
                encoder.EncodeField(encoder.FieldIndex(name), Encoding.UTF8.GetBytes(value), ids, numerics, lists, times);
            encoder.SettleTimes(lists, times);
            rows.Add([.. ids, .. lists]);
        }

        return [.. rows];
    }
}
