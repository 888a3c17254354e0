using Consort.Server.Http;

namespace Consort.Server.Grpc;

/// <summary>
/// Counts the parts of a request to infer before it is parsed: two bytes make an empty tensor, which becomes an object of many
/// more, so that a body within its limit could fill the memory.
/// </summary>
internal static class MessageParts
{
    // Numbers of ModelInferRequest and of its tensors whose values become objects.
    private const int Parameters = 4, Inputs = 5, Outputs = 6, RawContents = 7, OutputParameters = 2, Contents = 5;
    private const int LengthDelimited = 2;

    /// <summary>Refuses a message with more parts than a request can mean.</summary>
    /// <param name="message">A ModelInferRequest; where it is malformed, the parser says so.</param>
    /// <param name="most">Parts at most.</param>
    /// <exception cref="RequestException">400: there are more.</exception>
    public static void Check(ReadOnlySpan<byte> message, int most)
    {
        if (Count(message, isTensor: false) > most)
            throw new RequestException(400, $"found more than {most} inputs, outputs and parameters, expected at most an input for each field");
    }

    private static int Count(ReadOnlySpan<byte> message, bool isTensor)
    {
        var count = 0;
        while (TryVarint(ref message, out var tag))
        {
            var number = (int)(tag >> 3);
            switch ((int)(tag & 7))
            {
                case 0 when TryVarint(ref message, out _):
                    break;
                case 1 when message.Length >= 8:
                    message = message[8..];
                    break;
                case 5 when message.Length >= 4:
                    message = message[4..];
                    break;
                case LengthDelimited when TryVarint(ref message, out var length) && length <= (ulong)message.Length:
                    // Of a tensor the name, type and shape are one each, however often they are given; all else counts.
                    if (isTensor ? number is Parameters or OutputParameters or Contents : number is Parameters or Inputs or Outputs or RawContents)
                        count++;
                    if (!isTensor && (number is Inputs or Outputs))
                        count += Count(message[..(int)length], isTensor: true);
                    message = message[(int)length..];
                    break;
                default:
                    return count;
            }
        }

        return count;
    }

    private static bool TryVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < Math.Min(10, bytes.Length); i++)
        {
            value |= (ulong)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] >= 0x80)
                continue;
            bytes = bytes[(i + 1)..];
            return true;
        }

        return false;
    }
}
