namespace Consort.Data.Sources;

/// <summary>Reads a text file, plain or gzip, line by line as bytes; line ends are LF or CRLF, and a byte order mark is left out.</summary>
internal sealed class LineReader(string path) : IDisposable
{
    /// <summary>A line longer than this is taken for a file of another kind.</summary>
    private const int LongestLine = 64 << 20;

    private readonly SourceStream _source = new(path);
    private byte[] _buffer = new byte[1 << 18];
    private int _start;
    private int _end;
    private bool _isOver;

    /// <summary>The number of the line that was read last, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Reads a line; its bytes are valid until the next call.</summary>
    public bool Next(out ReadOnlySpan<byte> line)
    {
        line = default;
        int length;
        while ((length = _buffer.AsSpan(_start, _end - _start).IndexOf((byte)'\n')) < 0 && !_isOver) Fill();
        if (length < 0 && _start == _end) return false;
        line = _buffer.AsSpan(_start, length < 0 ? _end - _start : length);
        _start = length < 0 ? _end : _start + length + 1;
        if (line.Length > 0 && line[^1] == '\r') line = line[..^1];
        if (++Number == 1 && line.StartsWith("\uFEFF"u8)) line = line[3..];
        return true;
    }

    public void Dispose() => _source.Dispose();

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= LongestLine)
                throw new ConsortException($"{path}:{Number + 1}: found a line of more than {LongestLine >> 20} MiB, expected text with line ends");
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
        var read = _source.Fill(_buffer.AsSpan(_end));
        _isOver = read < _buffer.Length - _end;
        _end += read;
    }
}
