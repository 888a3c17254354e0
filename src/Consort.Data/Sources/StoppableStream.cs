using Consort.Foundation.Files;

namespace Consort.Data.Sources;

/// <summary>
/// Reads a pipe or a terminal so that waiting for bytes can be stopped: the read that waits does so on another thread, which is left to
/// itself when the user gives up.
/// </summary>
internal sealed class StoppableStream(Stream inner, CancellationToken cancellation) : ReadStream
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _start;
    private int _end;

    public override int Read(Span<byte> buffer)
    {
        if (_start == _end)
        {
            if (buffer.IsEmpty) return 0;
            (_start, _end) = (0, Next());
        }
        var length = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, length).CopyTo(buffer);
        _start += length;
        return length;
    }

    private int Next()
    {
        var reading = Task.Run(() => inner.Read(_buffer, 0, _buffer.Length), CancellationToken.None);
        try
        {
            reading.Wait(cancellation);
        }
        catch (AggregateException e) when (e.InnerException is { } cause)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
        }
        return reading.Result;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}
