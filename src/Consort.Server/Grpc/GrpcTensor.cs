using System.Buffers.Binary;
using Consort.Data;
using Consort.Server.Grpc.Protocol;
using Consort.Server.Http;
using Consort.Server.Inference;
using Consort.Server.Scoring;
using Consort.Serving;
using Google.Protobuf;
using InputTensor = Consort.Server.Grpc.Protocol.ModelInferRequest.Types.InferInputTensor;

namespace Consort.Server.Grpc;

/// <summary>A tensor of the protocol's typed contents, or of raw little-endian bytes.</summary>
internal sealed class GrpcTensor : TensorInput
{
    private readonly InferTensorContents _contents;
    private readonly ByteString? _raw;
    private int _at; // bytes of _raw that were read
    private int _row;

    public GrpcTensor(InputTensor tensor, ByteString? raw, FieldTable fields) : base(tensor.Name, tensor.Datatype, tensor.Shape, fields)
    {
        (_contents, _raw) = (tensor.Contents ?? new InferTensorContents(), raw);
        if (raw is not null && tensor.Contents is not null)
            throw new RequestException(400, $"input {Name}: found contents and raw_input_contents, expected one of them");
        if (raw is null && Found() is var found && found != Rows)
            throw Count(FormattableString.Invariant($"{found} values"));
        // Values of BYTES have lengths of their own; they are counted as they are read.
        if (raw is not null && Width() is var width and > 0 && raw.Length != (long)width * Rows)
            throw Count($"{raw.Length} raw bytes");
    }

    public override void Fill(ImpressionBatch batch, ValueBuffers values, Limits limits)
    {
        for (var row = 0; row < batch.Count; row++, _row++)
        {
            try
            {
                if (_raw is null)
                    SetTyped(batch[row], limits);
                else
                    SetRaw(batch[row], limits);
            }
            catch (ConsortException e)
            {
                throw At(_row, e.Message, e);
            }
        }
    }

    public override void Finish()
    {
        if (_raw is not null && _at != _raw.Length)
            throw Count($"{_raw.Length - _at} raw bytes more");
    }

    private void SetTyped(in ImpressionRow row, Limits limits)
    {
        switch (Datatype)
        {
            case "BYTES":
                Bytes(row, _contents.BytesContents[_row].Span, limits);
                break;
            case "FP32":
                Single(row, _contents.Fp32Contents[_row]);
                break;
            case "FP64":
                Double(row, _contents.Fp64Contents[_row]);
                break;
            case "INT64":
                Whole(row, _contents.Int64Contents[_row]);
                break;
            case "UINT64":
                Whole(row, _contents.Uint64Contents[_row]);
                break;
            case "INT8" or "INT16" or "INT32":
                Whole(row, _contents.IntContents[_row]);
                break;
            default:
                Whole(row, _contents.UintContents[_row]);
                break;
        }
    }

    private void SetRaw(in ImpressionRow row, Limits limits)
    {
        var rest = _raw!.Span[_at..];
        var width = Width();
        if (width == 0)
        {
            var length = rest.Length < 4 ? uint.MaxValue : BinaryPrimitives.ReadUInt32LittleEndian(rest);
            if (length > rest.Length - 4)
                throw Count($"{_row} whole values in {_raw.Length} raw bytes");
            Bytes(row, rest.Slice(4, (int)length), limits);
            _at += 4 + (int)length;
            return;
        }

        _at += width;
        switch (Datatype)
        {
            case "FP32":
                Single(row, BinaryPrimitives.ReadSingleLittleEndian(rest));
                break;
            case "FP64":
                Double(row, BinaryPrimitives.ReadDoubleLittleEndian(rest));
                break;
            case "INT8":
                Whole(row, (sbyte)rest[0]);
                break;
            case "INT16":
                Whole(row, BinaryPrimitives.ReadInt16LittleEndian(rest));
                break;
            case "INT32":
                Whole(row, BinaryPrimitives.ReadInt32LittleEndian(rest));
                break;
            case "INT64":
                Whole(row, BinaryPrimitives.ReadInt64LittleEndian(rest));
                break;
            case "UINT8":
                Whole(row, rest[0]);
                break;
            case "UINT16":
                Whole(row, BinaryPrimitives.ReadUInt16LittleEndian(rest));
                break;
            case "UINT32":
                Whole(row, BinaryPrimitives.ReadUInt32LittleEndian(rest));
                break;
            default:
                Whole(row, BinaryPrimitives.ReadUInt64LittleEndian(rest));
                break;
        }
    }

    private void Bytes(in ImpressionRow row, ReadOnlySpan<byte> value, Limits limits)
    {
        if (value.Length > limits.Value)
            throw At(_row, $"found a value of {value.Length} bytes, expected at most {limits.Value}");
        if (Field != FieldTable.Unread)
            row.Set(Field, value);
    }

    // The shortest text that reads as this number: of 0.1f it is 0.1, as it would be in a raw row.
    private void Single(in ImpressionRow row, float value)
    {
        if (Field == FieldTable.Unread)
            return;
        if (float.IsNaN(value))
            row.SetMissing(Field);
        else
            row.Set(Field, value);
    }

    private void Double(in ImpressionRow row, double value)
    {
        if (Field == FieldTable.Unread)
            return;
        if (double.IsNaN(value))
            row.SetMissing(Field);
        else
            row.Set(Field, value);
    }

    private void Whole<T>(in ImpressionRow row, T value)
        where T : struct, IUtf8SpanFormattable
    {
        if (Field != FieldTable.Unread)
            row.Set(Field, value);
    }

    private int Width() => Datatype switch
    {
        "BYTES" => 0,
        "INT8" or "UINT8" => 1,
        "INT16" or "UINT16" => 2,
        "FP32" or "INT32" or "UINT32" => 4,
        _ => 8,
    };

    private int Found() => Datatype switch
    {
        "BYTES" => _contents.BytesContents.Count,
        "FP32" => _contents.Fp32Contents.Count,
        "FP64" => _contents.Fp64Contents.Count,
        "INT64" => _contents.Int64Contents.Count,
        "UINT64" => _contents.Uint64Contents.Count,
        "INT8" or "INT16" or "INT32" => _contents.IntContents.Count,
        _ => _contents.UintContents.Count,
    };
}
