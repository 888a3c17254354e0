using System.IO.Compression;
using System.IO.Hashing;

namespace Consort.Data.Readers;

/// <summary>Reads a raw file, plain or gzip, and hashes the bytes on disk as they pass.</summary>
internal sealed class SourceStream : IDisposable
{
    /// <summary>By default .NET takes a gzip file that was cut off for a shorter one; rows would be lost without a word.</summary>
    static SourceStream() => AppContext.SetSwitch("System.IO.Compression.UseStrictValidation", true);

    private readonly string _path;
    private readonly Hashing _file;
    private readonly Stream _content;
    private bool _isKnown;

    public SourceStream(string path)
    {
        _path = path;
        FileStream file = Open(path);
        Length = file.Length;
        bool gzip = file.ReadByte() == 0x1f && file.ReadByte() == 0x8b;
        file.Position = 0;
        _file = new Hashing(file);
        _content = gzip ? new GZipStream(_file, CompressionMode.Decompress) : _file;
    }

    /// <summary>The bytes on disk.</summary>
    public long Length { get; }

    /// <summary>The bytes on disk read so far.</summary>
    public long Position => _file.Count;

    /// <summary>Fills the buffer, less only at the end of the content.</summary>
    /// <exception cref="ConsortException">It cannot be read, or its first bytes are those of another format than text.</exception>
    public int Fill(Span<byte> buffer)
    {
        try
        {
            int read = _content.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            if (!_isKnown && FileSignature.Describe(buffer[..Math.Min(read, 512)]) is { } other) throw new ConsortException($"{_path}: {other}");
            _isKnown = true;
            return read;
        }
        catch (InvalidDataException e)
        {
            throw new ConsortException($"{_path}: found damaged gzip data, or the end of the file before the end of the data", e);
        }
        catch (IOException e)
        {
            throw new ConsortException($"{_path}: cannot read: {e.Message}", e);
        }
    }

    /// <summary>XxHash128 of the whole file as hex; reads what is left.</summary>
    public string Hash()
    {
        Span<byte> rest = new byte[1 << 16];
        while (_file.Read(rest) > 0) { }
        return Convert.ToHexStringLower(_file.State.GetCurrentHash());
    }

    public void Dispose()
    {
        _content.Dispose();
        _file.Dispose();
    }

    /// <summary>Opens a raw file, or says what is wrong in the user's words.</summary>
    public static FileStream Open(string path)
    {
        try
        {
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.Open,
                Access = FileAccess.Read,
                Share = FileShare.Read,
                BufferSize = 0,
                Options = FileOptions.SequentialScan,
            });
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConsortException($"{path}: file not found", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ConsortException(Directory.Exists(path) ? $"{path}: found a folder, expected a file" : $"{path}: not allowed to read it", e);
        }
        catch (IOException e)
        {
            throw new ConsortException($"{path}: cannot open: {e.Message}", e);
        }
    }

    private sealed class Hashing(FileStream file) : Stream
    {
        public XxHash128 State { get; } = new();
        public long Count { get; private set; }

        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => file.Length;
        public override long Position { get => Count; set => throw new NotSupportedException(); }

        public override int Read(Span<byte> buffer)
        {
            int read = file.Read(buffer);
            State.Append(buffer[..read]);
            Count += read;
            return read;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing) file.Dispose();
            base.Dispose(disposing);
        }
    }
}
