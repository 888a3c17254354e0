using System.Collections.Concurrent;

namespace Consort.Server.Http;

/// <summary>Lets so many requests in at a time, each with buffers of its own; those beyond are turned away at once.</summary>
internal sealed class RequestGate(int most) : IDisposable
{
    private readonly ConcurrentBag<RequestBuffers> _idle = [];
    private int _inFlight;

    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Lets a request in.</summary>
    /// <exception cref="RequestException">503: as many as may are in already.</exception>
    public RequestBuffers Enter()
    {
        if (Interlocked.Increment(ref _inFlight) > most)
        {
            Interlocked.Decrement(ref _inFlight);
            throw RequestException.Busy(most);
        }

        return _idle.TryTake(out var buffers) ? buffers : new RequestBuffers();
    }

    public void Leave(RequestBuffers buffers)
    {
        buffers.Reset();
        _idle.Add(buffers);
        Interlocked.Decrement(ref _inFlight);
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var buffers))
            buffers.Dispose();
    }
}
