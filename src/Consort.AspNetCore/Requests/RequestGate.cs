using System.Collections.Concurrent;
using System.Threading.RateLimiting;
using Consort.AspNetCore.Options;
using Microsoft.AspNetCore.Http;

namespace Consort.AspNetCore.Requests;

/// <summary>
/// Gives each request buffers of its own, and lets so many be scored at a time, of one client fewer; those beyond are turned away at once.
/// A request takes its place when its body is there: who sends slowly keeps nobody out.
/// </summary>
internal sealed class RequestGate : IDisposable
{
    private readonly int _most;
    private readonly int _mostOfClient;
    private readonly PartitionedRateLimiter<HttpContext> _clients;
    private readonly ConcurrentBag<RequestBuffers> _idle = [];
    private int _underWay;
    private int _scored;
    private int _kept;

    /// <param name="options">How many.</param>
    /// <param name="clientOf">Tells clients apart.</param>
    public RequestGate(ConsortOptions options, Func<HttpContext, object> clientOf)
    {
        (_most, _mostOfClient) = (options.MaxInFlight, Math.Min(options.MaxPerClient, options.MaxInFlight));
        // However small the memory is set, one body fits, with what it is grown from.
        Memory = new BodyMemory(Math.Max(options.MaxBufferedBytes, 4L * options.MaxBodyBytes));
        var limit = new ConcurrencyLimiterOptions { PermitLimit = _mostOfClient, QueueLimit = 0 };
        _clients = PartitionedRateLimiter.Create<HttpContext, object>(c =>
            RateLimitPartition.GetConcurrencyLimiter(clientOf(c), _ => limit));
    }

    /// <summary>Requests whose body is arriving, that are being scored, or whose answer is being sent.</summary>
    public int UnderWay => Volatile.Read(ref _underWay);

    /// <summary>Requests that are being scored.</summary>
    public int Scored => Volatile.Read(ref _scored);

    /// <summary>What their bodies hold.</summary>
    public BodyMemory Memory { get; }

    /// <summary>Buffers for a request.</summary>
    public RequestBuffers Rent()
    {
        Interlocked.Increment(ref _underWay);
        if (!_idle.TryTake(out var buffers))
            return new RequestBuffers(Memory);
        Interlocked.Decrement(ref _kept);
        return buffers;
    }

    /// <summary>Takes buffers back.</summary>
    public void Return(RequestBuffers buffers)
    {
        buffers.Reset();
        Interlocked.Decrement(ref _underWay);
        if (Interlocked.Increment(ref _kept) <= _most)
        {
            _idle.Add(buffers);
            return;
        }

        Interlocked.Decrement(ref _kept);
        buffers.Dispose();
    }

    /// <summary>Lets a request in that has arrived.</summary>
    /// <exception cref="RequestException">503: as many as may are in already. 429: as many of this client.</exception>
    public Place Enter(HttpContext context)
    {
        if (Interlocked.Increment(ref _scored) > _most)
        {
            Interlocked.Decrement(ref _scored);
            throw RequestException.Busy(_most);
        }

        var client = _clients.AttemptAcquire(context);
        if (client.IsAcquired)
            return new Place(this, client);
        Interlocked.Decrement(ref _scored);
        client.Dispose();
        throw RequestException.TooMany(_mostOfClient);
    }

    public void Dispose()
    {
        _clients.Dispose();
        while (_idle.TryTake(out var buffers))
            buffers.Dispose();
    }

    /// <summary>A place among those that are scored, until it is disposed of.</summary>
    internal readonly struct Place(RequestGate gate, RateLimitLease client) : IDisposable
    {
        public void Dispose()
        {
            Interlocked.Decrement(ref gate._scored);
            client.Dispose();
        }
    }
}
