using System.Globalization;
using System.Runtime.CompilerServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Tells whether a cell is missing. In a numeric field a number means that number, however it is written.</summary>
internal sealed class MissingTexts
{
    /// <summary>For columns without cells.</summary>
    public static MissingTexts None { get; } = new([], isNumeric: false);

    private readonly bool _empty;
    private readonly byte[][] _texts;
    private readonly long[] _numbers; // those of them that are whole numbers
    private readonly double[] _values; // of a numeric field: those that are numbers

    public MissingTexts(Schema schema, Field field) : this(field.Missing ?? schema.Missing, field.Kind == FieldKind.Numeric)
    {
    }

    private MissingTexts(IReadOnlyList<string> texts, bool isNumeric)
    {
        _empty = texts.Contains("");
        _values = isNumeric ? [.. texts.Select(ValueOf).OfType<double>()] : [];
        _numbers = [.. texts.Where(t => long.TryParse(t, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n)
            && n.ToString(CultureInfo.InvariantCulture) == t).Select(t => long.Parse(t, CultureInfo.InvariantCulture))
            .Union(_values.Where(v => Math.Abs(v) < 1e18 && v == Math.Floor(v)).Select(v => (long)v))];
        _texts = [.. texts.Where(t => t.Length > 0).Select(System.Text.Encoding.UTF8.GetBytes)];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Holds(ReadOnlySpan<byte> data, Cell cell)
    {
        if (cell.Length <= 0) return cell.Length < 0 || _empty;
        return _texts.Length != 0 && Search(cell.Of(data));
    }

    /// <summary>Whether a whole number's text is one of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Holds(long number) => number == CellNumbers.Absent || _numbers.Length != 0 && Array.IndexOf(_numbers, number) >= 0;

    private bool Search(ReadOnlySpan<byte> cell)
    {
        foreach (var text in _texts)
        {
            if (cell.SequenceEqual(text)) return true;
        }
        return _values.Length != 0 && NumberParser.TryDecimal(cell, out var value) && Array.IndexOf(_values, value) >= 0;
    }

    private static double? ValueOf(string text) =>
        NumberParser.TryDecimal(System.Text.Encoding.UTF8.GetBytes(text), out var value) ? value : null;
}
