using System.Runtime.InteropServices;
using Consort.AspNetCore.Grpc.Protocol;
using Consort.AspNetCore.Requests;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Consort.AspNetCore.Grpc;

/// <summary>
/// Counts what a message would become before it is parsed: two bytes make an empty tensor, which becomes an object of many more, so that a
/// body within its limit could fill the memory. It is walked with the parser's own reader and by the message's description, so that
/// whatever it holds (groups, fields of other numbers, fields given again and again, packed or not, maps) both read the same.
/// </summary>
/// <param name="parts">Tensors, contents, parameters and raw contents at most.</param>
/// <param name="values">Of all tensors together, with sizes, names and what is given again: values at most.</param>
/// <param name="limits">What a request may ask for; a tensor has as many values as impressions.</param>
internal sealed class MessageParts(int parts, long values, Limits limits)
{
    private const int LengthDelimited = 2;
    private int _parts;
    private long _values;
    private long _ofTensor;

    /// <summary>Refuses a message with more than a request can mean.</summary>
    /// <exception cref="RequestException">400, 413: there is more.</exception>
    /// <exception cref="InvalidProtocolBufferException">It is malformed.</exception>
    public void Check(ReadOnlyMemory<byte> message, MessageDescriptor type)
    {
        var bytes = MemoryMarshal.TryGetArray(message, out var array) ? array : message.ToArray();
        Count(new CodedInputStream(bytes.Array!, bytes.Offset, bytes.Count), bytes.Array!, type);
    }

    private void Count(CodedInputStream input, byte[] bytes, MessageDescriptor type)
    {
        while (input.ReadTag() is not 0 and var tag)
        {
            var start = (int)input.Position;
            // What the parser does with fields that it does not know: a group is passed over whole, to a depth.
            input.SkipLastField();
            if (type.FindFieldByNumber((int)(tag >> 3)) is not { } field)
                continue;
            var (length, isDelimited) = ((int)input.Position - start, (tag & 7) == LengthDelimited);
            if (field.FieldType == FieldType.Message)
            {
                // Of another wire type it is a field that the parser does not know.
                if (!isDelimited)
                    continue;
                AddPart();
                if (ReferenceEquals(field.MessageType, ModelInferRequest.Types.InferInputTensor.Descriptor))
                    _ofTensor = 0;
                var inner = new CodedInputStream(bytes, start, length);
                inner.ReadLength();
                Count(inner, bytes, field.MessageType);
            }
            else if (field.FieldType == FieldType.Bytes && type == ModelInferRequest.Descriptor)
            {
                AddPart();
            }
            else
            {
                AddValues(isDelimited && field.IsRepeated && field.FieldType is not (FieldType.String or FieldType.Bytes)
                    ? Packed(field.FieldType, bytes.AsSpan(start, length)) : 1, type == InferTensorContents.Descriptor);
            }
        }
    }

    private void AddPart()
    {
        if (++_parts > parts)
            throw new RequestException(400,
                $"found more than {parts} inputs, outputs and parameters, expected at most an input for each field");
    }

    private void AddValues(long count, bool areOfTensor)
    {
        _values += count;
        if (areOfTensor)
            limits.CheckRows(_ofTensor += count);
        if (_values > values)
            throw new RequestException(400,
                $"found more than {values} values, sizes and names, expected at most those of a tensor for each field");
    }

    // How many numbers follow a length; of varints each ends with a byte below 128, and so does the length.
    private static long Packed(FieldType type, ReadOnlySpan<byte> bytes) => type switch
    {
        FieldType.Float or FieldType.Fixed32 or FieldType.SFixed32 => (bytes.Length - 1) / sizeof(float),
        FieldType.Double or FieldType.Fixed64 or FieldType.SFixed64 => (bytes.Length - 1) / sizeof(double),
        _ => Ends(bytes) - 1,
    };

    private static long Ends(ReadOnlySpan<byte> bytes)
    {
        long count = 0;
        foreach (var b in bytes)
            count += b < 0x80 ? 1 : 0;
        return count;
    }
}
