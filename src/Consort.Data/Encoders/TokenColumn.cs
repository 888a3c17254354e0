using System.Runtime.CompilerServices;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>A categorical column with a vocabulary.</summary>
internal class TokenColumn : ColumnEncoder
{
    private readonly MissingTexts _missing;
    private TokenTable? _table;

    private TokenTable Table => _table ??= Vocabulary.Index;

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
            _table = Vocabulary.MadeIndex; // otherwise with the first token that is asked for
        }
    }

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        var table = Table;
        int missing = Offset, known = Vocabulary.Count;
        var count = 0;
        Span<TokenProbe> probes = stackalloc TokenProbe[RowGroup.Capacity];
        for (var r = 0; r < cells.Length; r++)
        {
            if (_missing.Holds(data, cells[r]))
            {
                Put(target, r, stride, missing);
                continue;
            }
            ref var probe = ref probes[count++];
            probe = TokenProbe.Of(data, cells[r], r);
            table.Prefetch(probe);
        }
        foreach (ref readonly var probe in probes[..count])
            Put(target, probe.Row, stride, IdAt(table.Find(probe, data, -1), missing, known));
        GC.KeepAlive(table);
    }

    public override bool HasTokens => true;

    public override ColumnEncoder SharedBy(string name, int field, MissingTexts missing) =>
        new TokenColumn(name, field, missing, Vocabulary) { Leader = this };

    public override int IndexOf(ReadOnlySpan<byte> token)
    {
        var index = IdOf(token) - Offset;
        return index == 1 ? -1 : index;
    }

    /// <summary>The id of a token made elsewhere.</summary>
    protected int IdOf(ReadOnlySpan<byte> token)
    {
        var id = IdAt(Table.Find(TokenProbe.Of(token), token, -1), Offset, Vocabulary.Count);
        GC.KeepAlive(_table);
        return id;
    }

    // A number that is no place in the vocabulary is of no token, or of a damaged file: no id leaves the column's range.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int IdAt(int index, int offset, int known) => (uint)index < (uint)known ? offset + 2 + index : offset + 1;

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary) => vocabulary(writer, Vocabulary);

    public override string Token(int index) => System.Text.Encoding.UTF8.GetString(Vocabulary.Token(index - 2));

    public override ulong HashOf(int index) => index < 2 ? base.HashOf(index) : Vocabulary.HashOf(index - 2);

    public override long CountOf(int index) => Vocabulary.CountOf(index - 2);
}
