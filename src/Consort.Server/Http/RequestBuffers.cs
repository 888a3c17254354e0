using System.Buffers;
using System.Text.Json;
using Consort.Server.Scoring;
using Microsoft.AspNetCore.Http;

namespace Consort.Server.Http;

/// <summary>The memory of one request: its body, its answer, its clock. Used again by later requests.</summary>
internal sealed class RequestBuffers : IDisposable
{
    private const int FirstBody = 16 << 10;
    private const int MostKept = 256 << 10; // what was grown for one large request is not kept for all
    private byte[] _body = ArrayPool<byte>.Shared.Rent(FirstBody);
    private CancellationTokenSource _clock = new();

    public RequestBuffers()
    {
        Answer = new ArrayBufferWriter<byte>(1024);
        Json = new Utf8JsonWriter(Answer);
    }

    /// <summary>The bytes of the body that have arrived.</summary>
    public ReadOnlyMemory<byte> Body => _body.AsMemory(0, BodyLength);

    public int BodyLength { get; private set; }

    /// <summary>Where the answer is written.</summary>
    public ArrayBufferWriter<byte> Answer { get; private set; }

    /// <summary>Writes JSON into <see cref="Answer"/>.</summary>
    public Utf8JsonWriter Json { get; }

    /// <summary>Probabilities of the request's impressions.</summary>
    public float[] Probabilities { get; private set; } = new float[256];

    /// <summary>Where values are unescaped, and what is known of each field.</summary>
    public ValueBuffers Values { get; } = new();

    /// <summary>Ends when the request has taken its time.</summary>
    public CancellationToken Clock => _clock.Token;

    public void Start(TimeSpan timeout) => _clock.CancelAfter(timeout);

    /// <summary>Makes <see cref="Probabilities"/> at least so long, keeping what is there.</summary>
    public void RoomFor(int probabilities)
    {
        if (probabilities <= Probabilities.Length)
            return;
        var larger = new float[Math.Max(probabilities, 2 * Probabilities.Length)];
        Probabilities.CopyTo(larger, 0);
        Probabilities = larger;
    }

    /// <summary>Reads the body. Memory grows with what has arrived, not with what was announced.</summary>
    /// <exception cref="RequestException">413: it is too long.</exception>
    public async ValueTask ReadBody(HttpRequest request, int most)
    {
        if (request.ContentLength > most)
            throw RequestException.TooLarge(most);
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

    /// <summary>Forgets the request.</summary>
    public void Reset()
    {
        if (!_clock.TryReset())
        {
            _clock.Dispose();
            _clock = new CancellationTokenSource();
        }

        BodyLength = 0;
        if (_body.Length > MostKept)
        {
            ArrayPool<byte>.Shared.Return(_body);
            _body = ArrayPool<byte>.Shared.Rent(FirstBody);
        }

        if (Answer.Capacity > MostKept)
            Answer = new ArrayBufferWriter<byte>(1024);
        Answer.ResetWrittenCount();
        Json.Reset(Answer);
        if (Probabilities.Length > MostKept / sizeof(float))
            Probabilities = new float[256];
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_body);
        Json.Dispose();
        _clock.Dispose();
    }

    private void Append(ReadOnlySpan<byte> part)
    {
        if (BodyLength + part.Length > _body.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(BodyLength + part.Length, 2 * _body.Length));
            _body.AsSpan(0, BodyLength).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_body);
            _body = larger;
        }

        part.CopyTo(_body.AsSpan(BodyLength));
        BodyLength += part.Length;
    }
}
