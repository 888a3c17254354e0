using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>
/// Rows of <c>label index:value …</c> (libsvm) or <c>label field:index:value …</c> (libffm), spaces or tabs between. Passed over are lines
/// without anything, what follows a <c>#</c>, and <c>qid:</c>. What a row does not name is 0 in a numeric field, as both formats mean it,
/// unless the schema says that it is missing. A field that is a list may stand several times in a row, a token each time.
/// </summary>
internal sealed class PairParser : LineParser
{
    private readonly Layout _layout;
    private readonly int _first;
    private readonly int _label;
    private readonly bool _libffm;
    private readonly bool _positional;
    private readonly int[] _fields;
    private readonly bool[] _numeric;
    private readonly int[] _zeros;
    private readonly PairLists? _lists;

    public PairParser(Layout layout) : base(layout)
    {
        _layout = layout;
        _first = Schema.FirstIndex;
        _label = layout.Label;
        _libffm = Schema.Format == DataFormat.Libffm;
        _positional = !_libffm && Schema.Pairs == PairMeaning.Positional;
        _fields = [.. Enumerable.Range(0, Schema.Fields.Count).Where(i => Schema.Fields[i].Kind != FieldKind.Label)];
        _numeric = [.. _fields.Select(i => Schema.Fields[i].Kind == FieldKind.Numeric)];
        _lists = PairLists.Of(Schema);
        _zeros = [.. Enumerable.Range(0, Schema.Fields.Count).Where(i => Schema.AbsentIsZero(Schema.Fields[i]))];
    }

    protected override int ParseRows(Block block, int position, RowGroup group)
    {
        for (var c = 0; c <= group.Columns; c++) group.ClearColumn(c);
        _lists?.Begin(block);
        try
        {
            while (group.Rows < RowGroup.Capacity && position < block.Length)
            {
                var line = block.Content[position..];
                line = line[..line.IndexOf((byte)'\n')];
                if (!PairSource.IsEmpty(line))
                {
                    group.Starts[group.Rows] = position;
                    if (_lists is null) ParseRow(block, line, position, group);
                    else ParseRowOfLists(_lists, block, line.Length, position, group);
                    group.Rows++;
                }
                position += line.Length + 1;
            }
        }
        finally
        {
            _lists?.Clear();
            FillZeros(block, group);
        }
        return position;
    }

    private void ParseRowOfLists(PairLists lists, Block block, int length, int position, RowGroup group)
    {
        lists.Reserve(block, length);
        ParseRow(block, block.Content.Slice(position, length), position, group);
        lists.Write(block, group, group.Rows);
    }

    private void ParseRow(Block block, ReadOnlySpan<byte> line, int from, RowGroup group)
    {
        int at = 0, item = -1;
        while (true)
        {
            while (at < line.Length && line[at] is (byte)' ' or (byte)'\t' or (byte)'\r') at++;
            if (at == line.Length || line[at] == (byte)'#') break;
            var start = at;
            while (at < line.Length && line[at] is not ((byte)' ' or (byte)'\t' or (byte)'\r')) at++;
            var text = line[start..at];
            if (text.StartsWith("qid:"u8)) continue; // rows of one query, which ranking needs
            // A label has no colon, a pair has: where none is needed, a row may begin with its first pair.
            if (item < 0 && !_layout.Rules.LabelRequired && text.Contains((byte)':')) item = 0;
            if (item < 0)
            {
                var hash = text.IndexOf((byte)'#');
                group.CellsOf(_label)[group.Rows] = new Cell { Start = from + start, Length = hash < 0 ? text.Length : hash };
                if (hash >= 0) break;
            }
            else if (!Take(block, from, text, from + start, item, group))
            {
                break;
            }
            item++;
        }
    }

