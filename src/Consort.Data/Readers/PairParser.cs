using Consort.Data.Schemas;

namespace Consort.Data.Readers;

/// <summary>Rows of <c>label index:value …</c> (libsvm) or <c>label field:index:value …</c> (libffm), spaces or tabs between.</summary>
internal sealed unsafe class PairParser : RowParser
{
    private readonly Layout _layout;
    private readonly int _first;
    private readonly int _label;
    private readonly bool _libffm;
    private readonly bool _positional;
    private readonly int[] _fields;
    private readonly bool[] _numeric;

    public PairParser(Layout layout)
    {
        Schema schema = layout.Schema;
        _layout = layout;
        _first = schema.FirstIndex;
        _label = layout.Label;
        _libffm = schema.Format == DataFormat.Libffm;
        _positional = !_libffm && schema.Pairs == PairMeaning.Positional;
        _fields = [.. Enumerable.Range(0, schema.Fields.Count).Where(i => schema.Fields[i].Kind != FieldKind.Label)];
        _numeric = [.. _fields.Select(i => schema.Fields[i].Kind == FieldKind.Numeric)];
    }

    public override int Parse(Block block, int position, string path, RowGroup group)
    {
        for (int c = 0; c <= group.Columns; c++)
        {
            for (int r = 0; r < RowGroup.Capacity; r++) group.Column(c)[r] = new Cell { Start = position, Length = -1 };
        }
        int row = 0;
        while (row < RowGroup.Capacity && position < block.Length)
        {
            group.RowStarts[row] = position;
            int length = new ReadOnlySpan<byte>(block.Data + position, block.Length - position).IndexOf((byte)'\n');
            ParseRow(block, position, position + length, path, group, row);
            position += length + 1;
            row++;
        }
        group.Rows = row;
        return position;
    }

    private void ParseRow(Block block, int from, int end, string path, RowGroup group, int row)
    {
        byte* data = block.Data;
        int position = from, item = -1;
        while (true)
        {
            while (position < end && data[position] is (byte)' ' or (byte)'\t' or (byte)'\r') position++;
            if (position >= end) break;
            int start = position;
            while (position < end && data[position] is not ((byte)' ' or (byte)'\t' or (byte)'\r')) position++;
            // A label has no colon, a pair has: where none is needed, a row may begin with its first pair.
            if (item < 0 && !_layout.Rules.LabelRequired && new ReadOnlySpan<byte>(data + start, position - start).Contains((byte)':')) item = 0;
            if (item < 0) group.Column(_label)[row] = new Cell { Start = start, Length = position - start };
            else Take(block, from, start, position, item, path, group, row);
            item++;
        }
        if (item < 0) throw Error(block, from, path, "found an empty line, expected a label");
    }

    private void Take(Block block, int rowStart, int start, int end, int item, string path, RowGroup group, int row)
    {
        var text = new ReadOnlySpan<byte>(block.Data + start, end - start);
        int colon = text.IndexOf((byte)':'), second = colon < 0 ? -1 : text[(colon + 1)..].IndexOf((byte)':');
        if (colon <= 0 || second >= 0 != _libffm)
            throw Error(block, rowStart, path, $"found {Show(text)}, expected {(_libffm ? "field:index:value" : "index:value")}");

        int field = item;
        if (!_positional)
        {
            bool isWhole = NumberParser.TryInteger(text[..colon], out long index);
            if (isWhole && index - _first >= _fields.Length && _layout.Rules.PassesOver)
            {
                _layout.UnknownPairs++;
                return;
            }
            if (!isWhole || index < _first || index - _first >= _fields.Length)
                throw Error(block, rowStart, path, $"found {(_libffm ? "field" : "index")} {Show(text[..colon])}, expected {_first} to {_fields.Length - 1 + _first}");
            field = (int)(index - _first);
        }
        else if (item >= _fields.Length)
        {
            throw Error(block, rowStart, path, $"found more than {_fields.Length} pairs, expected {_fields.Length}");
        }

        Cell* cell = group.Column(_fields[field]) + row;
        if (cell->Length >= 0) throw Error(block, rowStart, path, $"found {(_libffm ? "field" : "index")} {Show(text[..colon])} twice");
        bool takesIndex = !_numeric[field] && (_libffm || _positional);
        (int from, int to) = (takesIndex, _libffm) switch
        {
            (true, true) => (colon + 1, colon + 1 + second),
            (true, false) => (0, colon),
            (false, true) => (colon + second + 2, text.Length),
            _ => (colon + 1, text.Length),
        };
        *cell = new Cell { Start = start + from, Length = to - from };
    }
}
