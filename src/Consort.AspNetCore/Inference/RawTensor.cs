using System.Buffers.Binary;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.Serving;

namespace Consort.AspNetCore.Inference;

/// <summary>
/// A tensor whose values are little-endian bytes, one after the other: raw contents of gRPC, binary data of HTTP. A value of BYTES follows
/// four bytes that give its length.
/// </summary>
internal sealed class RawTensor : TensorInput
{
    private readonly ReadOnlyMemory<byte> _raw;
    private int _at; // bytes that were read
    private ReadOnlyMemory<byte> _value; // the last of them

    /// <exception cref="RequestException">400: as of <see cref="TensorInput"/>, or the bytes are not as many as its shape says.</exception>
    public RawTensor(string name, string datatype, IReadOnlyList<long> shape, FieldTable fields, ReadOnlyMemory<byte> raw)
        : base(name, datatype, shape, fields)
    {
        _raw = raw;
        // Values of BYTES have lengths of their own; they are counted as they are read.
        if (Width() is var width and > 0 && raw.Length != width * Values)
            throw Count($"{raw.Length} raw bytes");
    }

    public override void Finish()
    {
        if (_at != _raw.Length)
            throw Count($"{_raw.Length - _at} raw bytes more");
    }

    protected override void Next()
    {
        var (rest, width) = (_raw[_at..], Width());
        if (width == 0)
        {
            var length = rest.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(rest.Span);
            if (length > rest.Length - 4)
                throw Count(FormattableString.Invariant($"{Place} whole values in {_raw.Length} raw bytes"));
            (rest, width, _at) = (rest[4..], (int)length, _at + 4);
        }

        _value = rest[..width];
        _at += width;
    }

    protected override void Set(in ImpressionRow row, Limits limits)
    {
        var value = _value.Span;
        switch (Datatype)
        {
            case "BYTES":
                SetBytes(row, value, limits);
                break;
            case "FP16":
                SetNumber(row, BinaryPrimitives.ReadHalfLittleEndian(value));
                break;
            case "FP32":
                SetNumber(row, BinaryPrimitives.ReadSingleLittleEndian(value));
                break;
            case "FP64":
                SetNumber(row, BinaryPrimitives.ReadDoubleLittleEndian(value));
                break;
            default:
                // The highest bits of a long, then shifted down, with its sign or without.
                Span<byte> bytes = stackalloc byte[sizeof(ulong)];
                bytes.Clear();
                value.CopyTo(bytes[(sizeof(ulong) - value.Length)..]);
                var (bits, unused) = (BinaryPrimitives.ReadUInt64LittleEndian(bytes), 8 * (sizeof(ulong) - value.Length));
                if (Datatype.StartsWith('U'))
                    SetNumber(row, bits >> unused);
                else
                    SetNumber(row, (long)bits >> unused);
                break;
        }
    }

    private int Width() => Datatype switch
    {
        "BYTES" => 0,
        "INT8" or "UINT8" => 1,
        "FP16" or "INT16" or "UINT16" => 2,
        "FP32" or "INT32" or "UINT32" => 4,
        _ => 8,
    };
}
