using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Yes or no: two tokens beside the missing one, whether training has seen them or not.</summary>
internal sealed class BooleanColumn(string name, int field, MissingTexts missing, long noes, long yeses) : ColumnEncoder(name, field)
{
    public const string Expected = "true or false (yes or no, 1 or 0, t or f, y or n) or empty";

    public override int Size => 4;

    public override bool HasTokens => true;

    /// <summary>Reads a cell.</summary>
    public static bool TryRead(ReadOnlySpan<byte> cell, out bool yes)
    {
        var isRead = NumberParser.TryWholeCell(cell, out var number) && number is 0 or 1;
        yes = number == 1;
        return isRead;
    }

    public override int IndexOf(ReadOnlySpan<byte> token) => TryRead(token, out var yes) ? yes ? 3 : 2 : -1;

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        for (var r = 0; r < cells.Length; r++)
        {
            var id = Offset;
            if (!missing.Holds(data, cells[r]))
                id += TryRead(cells[r].Of(data), out var yes) ? yes ? 3 : 2 : throw new CellError(r, Expected);
            Put(target, r, stride, id);
        }
    }

    public override string Token(int index) => index == 3 ? "true" : "false";

    public override long CountOf(int index) => index == 3 ? yeses : noes;

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary)
    {
        writer.Write(noes);
        writer.Write(yeses);
    }

    /// <summary>Reads what was counted.</summary>
    public static (long Noes, long Yeses) Read(BinaryReader reader) => (reader.ReadInt64(), reader.ReadInt64());
}

/// <summary>Counts yes and no.</summary>
internal sealed class BooleanCounter(Field field, int index, MissingTexts missing) : ColumnCounter(field, index, missing)
{
    private long _noes;
    private long _yeses;

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        for (var i = 0; i < rows.Rows.Length; i++)
        {
            var r = rows.Rows[i];
            var yes = false;
            var isMissing = Missing.Holds(data, cells[r]);
            if (!isMissing && !BooleanColumn.TryRead(cells[r].Of(data), out yes)) throw new CellError(r, BooleanColumn.Expected);
            draft[0].Add(isMissing ? 0 : yes ? 2 : 1);
            if (isMissing) continue;
            if (yes) _yeses += rows.Times[i];
            else _noes += rows.Times[i];
        }
    }

    protected override void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row)
    {
        if (!BooleanColumn.TryRead(cell.Of(data), out _)) throw new CellError(row, BooleanColumn.Expected);
    }

    public override void Merge(ColumnCounter other)
    {
        _noes += ((BooleanCounter)other)._noes;
        _yeses += ((BooleanCounter)other)._yeses;
    }

    public override void Keep(CounterState state)
    {
        state.Sum(ref _noes);
        state.Sum(ref _yeses);
    }

    public override ColumnEncoder[] Fit(int minCount) => [new BooleanColumn(Field.Name, Index, Missing, _noes, _yeses)];

    public override DraftedColumn[] Drafted(IReadOnlyList<ColumnEncoder> columns, int stream) =>
        [new DraftedIds(columns[0], stream, [0, 2, 3])];
}
