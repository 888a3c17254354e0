using System.Globalization;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>A column of whole numbers as tokens.</summary>
/// <typeparam name="TCode">How a cell is read.</typeparam>
internal sealed class CodeColumn<TCode>(string name, int field, MissingTexts missing, Vocabulary vocabulary, TCode code)
    : TokenColumn(name, field, missing, vocabulary)
    where TCode : struct, ICellCode
{
    private int[] _ids = [];

    public override int Offset
    {
        get => base.Offset;
        set
        {
            base.Offset = value;
            _ids = [.. Enumerable.Range(CodeCounter.Lowest, CodeCounter.Common).Select(x => IdOf(x))];
        }
    }

    public override ColumnEncoder SharedBy(string name, int field, MissingTexts missing) =>
        new CodeColumn<TCode>(name, field, missing, Vocabulary, code) { Leader = this };

    /// <summary>The id of a number.</summary>
    public int IdOf(long x)
    {
        Span<byte> text = stackalloc byte[24];
        x.TryFormat(text, out var length, provider: CultureInfo.InvariantCulture);
        return IdOf(text[..length]);
    }

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        var ids = _ids;
        for (var r = 0; r < cells.Length; r++)
        {
            var id = Offset;
            if (!Missing.Holds(data, cells[r]))
            {
                if (!code.TryRead(data, cells[r], out var x)) throw new CellError(r, code.ExpectedFor(cells[r].Of(data)));
                var place = x - CodeCounter.Lowest;
                id = (ulong)place < (ulong)ids.Length ? ids[place] : IdOf(x);
            }
            Put(target, r, stride, id);
        }
    }
}