    /// <summary>Takes a pair; false where a comment begins within it.</summary>
    private bool Take(Block block, int rowStart, ReadOnlySpan<byte> text, int start, int item, RowGroup group)
    {
        int colon = text.IndexOf((byte)':'), second = colon < 0 ? -1 : text[(colon + 1)..].IndexOf((byte)':');
        if (colon <= 0 || second >= 0 != _libffm || (second >= 0 && text[(colon + second + 2)..].Contains((byte)':')))
        {
            var hint = colon <= 0 ? ""
                : _libffm ? Rules.Mend("where rows have index:value, set format: libsvm",
                    "write pairs as field:index:value (format: libffm)")
                : Rules.Mend("where rows have field:index:value, set format: libffm", "write pairs as index:value (format: libsvm)");
            throw Error(block, rowStart, $"found {Show(text)}, expected {(_libffm ? "field:index:value" : "index:value")}{hint}");
        }
        if (!_positional && _layout.Rules.PassesOver && NumberParser.TryInteger(text[..colon], out var index)
            && index - _first >= _fields.Length)
        {
            _layout.UnknownPairs++;
            return !text.Contains((byte)'#');
        }
        int place = PlaceOf(block, rowStart, text[..colon], item), field = _fields[place];
        ref var cell = ref group.CellsOf(field)[group.Rows];
        var isList = _lists is not null && _lists.Has(field);
        if (cell.Length >= 0 && !isList) throw Twice(block, rowStart, text[..colon], field);
        var takesIndex = !_numeric[place] && (_libffm || _positional);
        (var from, var to) = (takesIndex, _libffm) switch
        {
            (true, true) => (colon + 1, colon + 1 + second),
            (true, false) => (0, colon),
            (false, true) => (colon + second + 2, text.Length),
            _ => (colon + 1, text.Length),
        };
        if (isList)
        {
            var token = new Cell { Start = start + from, Length = to - from };
            return TakeToken(block, rowStart, text, start, field, token, takesIndex);
        }
        // A token may have a #, a number may not.
        var hash = _numeric[place] ? text[from..to].IndexOf((byte)'#') : -1;
        cell = new Cell { Start = start + from, Length = hash < 0 ? to - from : hash };
        return hash < 0;
    }

    // Beside an index stands its value, which is the token's weight.
    private bool TakeToken(Block block, int rowStart, ReadOnlySpan<byte> text, int start, int field, Cell token, bool hasValue)
    {
        var weight = new Cell { Length = -1 };
        var hash = -1;
        if (hasValue)
        {
            var value = text[(token.Start + token.Length + 1 - start)..];
            hash = value.IndexOf((byte)'#');
            weight = new Cell { Start = start + text.Length - value.Length, Length = hash < 0 ? value.Length : hash };
        }
        if (_lists!.Add(block.Bytes, field, token, weight) is { } mistake)
            throw Error(block, rowStart, $"field {Schema.Fields[field].Name}: {mistake}");
        return hash < 0;
    }

    private int PlaceOf(Block block, int rowStart, ReadOnlySpan<byte> number, int item)
    {
        if (_positional)
            return item < _fields.Length ? item : throw Error(block, rowStart,
                $"found more than {_fields.Length} pairs, expected {_fields.Length}");
        if (NumberParser.TryInteger(number, out var index) && index >= _first && index - _first < _fields.Length)
            return (int)(index - _first);
        var hint = index == 0 && _first == 1 && number.SequenceEqual("0"u8)
            ? Rules.Mend("where they count from 0, set first_index: 0", "count from 1 (first_index: 1)")
            : index == _fields.Length && _first == 0
            ? Rules.Mend("where they count from 1, set first_index: 1", "count from 0 (first_index: 0)") : "";
        throw Error(block, rowStart, $"found {(_libffm ? "field" : "index")} {Show(number)}, expected {_first} to {_fields.Length - 1 + _first}{hint}");
    }

    private ConsortException Twice(Block block, int rowStart, ReadOnlySpan<byte> number, int field)
    {
        var name = Schema.Fields[field].Name;
        return Error(block, rowStart, _libffm
            ? $"found field {Show(number)} ({name}) twice{Rules.Mend("where a row has several features of it, give the field kind: list", "keep one of its features in each row")}"
            : $"found index {Show(number)} ({name}) twice");
    }

    // The 0 lies behind the rows, where the block has room.
    private void FillZeros(Block block, RowGroup group)
    {
        if (_zeros.Length == 0) return;
        block.Bytes[block.Length] = (byte)'0';
        foreach (var column in _zeros)
        {
            foreach (ref var cell in group.CellsOf(column)[..group.Rows])
            {
                if (cell.Length < 0) cell = new Cell { Start = block.Length, Length = 1 };
            }
        }
    }
}
