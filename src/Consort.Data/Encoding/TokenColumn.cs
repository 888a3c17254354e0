using Consort.Data.Readers;

namespace Consort.Data.Encoding;

/// <summary>A categorical column with a vocabulary.</summary>
internal class TokenColumn : ColumnEncoder
{
    private readonly MissingTexts _missing;
    private TokenTable? _table;

    public TokenColumn(string name, int field, MissingTexts missing, Vocabulary vocabulary) : base(name, field)
    {
        _missing = missing;
        Vocabulary = vocabulary;
    }

    protected MissingTexts Missing => _missing;

    public Vocabulary Vocabulary { get; }

    public override int Size => Vocabulary.Count + 2;

    public override int Offset
    {
        get => base.Offset;
        set
        {
            base.Offset = value;
            _table = Vocabulary.Index(value + 2);
        }
    }

    public override unsafe void Encode(byte* data, Cell* cells, int rows, byte* target, int stride)
    {
        TokenTable table = _table!;
        int missing = Offset, unknown = Offset + 1;
        ulong* keys = stackalloc ulong[RowGroup.Capacity];
        for (int r = 0; r < rows; r++)
        {
            keys[r] = TokenTable.Key(data + cells[r].Start, Math.Max(0, cells[r].Length));
            table.Prefetch(keys[r]);
        }
        for (int r = 0; r < rows; r++)
        {
            byte* token = data + cells[r].Start;
            int length = cells[r].Length;
            *(int*)(target + (nint)r * stride) = _missing.Holds(token, length) ? missing : table.Find(keys[r], token, length, unknown);
        }
        GC.KeepAlive(table);
    }

    /// <summary>The id of a token made elsewhere.</summary>
    protected unsafe int IdOf(ReadOnlySpan<byte> token)
    {
        byte* padded = stackalloc byte[24];
        token.CopyTo(new Span<byte>(padded, 24));
        return _table!.Find(TokenTable.Key(padded, token.Length), padded, token.Length, Offset + 1);
    }

    public override void Write(BinaryWriter writer) => Vocabulary.Write(writer);

    public override string Token(int index) => System.Text.Encoding.UTF8.GetString(Vocabulary.Token(index - 2));

    public override long CountOf(int index) => Vocabulary.CountOf(index - 2);
}
