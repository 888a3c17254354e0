using System.Globalization;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Cuts the cell of a list into its tokens. Immutable and safe for many threads.</summary>
internal sealed class ListCutter
{
    private const string ExpectedWeight = $"a token with a weight, a number of at least 0 ({FieldList.WeightRange}), such as tag:0.3";
    private readonly MissingTexts _missing;
    private readonly byte[] _splitter;
    private readonly byte[]? _weight;
    private readonly bool _trims;

    public ListCutter(Schema schema, Field field, MissingTexts missing)
    {
        var list = field.List!;
        (_missing, _trims, Keep) = (missing, schema.Trim, list.Keep);
        (_splitter, _weight) = (list.Splitter.Bytes.ToArray(), list.WeightSplitter?.Bytes.ToArray());
        Shape = new ListShape(list.MaxLength, list.Pooling, field.Kind == FieldKind.Sequence, _weight is not null);
    }

    public ListShape Shape { get; }

    /// <summary>Which tokens stay of too many.</summary>
    public ListEnd Keep { get; }

    /// <summary>
    /// Whether a token has a place in the list. One that means a missing value has none, but in a sequence, so that two that stand beside
    /// each other keep step: there it becomes a cell that is not there.
    /// </summary>
    public bool HasPlace(ReadOnlySpan<byte> data, ref Cell token)
    {
        if (token.Length > 0 && !_missing.Holds(data, token)) return true;
        token.Length = -1;
        return Shape.IsOrdered;
    }

    /// <summary>Looks over a cell.</summary>
    public Cut Begin(ReadOnlySpan<byte> data, Cell cell)
    {
        var (all, position, end) = (0, cell.Start, cell.Start + cell.Length);
        if (cell.Length > 0 && !_missing.Holds(data, cell))
            while (position <= end)
                all += Token(data, ref position, end, out _, out _) ? 1 : 0;
        var count = Math.Min(all, Shape.MaxLength);
        return new Cut(this, cell, count, Keep == ListEnd.Last ? all - count : 0);
    }

    // The token at a position, which then is behind the splitter; whether it has a place.
    private bool Token(ReadOnlySpan<byte> data, ref int position, int end, out Cell token, out Cell weight)
    {
        var length = data[position..end].IndexOf(_splitter);
        token = new Cell { Start = position, Length = length < 0 ? end - position : length };
        position += token.Length + _splitter.Length;
        weight = CutWeight(data, ref token);
        if (_trims && token.Length > 0) token = token.Trimmed(data);
        return HasPlace(data, ref token);
    }

    /// <summary>The weight that a token by itself carries, as in a cell; 1 where it has none. The token is then without it.</summary>
    /// <exception cref="CellError">It is no weight.</exception>
    public float TakeWeight(ReadOnlySpan<byte> data, ref Cell token) => WeightOf(data, CutWeight(data, ref token), 0);

    // What stands behind the last weight splitter; the empty cell at 0 where there is none.
    private Cell CutWeight(ReadOnlySpan<byte> data, ref Cell token)
    {
        if (_weight is null || token.Of(data).LastIndexOf(_weight) is not (>= 0 and var at)) return default;
        var from = token.Start + at + _weight.Length;
        var weight = new Cell { Start = from, Length = token.Start + token.Length - from };
        token.Length = at;
        return weight;
    }

    // A token without a weight has 1.
    private static float WeightOf(ReadOnlySpan<byte> data, Cell cell, int row)
    {
        if (cell.Start == 0 && cell.Length == 0) return 1;
        return float.TryParse(cell.Of(data), NumberStyles.Float, CultureInfo.InvariantCulture, out var weight)
            && FieldList.IsWeight(weight) ? weight : throw new CellError(row, ExpectedWeight);
    }

    /// <summary>Hands out the tokens of one cell that stay.</summary>
    /// <param name="cutter">Cuts it.</param>
    /// <param name="cell">The cell.</param>
    /// <param name="count">How many tokens stay.</param>
    /// <param name="skipped">How many before them do not.</param>
    public struct Cut(ListCutter cutter, Cell cell, int count, int skipped)
    {
        private int _position = cell.Start;
        private int _skipped = skipped;
        private int _left = count;

        /// <summary>How many tokens stay.</summary>
        public int Count { get; } = count;

        /// <summary>The next tokens, as many as there is room for; 0 at the end.</summary>
        /// <exception cref="CellError">A weight is no number of at least 0.</exception>
        public int Next(ReadOnlySpan<byte> data, int row, Span<Cell> tokens, Span<float> weights)
        {
            var n = 0;
            while (_left > 0 && n < tokens.Length)
            {
                if (!cutter.Token(data, ref _position, cell.Start + cell.Length, out var token, out var weight) || _skipped-- > 0) continue;
                tokens[n] = token;
                if (cutter.Shape.IsWeighted) weights[n] = WeightOf(data, weight, row);
                (n, _left) = (n + 1, _left - 1);
            }
            return n;
        }
    }
}
