namespace Consort.AspNetCore.Requests;

/// <summary>
/// How many bytes the bodies under way hold together. Where they are as many as may be, those that have been arriving for longest make
/// room: an honest body arrives at once, and whoever sends slowly to fill the memory is the first to go.
/// </summary>
internal sealed class BodyMemory(long most)
{
    // Younger ones may just be unlucky.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly LinkedList<RequestBuffers> _arriving = []; // by when they began
    private long _held;

    /// <summary>The bytes that are held now.</summary>
    public long Held => Volatile.Read(ref _held);

    /// <summary>A body begins to arrive.</summary>
    public void Begin(RequestBuffers buffers)
    {
        lock (_gate)
            buffers.Arriving = _arriving.AddLast(buffers);
    }

    /// <summary>A body needs so many bytes more.</summary>
    /// <exception cref="RequestException">503: there are none, and nobody who would make room; or it had to make room itself.</exception>
    public void Grow(RequestBuffers buffers, int bytes)
    {
        var leaving = new List<CancellationTokenSource>();
        lock (_gate)
        {
            if (buffers.HadToLeave)
                throw RequestException.MadeRoom();
            for (var node = _arriving.First; _held + bytes > most; node = node.Next)
            {
                if (node is null || TimeProvider.System.GetElapsedTime(node.Value.Began) < Patience)
                {
                    // Those who were asked to leave already leave in any case.
                    Cancel(leaving);
                    throw RequestException.Full(most);
                }

                if (node.Value == buffers || node.Value.HadToLeave)
                    continue;
                leaving.Add(node.Value.Leave());
                _held -= node.Value.Held;
                node.Value.Held = 0;
            }

            _held += bytes;
            buffers.Held += bytes;
        }

        Cancel(leaving);
    }

    /// <summary>A body has arrived, or will not.</summary>
    public void End(RequestBuffers buffers)
    {
        lock (_gate)
        {
            if (buffers.Arriving is { } node)
                _arriving.Remove(node);
            buffers.Arriving = null;
        }
    }

    /// <summary>What it held is free.</summary>
    public void Release(RequestBuffers buffers)
    {
        lock (_gate)
        {
            _held -= buffers.Held;
            buffers.Held = 0;
        }
    }

    private static void Cancel(List<CancellationTokenSource> leaving)
    {
        // Each on its own: what waits for one of them must not run within the lock of another.
        foreach (var clock in leaving)
            _ = clock.CancelAsync();
    }
}
