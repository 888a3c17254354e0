using System.Buffers.Binary;
using System.Numerics;
using Google.Protobuf;

namespace Consort.Studies.Reports.TensorBoard;

/// <summary>A number at a step.</summary>
/// <param name="Tag">What it is: <c>valid/auc</c>.</param>
/// <param name="Step">Since training began.</param>
/// <param name="Value">Stored as a 32-bit float; not finite ones are left out.</param>
/// <param name="Time">When it was measured.</param>
internal sealed record Scalar(string Tag, long Step, double Value, DateTime Time);

/// <summary>
/// Writes scalars as a TensorBoard event file: records of a length, its checksum, an <c>Event</c> message of Protocol Buffers, and its
/// checksum. Checksums are CRC-32C, rotated right by 15 bits and shifted by a constant.
/// Source: TensorFlow's core/lib/io/record_writer.h and core/util/event.proto.
/// </summary>
internal static class EventFile
{
    private const string Version = "brain.Event:2";

    /// <summary>Writes a file.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="begin">When the run began.</param>
    /// <param name="scalars">In the order of their steps.</param>
    public static void Write(Stream stream, DateTime begin, IEnumerable<Scalar> scalars)
    {
        Record(stream, Event(begin, 0, 3, ByteString.CopyFromUtf8(Version)));
        foreach (var moment in scalars.Where(s => double.IsFinite(s.Value)).GroupBy(s => (s.Step, s.Time)))
            Record(stream, Event(moment.Key.Time, moment.Key.Step, 5, Summary(moment)));
    }

    /// <summary>The checksum that guards lengths and messages.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data)
            crc = BitOperations.Crc32C(crc, value);
        crc = ~crc;
        return BitOperations.RotateRight(crc, 15) + 0xa282ead8;
    }

    // message Event { double wall_time = 1; int64 step = 2; oneof what { string file_version = 3; Summary summary = 5; } }
    private static ByteString Event(DateTime time, long step, int field, ByteString what) => Message(output =>
    {
        output.WriteTag(1, WireFormat.WireType.Fixed64);
        output.WriteDouble((time.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
        output.WriteTag(2, WireFormat.WireType.Varint);
        output.WriteInt64(step);
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(what);
    });

    // message Summary { repeated Value value = 1; message Value { string tag = 1; float simple_value = 2; } }
    private static ByteString Summary(IEnumerable<Scalar> scalars) => Message(summary =>
    {
        foreach (var scalar in scalars)
        {
            summary.WriteTag(1, WireFormat.WireType.LengthDelimited);
            summary.WriteBytes(Message(value =>
            {
                value.WriteTag(1, WireFormat.WireType.LengthDelimited);
                value.WriteString(scalar.Tag);
                value.WriteTag(2, WireFormat.WireType.Fixed32);
                value.WriteFloat((float)scalar.Value);
            }));
        }
    });

    private static ByteString Message(Action<CodedOutputStream> write)
    {
        using var bytes = new MemoryStream();
        using var output = new CodedOutputStream(bytes);
        write(output);
        output.Flush();
        return ByteString.CopyFrom(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
    }

    private static void Record(Stream stream, ByteString data)
    {
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Checksum(head[..8]));
        stream.Write(head);
        stream.Write(data.Span);
        Span<byte> foot = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(foot, Checksum(data.Span));
        stream.Write(foot);
    }
}
