using System.Buffers.Binary;
using Consort.AspNetCore.Registry;
using Consort.AspNetCore.Requests;
using Consort.Serving;

namespace Consort.AspNetCore.Inference;

/// <summary>
/// A tensor whose values are little-endian bytes, one after the other: raw contents of gRPC, binary data of HTTP. A value of BYTES
/// follows four bytes that give its length.
/// </summary>
internal sealed class RawTensor : TensorInput
{
    private readonly ReadOnlyMemory<byte> _raw;
    private int _at; // bytes that were read
    private int _row;

    /// <exception cref="RequestException">400: as of <see cref="TensorInput"/>, or the bytes are not as many as its shape says.</exception>
    public RawTensor(string name, string datatype, IReadOnlyList<long> shape, FieldTable fields, ReadOnlyMemory<byte> raw)
        : base(name, datatype, shape, fields)
    {
        _raw = raw;
        // Values of BYTES have lengths of their own; they are counted as they are read.
        if (Width() is var width and > 0 && raw.Length != (long)width * Rows)
            throw Count($"{raw.Length} raw bytes");
    }

    public override void Fill(ImpressionBatch batch, ValueBuffers values, Limits limits)
    {
        for (var row = 0; row < batch.Count; row++, _row++)
        {
            try
            {
                Set(batch[row], limits);
            }
            catch (ConsortException e)
            {
                throw At(_row, e.Message, e);
            }
        }
    }

    public override void Finish()
    {
        if (_at != _raw.Length)
            throw Count($"{_raw.Length - _at} raw bytes more");
    }

    private void Set(in ImpressionRow row, Limits limits)
    {
        var rest = _raw.Span[_at..];
        var width = Width();
        if (width == 0)
        {
            var length = rest.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(rest);
            if (length > rest.Length - 4)
                throw Count($"{_row} whole values in {_raw.Length} raw bytes");
            SetBytes(row, _row, rest.Slice(4, (int)length), limits);
            _at += 4 + (int)length;
            return;
        }

        _at += width;
        switch (Datatype)
        {
            case "FP16":
                SetNumber(row, BinaryPrimitives.ReadHalfLittleEndian(rest));
                break;
            case "FP32":
                SetNumber(row, BinaryPrimitives.ReadSingleLittleEndian(rest));
                break;
            case "FP64":
                SetNumber(row, BinaryPrimitives.ReadDoubleLittleEndian(rest));
                break;
            case "INT8":
                SetNumber(row, (sbyte)rest[0]);
                break;
            case "INT16":
                SetNumber(row, BinaryPrimitives.ReadInt16LittleEndian(rest));
                break;
            case "INT32":
                SetNumber(row, BinaryPrimitives.ReadInt32LittleEndian(rest));
                break;
            case "INT64":
                SetNumber(row, BinaryPrimitives.ReadInt64LittleEndian(rest));
                break;
            case "UINT8":
                SetNumber(row, rest[0]);
                break;
            case "UINT16":
                SetNumber(row, BinaryPrimitives.ReadUInt16LittleEndian(rest));
                break;
            case "UINT32":
                SetNumber(row, BinaryPrimitives.ReadUInt32LittleEndian(rest));
                break;
            default:
                SetNumber(row, BinaryPrimitives.ReadUInt64LittleEndian(rest));
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
