using System.Text;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Candidates;

/// <summary>Rows as the log has them, with some of its fields, in a text that its schema reads.</summary>
internal sealed class CandidateText
{
    private readonly Stream _stream;
    private readonly int[] _written;
    private readonly byte[] _delimiter;
    private readonly bool _isQuoted;

    public CandidateText(Schema schema, int[] written, Stream stream)
    {
        (_stream, _written, _isQuoted) = (stream, written, schema.Quoted);
        _delimiter = schema.Delimiter.Bytes.ToArray();
        if (!schema.Header) return;
        for (var i = 0; i < _written.Length; i++) Write(i, Encoding.UTF8.GetBytes(schema.Fields[_written[i]].Name));
        stream.WriteByte((byte)'\n');
    }

    /// <summary>Writes a row, some of whose fields have other cells.</summary>
    public void Write(RowCursor rows, int row, ReadOnlySpan<int> fields, ReadOnlySpan<byte[]> cells)
    {
        for (var i = 0; i < _written.Length; i++)
        {
            var other = fields.IndexOf(_written[i]);
            Write(i, other >= 0 ? cells[other] : rows.Group.Held(_written[i])[row].Of(rows.Data));
        }
        _stream.WriteByte((byte)'\n');
    }

    private void Write(int column, ReadOnlySpan<byte> cell)
    {
        if (column > 0) _stream.Write(_delimiter);
        if (!_isQuoted || (cell.IndexOfAny("\"\r\n"u8) < 0 && cell.IndexOf(_delimiter) < 0))
        {
            _stream.Write(cell);
            return;
        }
        _stream.WriteByte((byte)'"');
        foreach (var b in cell)
        {
            if (b == (byte)'"') _stream.WriteByte(b);
            _stream.WriteByte(b);
        }
        _stream.WriteByte((byte)'"');
    }
}
