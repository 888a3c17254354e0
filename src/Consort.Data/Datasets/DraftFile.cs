using Consort.Data.Encoders;
using Microsoft.Win32.SafeHandles;

namespace Consort.Data.Datasets;

/// <summary>Where the draft of a block lies.</summary>
/// <param name="Worker">Who has counted its rows.</param>
/// <param name="At">From which byte on.</param>
/// <param name="Bytes">How many.</param>
/// <param name="Rows">The rows of the block, also those that are left out.</param>
/// <param name="Source">Their source.</param>
/// <param name="FirstRow">The rows of that source before them.</param>
internal readonly record struct DraftPlace(int Worker, long At, int Bytes, int Rows, int Source, long FirstRow);

/// <summary>
/// Drafts of rows, block by block in the order in which they were counted: a file that is deleted when it is closed, in a folder that
/// is cleared where a killed process has left it.
/// </summary>
internal sealed class DraftFile : IDisposable
{
    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, DraftPlace> _places = [];
    private long _end;

    /// <param name="folder">Where the file lies.</param>
    public DraftFile(string folder)
    {
        _path = Path.Combine(folder, "rows.draft");
        _file = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
    }

    /// <summary>How many blocks there are.</summary>
    public int Blocks => _places.Count;

    /// <summary>Where a block is, by its place in the order of all.</summary>
    public DraftPlace this[long block] => _places[block];

    /// <summary>Writes the draft of a block; by any thread.</summary>
    public void Write(long block, DraftPlace place, ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            place = place with { At = _end, Bytes = bytes.Length };
            _places.Add(block, place);
            _end += bytes.Length;
        }
        RandomAccess.Write(_file, bytes, place.At);
    }

    /// <summary>Reads the draft of a block; by any thread.</summary>
    public void Read(DraftPlace place, DraftBlock block)
    {
        var rest = block.Room(place.Bytes);
        var at = place.At;
        while (rest.Length > 0)
        {
            var read = RandomAccess.Read(_file, rest, at);
            if (read == 0) throw new ConsortException($"{_path}: found its end, expected {rest.Length} bytes more of what was written");
            rest = rest[read..];
            at += read;
        }
        block.Begin(place.Worker, place.Bytes);
    }

    public void Dispose() => _file.Dispose();
}
