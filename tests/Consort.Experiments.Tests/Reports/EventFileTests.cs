using System.Text;
using Consort.Studies.Reports.Reading;
using Consort.Studies.Reports.TensorBoard;

namespace Consort.Experiments.Tests.Reports;

/// <summary>Event files are read back by a reader that shares no code with the writer.</summary>
public sealed class EventFileTests
{
    [Fact]
    public void Write_Scalars_AreReadBack()
    {
        var begin = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);
        using var stream = new MemoryStream();
        EventFile.Write(stream, begin,
            [new("valid/auc", 300, 0.75, begin.AddSeconds(1.5)), new("loss/label", 300, 0.5, begin.AddSeconds(1.5)),
                new("valid/auc", 600, double.NaN, begin.AddSeconds(3)), new("λ", 70000, -1e-3, begin.AddSeconds(3))]);
        var events = Read(stream.ToArray());
        Assert.Equal(3, events.Count);
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal((1767323045.0, 0L), (events[0].Time, events[0].Step));
        Assert.Equal((1767323046.5, 300L), (events[1].Time, events[1].Step));
        Assert.Equal([("valid/auc", 0.75f), ("loss/label", 0.5f)], events[1].Values);
        Assert.Equal(70000, events[2].Step);
        Assert.Equal([("λ", -1e-3f)], events[2].Values);
    }

    [Fact]
    public void Checksum_OfTheCheckValue_IsCrc32CMasked()
    {
        // CRC-32C of "123456789" is e3069283 in every catalogue of checksums.
        const uint Crc = 0xe3069283;
        Assert.Equal(((Crc >> 15) | (Crc << 17)) + 0xa282ead8, EventFile.Checksum("123456789"u8));
    }

    [Fact]
    public void Scalars_OfARun_HaveTagsStepsAndResults()
    {
        using var runs = new SampleRuns();
        var run = RunReader.Read(runs.Add("a", members: 2, seed: 4));
        var scalars = RunScalars.Of(run).ToList();
        Assert.Equal([10L, 20, 30], scalars.Where(s => s.Tag == "valid/auc").Select(s => s.Step));
        Assert.Equal([0.51, 0.27, 0.5 / 3 + 0.03], scalars.Where(s => s.Tag == "loss/total").Select(s => s.Value),
            (a, b) => Math.Abs(a - b) < 1e-12);
        Assert.Equal(SampleRuns.Auc(2, 4), scalars.Single(s => s.Tag == "test/auc").Value);
        Assert.Equal(SampleRuns.MemberAuc(2, 4, 1), scalars.Single(s => s.Tag == "test/auc/member_1").Value);
        Assert.Equal(30, scalars.Single(s => s.Tag == "test/auc").Step);
    }

    private static List<(double Time, long Step, string? Version, List<(string Tag, float Value)> Values)> Read(byte[] bytes)
    {
        var events = new List<(double, long, string?, List<(string, float)>)>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BitConverter.ToUInt64(bytes, at);
            Assert.Equal(Masked(bytes, at, 8), BitConverter.ToUInt32(bytes, at + 8));
            Assert.Equal(Masked(bytes, at + 12, length), BitConverter.ToUInt32(bytes, at + 12 + length));
            var (time, step, version, values) = (0.0, 0L, (string?)null, new List<(string, float)>());
            foreach (var (field, content) in Fields(bytes.AsSpan(at + 12, length).ToArray()))
            {
                if (field == 1)
                    time = BitConverter.ToDouble(content);
                else if (field == 2)
                    step = BitConverter.ToInt64(content);
                else if (field == 3)
                    version = Encoding.UTF8.GetString(content);
                else if (field == 5)
                    values.AddRange(Fields(content).Select(v => Fields(v.Content).ToDictionary(f => f.Field, f => f.Content))
                        .Select(v => (Encoding.UTF8.GetString(v[1]), BitConverter.ToSingle(v[2]))));
            }

            events.Add((time, step, version, values));
            at += 16 + length;
        }

        return events;
    }

    private static IEnumerable<(int Field, byte[] Content)> Fields(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var key = Varint(message, ref at);
            var kind = (int)(key & 7);
            if (kind == 0)
            {
                yield return ((int)(key >> 3), BitConverter.GetBytes(Varint(message, ref at)));
                continue;
            }

            var length = kind switch { 1 => 8, 5 => 4, 2 => (int)Varint(message, ref at), _ => throw new InvalidDataException() };
            yield return ((int)(key >> 3), message[at..(at + length)]);
            at += length;
        }
    }

    private static long Varint(byte[] bytes, ref int at)
    {
        for (long value = 0, shift = 0; ; shift += 7)
        {
            value |= (long)(bytes[at] & 0x7F) << (int)shift;
            if (bytes[at++] < 0x80)
                return value;
        }
    }

    // Bit by bit, from the polynomial.
    private static uint Masked(byte[] bytes, int at, int length)
    {
        var crc = uint.MaxValue;
        for (var i = at; i < at + length; i++)
        {
            crc ^= bytes[i];
            for (var bit = 0; bit < 8; bit++)
                crc = (crc >> 1) ^ ((crc & 1) * 0x82f63b78);
        }

        crc = ~crc;
        return ((crc >> 15) | (crc << 17)) + 0xa282ead8;
    }
}
