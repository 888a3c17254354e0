using System.Globalization;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// Numbers as places between knots b₀ &lt; … &lt; b_T, after Gorishniy et al. 2022, "On Embeddings for Numerical Features in Tabular Deep
/// Learning". Their vector of a number in bin t, ple(x) · W + b with ple(x) = (1, …, 1, (x − b_t) / (b_t+1 − b_t), 0, …, 0), runs along
/// straight lines between its values at the knots. These values are what the table holds, a row each, so that a number is the sum of two
/// rows with weights that make 1: the same functions, at the price of a list of two tokens whatever T is. Beyond the outer knots it is
/// constant. A missing number is a token of its own.
/// </summary>
/// <param name="name">The column.</param>
/// <param name="field">The field that it reads.</param>
/// <param name="missing">Texts that mean a missing value.</param>
/// <param name="knots">Ascending; none where training rows had no number.</param>
internal sealed class PiecewiseColumn(string name, int field, MissingTexts missing, double[] knots) : RaggedColumn(name, field)
{
    // Less than this is no weight of a token: the nearer knot has it all.
    private const double Least = 1e-9;

    public static ListShape TwoTokens { get; } = new(2, ListPooling.Sum, IsWeighted: true);

    public override ListShape Shape => TwoTokens;

    public override int Size => knots.Length + 2;

    public IReadOnlyList<double> Knots => knots;

    public override ColumnEncoder SharedBy(string name, int field, MissingTexts missing) =>
        new PiecewiseColumn(name, field, missing, knots) { Leader = this };

    public override int Encode(ReadOnlySpan<byte> data, Cell cell, int row, Span<int> list)
    {
        var text = cell.Of(data);
        var x = double.NaN;
        if (!missing.Holds(data, cell) && !NumberParser.TryNumber(text, out x)) throw new CellError(row, NumberColumn.ExpectedFor(text));
        return PlacesOf(x, list);
    }

    /// <summary>The list of a number; of <see cref="double.NaN"/> that of a missing one.</summary>
    public int PlacesOf(double x, Span<int> list)
    {
        if (double.IsNaN(x)) return One(list, Offset);
        if (knots.Length == 0) return One(list, Offset + 1);
        var above = knots.AsSpan().BinarySearch(x);
        if (above >= 0) return One(list, Offset + 2 + above);
        above = ~above;
        if (above == 0 || above == knots.Length) return One(list, Offset + 2 + Math.Min(above, knots.Length - 1));
        double low = knots[above - 1], share = (x - low) / (knots[above] - low);
        if (share < Least) return One(list, Offset + 1 + above);
        if (1 - share < Least) return One(list, Offset + 2 + above);
        (list[0], list[1], list[2]) = (2, Offset + 1 + above, Offset + 2 + above);
        (list[3], list[4]) = (BitConverter.SingleToInt32Bits((float)(1 - share)), BitConverter.SingleToInt32Bits((float)share));
        return 2;
    }

    private static int One(Span<int> list, int id)
    {
        (list[0], list[1], list[2]) = (1, id, BitConverter.SingleToInt32Bits(1));
        return 1;
    }

    public override string Token(int index) => $"at {knots[index - 2].ToString("R", CultureInfo.InvariantCulture)}";

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary)
    {
        writer.Write(knots.Length);
        foreach (var knot in knots) writer.Write(knot);
    }

    /// <summary>Reads what was fitted.</summary>
    /// <exception cref="InvalidDataException">Knots that no fit gives.</exception>
    public static double[] Read(BinaryReader reader)
    {
        var knots = QuantileColumn.Read(reader);
        for (var i = 0; i < knots.Length; i++)
        {
            if (!double.IsFinite(knots[i]) || (i > 0 && !(knots[i - 1] < knots[i])))
                throw new InvalidDataException("knots that do not ascend");
        }
        return knots;
    }

    /// <summary>
    /// The knots of n bins: the least value and the greatest, each value that has a bin's share of the rows by itself, and such as part
    /// the other rows into equal shares.
    /// </summary>
    /// <param name="values">Ascending, each once.</param>
    /// <param name="bins">n.</param>
    public static double[] KnotsOf(IReadOnlyList<(double Value, int Count)> values, int bins)
    {
        if (values.Count == 0) return [];
        var total = values.Sum(v => (long)v.Count);
        bool IsHeavy((double Value, int Count) value) => value.Count * (double)bins >= total;
        var heavy = values.Where(IsHeavy).ToArray();
        var (rest, parts) = (total - heavy.Sum(v => (long)v.Count), bins - heavy.Length);
        var knots = new SortedSet<double>(heavy.Select(v => v.Value)) { values[0].Value, values[^1].Value };
        long below = 0;
        var next = 1;
        foreach (var (value, count) in values.Where(v => !IsHeavy(v)))
        {
            below += count;
            if (next >= parts || below * (double)parts < rest * (double)next) continue;
            while (next < parts && below * (double)parts >= rest * (double)next) next++;
            knots.Add(value);
        }
        return [.. knots];
    }
}
