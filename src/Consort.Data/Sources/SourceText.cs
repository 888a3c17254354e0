using Consort.Foundation.Files;

namespace Consort.Data.Sources;

/// <summary>Text files that are no rows, read as raw rows are: packed or plain, and no byte lost.</summary>
public static class SourceText
{
    /// <summary>Opens one to be read once from its beginning; all mistakes of the file are <see cref="ConsortException"/>s.</summary>
    /// <param name="path">A file, a pipe or a device.</param>
    /// <exception cref="ConsortException">It cannot be opened.</exception>
    public static StreamReader Open(string path) => new(new Unpacked(new SourceStream(path)), bufferSize: 1 << 16);

    // What comes out of the file.
    private sealed class Unpacked(SourceStream source) : ReadStream
    {
        private bool _isOver;

        public override int Read(Span<byte> buffer)
        {
            if (_isOver || buffer.IsEmpty)
                return 0;
            var read = source.Fill(buffer);
            if (read < buffer.Length)
            {
                _isOver = true;
                _ = source.Hash(); // what lies behind packed data would be lost without a word
            }

            return read;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                source.Dispose();
            base.Dispose(disposing);
        }
    }
}
