using Consort.Data.Schemas;

namespace Consort.Data.Sources;

/// <summary>
/// The features of a row that belong to lists: in such rows a field may stand several times, each time with one token. What a list has is
/// written as one cell, its tokens and their splitters, behind the rows of the block, where it stays until the next group of rows.
/// </summary>
internal sealed class PairLists
{
    private readonly byte[]?[] _splitters; // of each field, null of one that is no list
    private readonly byte[]?[] _weights;
    private readonly int[] _first; // of each field the first of its features, −1 for none
    private readonly int[] _last;
    private readonly int _most; // bytes that a token may need beside its own
    private readonly List<int> _touched = [];
    private readonly List<(Cell Token, Cell Weight, int Next)> _features = [];
    private int _end; // of what is written

    private PairLists(IReadOnlyList<Field> fields)
    {
        _splitters = [.. fields.Select(f => f.List?.Splitter.Bytes.ToArray())];
        _weights = [.. fields.Select(f => f.List?.WeightSplitter?.Bytes.ToArray())];
        _first = [.. fields.Select(_ => -1)];
        _last = [.. _first];
        _most = fields.Max(f => (f.List?.Splitter.Bytes.Length ?? 0) + (f.List?.WeightSplitter?.Bytes.Length ?? 0));
    }

    /// <summary>Those of a schema, or null where no field is a list.</summary>
    public static PairLists? Of(Schema schema) => schema.Fields.Any(f => f.List is not null) ? new PairLists(schema.Fields) : null;

    /// <summary>Whether a field is a list.</summary>
    public bool Has(int field) => _splitters[field] is not null;

    /// <summary>Begins a group of rows: what was written for the one before is no longer needed.</summary>
    public void Begin(Block block) => _end = block.Length + 1;

    /// <summary>Makes room for a row; addresses within the block may be others afterwards.</summary>
    public void Reserve(Block block, int rowLength)
    {
        // The shortest feature is 0:1 with a space behind it.
        var need = _end + rowLength + (((rowLength / 4L) + 1) * _most);
        if (need > block.Capacity) block.Grow((int)Math.Min(need + (need / 4), Array.MaxLength - Block.Padding));
    }

    /// <summary>Takes a feature.</summary>
    /// <param name="data">Where it lies.</param>
    /// <param name="field">Its field.</param>
    /// <param name="token">Its token.</param>
    /// <param name="weight">Its value; absent where the format has none beside the token.</param>
    /// <returns>What is wrong with it, or null.</returns>
    public string? Add(ReadOnlySpan<byte> data, int field, Cell token, Cell weight)
    {
        if (weight.Length >= 0)
        {
            var text = token.Of(data);
            if (text.IndexOf(_splitters[field]) >= 0)
                return $"found a token with the splitter in it, {RowParser.Show(text)}";
            var value = weight.Of(data);
            if (_weights[field] is null)
            {
                if (!NumberParser.TryNumber(value, out var number) || number != 1)
                    return $"found value {RowParser.Show(value)}, expected 1 where weight_splitter is not set";
                weight.Length = -1;
            }
            else if (value.IndexOf(_weights[field]) >= 0)
            {
                return $"found value {RowParser.Show(value)}, expected one without the weight_splitter";
            }
        }
        var place = _features.Count;
        _features.Add((token, weight, -1));
        if (_first[field] < 0)
        {
            _first[field] = place;
            _touched.Add(field);
        }
        else
        {
            var last = _last[field];
            _features[last] = _features[last] with { Next = place };
        }
        _last[field] = place;
        return null;
    }

    /// <summary>Writes the cells of a row.</summary>
    public void Write(Block block, RowGroup group, int row)
    {
        var bytes = block.Bytes;
        foreach (var field in _touched)
        {
            var start = _end;
            for (var i = _first[field]; i >= 0; i = _features[i].Next)
            {
                var (token, weight, _) = _features[i];
                if (i != _first[field]) Put(bytes, _splitters[field]);
                Put(bytes, token.Of(bytes));
                if (weight.Length < 0) continue;
                Put(bytes, _weights[field]);
                Put(bytes, weight.Of(bytes));
            }
            group.CellsOf(field)[row] = new Cell { Start = start, Length = _end - start };
        }
        Clear();
    }

    /// <summary>Forgets the features of a row that was not written.</summary>
    public void Clear()
    {
        foreach (var field in _touched) _first[field] = -1;
        _touched.Clear();
        _features.Clear();
    }

    private void Put(Span<byte> bytes, ReadOnlySpan<byte> text)
    {
        text.CopyTo(bytes[_end..]);
        _end += text.Length;
    }
}
