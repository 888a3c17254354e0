using System.IO.Compression;
using System.IO.Hashing;
using Consort.Foundation.Files;
using ZstdSharp;

namespace Consort.Data.Sources;

/// <summary>Reads a raw file or a pipe, plain, gzip or zstd, once from its beginning, and hashes the bytes as they pass.</summary>
internal sealed class SourceStream : IDisposable
{
    /// <summary>The name of standard input, which is read even where the system has no file of that name.</summary>
    public const string StandardInput = "/dev/stdin";

    private static ReadOnlySpan<byte> Zstd => [0x28, 0xB5, 0x2F, 0xFD];

    // Behind a byte of 0x50 to 0x5F: a frame that zstd passes over, which may come first.
    private static ReadOnlySpan<byte> PassedOver => [0x2A, 0x4D, 0x18];

    /// <summary>By default .NET takes a gzip file that was cut off for a shorter one; rows would be lost without a word.</summary>
    static SourceStream() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    private readonly string _path;
    private readonly Hashing _file;
    private readonly Stream _content;
    private readonly bool _isGzip;
    private bool _isKnown;
    private long _unpacked;

    /// <param name="path">A file, pipe or device.</param>
    /// <param name="cancellation">Stops waiting for a pipe.</param>
    public SourceStream(string path, CancellationToken cancellation = default)
    {
        _path = path;
        var file = OpenOnce(path, cancellation);
        Length = file.CanSeek ? file.Length : 0;
        var head = new byte[4];
        var held = Try(() => file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false));
        _file = new Hashing(file, head.AsMemory(0, held));
        _isGzip = held >= 2 && head[0] == 0x1f && head[1] == 0x8b;
        var isZstd = held == 4 && (head.AsSpan().SequenceEqual(Zstd)
            || (head[0] & 0xF0) == 0x50 && head.AsSpan(1).SequenceEqual(PassedOver));
        _content = _isGzip ? new GZipStream(_file, CompressionMode.Decompress) : isZstd ? new DecompressionStream(_file) : _file;
    }

    /// <summary>The bytes on disk when it was opened; 0 where none are known before they come, as of a pipe.</summary>
    public long Length { get; }

    /// <summary>The bytes on disk read so far.</summary>
    public long Position => _file.Count;

    /// <summary>Fills the buffer, less only at the end of the content.</summary>
    /// <exception cref="ConsortException">It cannot be read, or its first bytes are those of another format than text.</exception>
    public int Fill(Span<byte> buffer)
    {
        try
        {
            var read = _content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (!_isKnown && FileSignature.Describe(buffer[..Math.Min(read, 512)]) is { } other)
                throw new ConsortException($"{_path}: {other}");
            _isKnown = true;
            _unpacked += read;
            return read;
        }
        catch (Exception e) when (e is InvalidDataException or ZstdException or EndOfStreamException)
        {
            throw new ConsortException($"{_path}: found damaged {(_isGzip ? "gzip" : "zstd")} data, or the end of the file before the end of the data, expected all that was packed; copy the file again", e);
        }
        catch (IOException e)
        {
            throw Unreadable(e);
        }
    }

    /// <summary>XxHash128 of the whole file as hex; reads what is left.</summary>
    /// <exception cref="ConsortException">The file grew or shrank while it was read: its last row may be half of one.</exception>
    public string Hash()
    {
        var rest = new byte[1 << 16];
        var isMore = false;
        for (int read; (read = Try(() => _file.Read(rest))) > 0;) isMore |= rest.AsSpan(0, read).ContainsAnyExcept((byte)0);
        if (_content != _file && (isMore || (_isGzip && !EndsWithLength())))
            throw new ConsortException($"{_path}: found bytes behind the end of the {(_isGzip ? "gzip" : "zstd")} data, which would be lost; expected such data alone: unpack it with {(_isGzip ? "gzip" : "zstd")} -dc and look at its end");
        if (Length > 0 && Position != Length)
            throw new ConsortException($"{_path}: {(Position > Length ? "grew" : "shrank")} while it was read: found {Position} bytes, expected {Length}; copy it and read the copy");
        return Convert.ToHexStringLower(_file.State.GetCurrentHash());
    }

    // Of gzip the last four bytes are the length of its last member, which is not more than there was in all; zeros may follow as padding.
    private bool EndsWithLength() => _file.Tail == 0 || _unpacked > uint.MaxValue || _file.Tail <= _unpacked;

    public void Dispose()
    {
        _content.Dispose();
        _file.Dispose();
    }

    /// <summary>Whether something can be read there, told without opening it.</summary>
    /// <exception cref="ConsortException">Nothing is there, or a folder or a socket.</exception>
    public static void Check(string path)
    {
        switch (FileFacts.Of(path).Kind)
        {
            case FileKind.None when path != StandardInput && path.Length > 0 && new FileInfo(path).LinkTarget is { } link:
                throw new ConsortException($"{path}: file not found; it is a link to {link}, which leads nowhere");
            case FileKind.None when path != StandardInput && !File.Exists(path):
                throw new ConsortException($"{path}: file not found");
            case FileKind.Folder:
                throw new ConsortException($"{path}: found a folder, expected a file");
            case FileKind.Socket when path != StandardInput:
                throw new ConsortException($"{path}: found a socket, expected a file or a pipe");
        }
    }

    /// <summary>Opens a file that is read more than once, or not from its beginning; or says what is wrong in the user's words.</summary>
    public static FileStream Open(string path)
    {
        if (FileFacts.Of(path).Kind == FileKind.Pipe) throw NotTwice();
        var file = OpenFile(path, CancellationToken.None);
        if (file.CanSeek) return file;
        file.Dispose();
        throw NotTwice();

        ConsortException NotTwice() =>
            new($"{path}: is a pipe, which can be read only once, expected a file that can be read again; write it to a file first");
    }

    /// <summary>The bytes of a file, links followed; 0 of what is none.</summary>
    public static long SizeOf(string path)
    {
        if (FileFacts.Of(path).Kind != FileKind.File) return 0;
        using var file = Open(path);
        return file.Length;
    }

    /// <summary>Whether the bytes of a place come only once: of standard input, unless a file is there, and of a pipe.</summary>
    public static bool ComesOnce(string path) =>
        FileFacts.Of(path).Kind is var kind && (kind == FileKind.Pipe || (path == StandardInput && kind != FileKind.File));

    /// <summary>Copies bytes that come only once into a file.</summary>
    public static void Copy(string path, string file, CancellationToken cancellation)
    {
        using var from = OpenOnce(path, cancellation);
        using var to = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
        from.CopyTo(to);
    }

    private static Stream OpenOnce(string path, CancellationToken cancellation)
    {
        Check(path);
        if (path == StandardInput && FileFacts.Of(path).Kind != FileKind.File)
            return new StoppableStream(Console.OpenStandardInput(), cancellation);
        var file = OpenFile(path, cancellation);
        return file.CanSeek ? file : new StoppableStream(file, cancellation);
    }

    private static FileStream OpenFile(string path, CancellationToken cancellation)
    {
        try
        {
            return PatientFile.Open(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read,
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
            }, cancellation);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConsortException($"{path}: file not found", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ConsortException(Directory.Exists(path)
                ? $"{path}: found a folder, expected a file" : $"{path}: not allowed to read it", e);
        }
        catch (IOException e)
        {
            throw new ConsortException($"{path}: cannot open: {e.Message}", e);
        }
    }

    private int Try(Func<int> read)
    {
        try
        {
            return read();
        }
        catch (IOException e)
        {
            throw Unreadable(e);
        }
    }

    private ConsortException Unreadable(IOException e) => new($"{_path}: cannot read: {e.Message}", e);

    /// <summary>Gives first what was read to tell the format, then the rest.</summary>
    private sealed class Hashing(Stream file, ReadOnlyMemory<byte> head) : ReadStream
    {
        private ReadOnlyMemory<byte> _head = head;

        public XxHash128 State { get; } = new();

        /// <summary>The last four bytes, as a little-endian number.</summary>
        public uint Tail { get; private set; }

        public long Count { get; private set; }

        public override int Read(Span<byte> buffer)
        {
            var read = Math.Min(buffer.Length, _head.Length);
            if (read > 0)
            {
                _head.Span[..read].CopyTo(buffer);
                _head = _head[read..];
            }
            else
            {
                read = file.Read(buffer);
            }
            State.Append(buffer[..read]);
            for (var i = Math.Max(0, read - sizeof(uint)); i < read; i++) Tail = (Tail >> 8) | ((uint)buffer[i] << 24);
            Count += read;
            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) file.Dispose();
            base.Dispose(disposing);
        }
    }
}
