using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace Consort.AspNetCore.Requests;

/// <summary>The memory of one request: its body, its answer, its clock. Used again by later requests.</summary>
internal sealed class RequestBuffers : IDisposable
{
    private const int FirstBody = 16 << 10;
    private const int MostKept = 256 << 10; // what was grown for one large request is not kept for all
    private readonly BodyMemory _memory;
    private byte[] _body = [];
    private CancellationTokenSource _clock = new();

    /// <param name="memory">What bodies may hold together.</param>
    public RequestBuffers(BodyMemory memory)
    {
        _memory = memory;
        Answer = new ArrayBufferWriter<byte>();
        Json = new Utf8JsonWriter(Answer);
    }

    /// <summary>The bytes of the body that have arrived.</summary>
    public ReadOnlyMemory<byte> Body => _body.AsMemory(0, BodyLength);

    public int BodyLength { get; private set; }

    /// <summary>Where the answer is written.</summary>
    public ArrayBufferWriter<byte> Answer { get; private set; }

    /// <summary>Writes JSON into <see cref="Answer"/>.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>Bytes of JSON with which an answer begins that goes on in binary; null where it is JSON alone.</summary>
    public int? JsonLength { get; private set; }

    /// <summary>Probabilities of the request's impressions.</summary>
    public float[] Probabilities { get; private set; } = [];

    /// <summary>Where values are unescaped, and what is known of each field.</summary>
    public ValueBuffers Values { get; } = new();

    /// <summary>Ends when the request has taken its time.</summary>
    public CancellationToken Clock => _clock.Token;

    /// <summary>
    /// When the body began to arrive, its place among those that do, and what it holds: the affair of <see cref="BodyMemory"/>.
    /// </summary>
    public long Began { get; private set; }

    /// <inheritdoc cref="Began"/>
    public LinkedListNode<RequestBuffers>? Arriving { get; set; }

    /// <inheritdoc cref="Began"/>
    public int Held { get; set; }

    /// <summary>Whether its memory was needed for others.</summary>
    public bool HadToLeave { get; private set; }

    public void Start(TimeSpan timeout) => _clock.CancelAfter(timeout);

    /// <summary>Makes <see cref="Probabilities"/> at least so long, keeping what is there.</summary>
    public void RoomFor(int probabilities)
    {
        if (probabilities <= Probabilities.Length)
            return;
        var larger = new float[Math.Max(Math.Max(probabilities, 256), 2 * Probabilities.Length)];
        Probabilities.CopyTo(larger, 0);
        Probabilities = larger;
    }

    /// <summary>Writes numbers after the JSON as little-endian bytes.</summary>
    public void AddBinary(ReadOnlySpan<float> numbers)
    {
        Json.Flush();
        JsonLength = Answer.WrittenCount;
        var bytes = Answer.GetSpan(Math.Max(1, numbers.Length * sizeof(float)));
        for (var i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes[(i * sizeof(float))..], numbers[i]);
        Answer.Advance(numbers.Length * sizeof(float));
    }

    /// <summary>Reads the body. Memory grows with what has arrived, not with what was announced.</summary>
    /// <exception cref="RequestException">413: it is too long. 503: bodies hold as much memory as they may.</exception>
    public async ValueTask ReadBody(HttpRequest request, int most)
    {
        if (request.ContentLength > most)
            throw RequestException.TooLarge(most);
        Began = TimeProvider.System.GetTimestamp();
        _memory.Begin(this);
        try
        {
            await Read(request, most);
        }
        catch (OperationCanceledException e) when (HadToLeave)
        {
            throw RequestException.MadeRoom(e);
        }
        catch (IOException e) when (e is not (BadHttpRequestException or ConnectionResetException))
        {
            // Kestrel says so of chunks whose size is beyond all numbers.
            throw new RequestException(400, $"the body cannot be read: {e.Message}", e);
        }
        finally
        {
            _memory.End(this);
        }

        // Asked to leave at the very end: what it holds is no longer counted.
        if (HadToLeave)
            throw RequestException.MadeRoom();
    }

    /// <summary>Puts a message of gRPC that has arrived compressed in its own place, as one that has not.</summary>
    /// <param name="prefix">Bytes before it: whether it is compressed, and its length.</param>
    /// <param name="open">Reads it.</param>
    /// <param name="most">Bytes that there may be then.</param>
    /// <exception cref="RequestException">400: it is damaged. 413: it is too long. 503: bodies hold as much memory as they may.</exception>
    public void Decompress(int prefix, Func<Stream, Stream> open, int most)
    {
        var (packed, length, part) = (_body, BodyLength, ArrayPool<byte>.Shared.Rent(FirstBody));
        (_body, BodyLength) = ([], 0);
        try
        {
            Append(packed.AsSpan(0, prefix));
            using var message = open(new MemoryStream(packed, prefix, length - prefix, writable: false));
            while (message.Read(part) is > 0 and var read)
            {
                if (BodyLength + read > most)
                    throw RequestException.TooLarge(most);
                Append(part.AsSpan(0, read));
            }

            _body[0] = 0;
            BinaryPrimitives.WriteInt32BigEndian(_body.AsSpan(1), BodyLength - prefix);
        }
        catch (InvalidDataException e)
        {
            throw new RequestException(400, $"the compressed message cannot be read: {e.Message}", e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(part);
            ArrayPool<byte>.Shared.Return(packed);
        }
    }

    /// <summary>Gives up what it holds to others.</summary>
    /// <returns>What ends the reading.</returns>
    public CancellationTokenSource Leave()
    {
        HadToLeave = true;
        return _clock;
    }

    /// <summary>Forgets the request.</summary>
    public void Reset()
    {
        // Whoever asked it to leave may be about to stop the old clock.
        if (HadToLeave)
            _clock = new CancellationTokenSource();
        else if (!_clock.TryReset())
        {
            _clock.Dispose();
            _clock = new CancellationTokenSource();
        }

        HadToLeave = false;
        _memory.Release(this);
        (BodyLength, JsonLength) = (0, null);
        if (_body.Length > 0)
            ArrayPool<byte>.Shared.Return(_body);
        _body = [];
        if (Answer.Capacity > MostKept)
            Answer = new ArrayBufferWriter<byte>();
        Answer.ResetWrittenCount();
        Json.Reset(Answer);
        if (Probabilities.Length > MostKept / sizeof(float))
            Probabilities = [];
    }

    public void Dispose()
    {
        Json.Dispose();
        _clock.Dispose();
    }

    private async ValueTask Read(HttpRequest request, int most)
    {
        var reader = request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(Clock);
            if (BodyLength + result.Buffer.Length > most)
            {
                reader.AdvanceTo(result.Buffer.End);
                throw RequestException.TooLarge(most);
            }

            foreach (var part in result.Buffer)
                Append(part.Span);
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                return;
        }
    }

    private void Append(ReadOnlySpan<byte> part)
    {
        if (BodyLength + part.Length > _body.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Math.Max(BodyLength + part.Length, FirstBody), 2 * _body.Length));
            try
            {
                _memory.Grow(this, larger.Length - _body.Length);
            }
            catch
            {
                ArrayPool<byte>.Shared.Return(larger);
                throw;
            }

            _body.AsSpan(0, BodyLength).CopyTo(larger);
            if (_body.Length > 0)
                ArrayPool<byte>.Shared.Return(_body);
            _body = larger;
        }

        part.CopyTo(_body.AsSpan(BodyLength));
        BodyLength += part.Length;
    }
}
