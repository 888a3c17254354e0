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
            _table = Leader is TokenColumn leader ? leader._table : Vocabulary.Index(value + 2);
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

    public override bool HasTokens => true;

    public override ColumnEncoder SharedBy(string name, int field, MissingTexts missing) =>
        new TokenColumn(name, field, missing, Vocabulary) { Leader = this };

    public override int IndexOf(ReadOnlySpan<byte> token)
    {
        int index = IdOf(token) - Offset;
        return index == 1 ? -1 : index;
    }

    /// <summary>The id of a token made elsewhere.</summary>
    protected unsafe int IdOf(ReadOnlySpan<byte> token)
    {
        // Keys are read in whole 8 bytes.
        byte* padded = stackalloc byte[8];
        *(ulong*)padded = 0;
        if (token.Length < 8) token.CopyTo(new Span<byte>(padded, 8));
        fixed (byte* given = token)
        {
            byte* text = token.Length < 8 ? padded : given;
            return _table!.Find(TokenTable.Key(text, token.Length), text, token.Length, Offset + 1);
        }
    }

    public override void Write(BinaryWriter writer) => Vocabulary.Write(writer);

    public override string Token(int index) => System.Text.Encoding.UTF8.GetString(Vocabulary.Token(index - 2));

    public override long CountOf(int index) => Vocabulary.CountOf(index - 2);
}
