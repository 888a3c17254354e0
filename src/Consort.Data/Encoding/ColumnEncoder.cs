using Consort.Data.Readers;

namespace Consort.Data.Encoding;

/// <summary>One column of encoded data, fitted: cells of its field in, ids or floats out. Immutable and safe for many threads.</summary>
internal abstract unsafe class ColumnEncoder
{
    protected ColumnEncoder(string name, int field)
    {
        Name = name;
        Field = field;
    }

    public string Name { get; }

    /// <summary>The field of the schema it reads.</summary>
    public int Field { get; }

    /// <summary>The number of ids, or 0 of a numeric column.</summary>
    public abstract int Size { get; }

    /// <summary>The first global id; set once, before the column is used.</summary>
    public virtual int Offset { get; set; }

    /// <summary>Encodes the cells of a group; row r's 4 bytes are written to target + r × stride.</summary>
    /// <exception cref="CellError">A cell is not what the column expects.</exception>
    public abstract void Encode(byte* data, Cell* cells, int rows, byte* target, int stride);

    /// <summary>Writes what was fitted.</summary>
    public abstract void Write(BinaryWriter writer);

    /// <summary>The text of the id Offset + index, index at least 2.</summary>
    public virtual string Token(int index) => index.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>How often that token was seen in training; −1 when not known.</summary>
    public virtual long CountOf(int index) => -1;
}
