using System.IO.Hashing;
using Consort.Data.Sources;

namespace Consort.Data.Parquet;

/// <summary>The hash of a file's bytes, taken a part at a time while its rows are read, so that nobody waits for it at the end.</summary>
internal sealed class FileHash(string path) : IDisposable
{
    private readonly FileStream _file = SourceStream.Open(path);
    private readonly XxHash128 _hash = new();
    private readonly byte[] _bytes = new byte[1 << 16];
    private string? _finished;

    /// <summary>Takes the bytes up to a place.</summary>
    public void Take(long end)
    {
        try
        {
            while (_file.Position < end && _file.Read(_bytes) is > 0 and var read) _hash.Append(_bytes.AsSpan(0, read));
        }
        catch (IOException e)
        {
            throw new ConsortException($"{path}: cannot be read on: {e.Message}", e);
        }
    }

    /// <summary>Takes the rest; the hash, also when asked again.</summary>
    public string Finish()
    {
        if (_finished is not null) return _finished;
        Take(long.MaxValue);
        _file.Dispose();
        return _finished = Convert.ToHexStringLower(_hash.GetCurrentHash());
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
