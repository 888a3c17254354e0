using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Consort.Studies.Reports.TensorBoard;

/// <summary>A number at a step.</summary>
/// <param name="Tag">What it is: <c>valid/auc</c>.</param>
/// <param name="Step">Since training began.</param>
/// <param name="Value">Stored as a 32-bit float; not finite ones are left out.</param>
/// <param name="Time">When it was measured.</param>
internal sealed record Scalar(string Tag, long Step, double Value, DateTime Time);

/// <summary>
/// Writes scalars as a TensorBoard event file: records of a length, its checksum, an <c>Event</c> message of Protocol Buffers, and its
/// checksum. Checksums are CRC-32C, rotated right by 15 bits and shifted by a constant. Source: TensorFlow's core/lib/io/record_writer.h
/// and core/util/event.proto.
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
        Record(stream, Event(begin, 0, message => message.Text(3, Version)));
        foreach (var moment in scalars.Where(s => double.IsFinite(s.Value)).GroupBy(s => (s.Step, s.Time)))
            Record(stream, Event(moment.Key.Time, moment.Key.Step, message => message.Nested(5, Summary(moment))));
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
    private static byte[] Event(DateTime time, long step, Action<Message> what)
    {
        var message = new Message();
        message.Double(1, (time.ToUniversalTime() - DateTime.UnixEpoch).TotalSeconds);
        message.Whole(2, step);
        what(message);
        return message.Bytes;
    }

    // message Summary { repeated Value value = 1; message Value { string tag = 1; float simple_value = 2; } }
    private static Message Summary(IEnumerable<Scalar> scalars)
    {
        var summary = new Message();
        foreach (var scalar in scalars)
        {
            var value = new Message();
            value.Text(1, scalar.Tag);
            value.Float(2, (float)scalar.Value);
            summary.Nested(1, value);
        }

        return summary;
    }

    private static void Record(Stream stream, byte[] data)
    {
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt64LittleEndian(head, (ulong)data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], Checksum(head[..8]));
        stream.Write(head);
        stream.Write(data);
        Span<byte> foot = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(foot, Checksum(data));
        stream.Write(foot);
    }

    /// <summary>A message of Protocol Buffers: fields one after another, each with its number and kind before it.</summary>
    private sealed class Message
    {
        private readonly List<byte> _bytes = [];

        public byte[] Bytes => [.. _bytes];

        public void Whole(int field, long value)
        {
            Key(field, 0);
            Varint((ulong)value);
        }

        public void Double(int field, double value)
        {
            Key(field, 1);
            Span<byte> bytes = stackalloc byte[8];
            BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
            _bytes.AddRange(bytes);
        }

        public void Float(int field, float value)
        {
            Key(field, 5);
            Span<byte> bytes = stackalloc byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
            _bytes.AddRange(bytes);
        }

        public void Text(int field, string value) => Block(field, Encoding.UTF8.GetBytes(value));

        public void Nested(int field, Message value) => Block(field, value.Bytes);

        private void Block(int field, byte[] bytes)
        {
            Key(field, 2);
            Varint((ulong)bytes.Length);
            _bytes.AddRange(bytes);
        }

        private void Key(int field, int kind) => Varint((ulong)((field << 3) | kind));

        private void Varint(ulong value)
        {
            for (; value > 0x7F; value >>= 7)
                _bytes.Add((byte)(value | 0x80));
            _bytes.Add((byte)value);
        }
    }
}
