using System.Globalization;
using System.Runtime.CompilerServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>A numeric column: (x − shift) × scale, held within bounds; missing gives 0.</summary>
internal class NumberColumn : ColumnEncoder, INumberColumn
{
    public const string Expected = "a number or empty";

    private readonly TransformKind _transform;
    private readonly OutsideRule _outside;

    public NumberColumn(string name, int field, MissingTexts missing, TransformKind transform, OutsideRule outside, NumberFacts facts)
        : base(name, field)
    {
        (Missing, _transform, _outside, Facts) = (missing, transform, outside, facts);
        Shift = transform switch
        {
            TransformKind.Standardise => facts.Mean,
            TransformKind.MinMax => facts.Min,
            _ => 0,
        };
        var width = transform == TransformKind.Standardise ? facts.Deviation : facts.Max - facts.Min;
        // A column that never varies is all zeros; so is one whose width is too small to divide by.
        Scale = transform == TransformKind.None ? 1 : width > 0 && double.IsFinite(1 / width) ? 1 / width : 0;
        (Low, High) = outside == OutsideRule.Keep ? (double.NegativeInfinity, double.PositiveInfinity) : facts.Bounds(transform);
    }

    /// <summary>What was expected in place of a cell that is none: a smaller number, or one at all.</summary>
    public static string ExpectedFor(ReadOnlySpan<byte> cell) =>
        NumberParser.IsTooGreat(cell) ? "a number of at most 1e150" : Expected;

    public override int Size => 0;

    protected MissingTexts Missing { get; }

    public NumberFacts Facts { get; }

    public double Shift { get; }

    public double Scale { get; }

    /// <summary>The least number that is not far outside the training rows.</summary>
    public double Low { get; }

    /// <summary>The greatest.</summary>
    public double High { get; }

    /// <summary>About the raw value behind what the column gave; NaN where it gives 0 for all.</summary>
    public double Raw(float value) => Scale == 0 ? double.NaN : value / Scale + Shift;

    /// <summary>How far beyond the training rows' range that value lies, in widths of it.</summary>
    public double Distance(float value) => Scale == 0 ? 0 : Facts.Distance(Raw(value), _transform);

    /// <summary>
    /// The number that is taken for a raw value that lies too far outside the training rows; null where the value itself is.
    /// </summary>
    public double? ClippedTo(ReadOnlySpan<byte> cell)
    {
        if (Missing.Holds(cell, new Cell { Length = cell.Length }) || !NumberParser.TryNumber(cell, out var x)) return null;
        var used = Math.Clamp(x, Low, High);
        if (_transform == TransformKind.MinMax && Scale > 0) used = Math.Clamp(used, Facts.Min, Facts.Max);
        return used == x ? null : used;
    }

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        for (var r = 0; r < cells.Length; r++)
        {
            var cell = cells[r].Of(data);
            var x = double.NaN;
            if (!Missing.Holds(data, cells[r]) && !NumberParser.TryNumber(cell, out x)) throw new CellError(r, ExpectedFor(cell));
            Put(target, r, stride, BitsOf(x, r));
        }
    }

    public int BitsOf(double x, int row) => double.IsNaN(x) ? 0 : BitConverter.SingleToInt32Bits((float)Scaled(x, row));

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary) => Write(writer, Facts);

    /// <summary>Writes what was fitted.</summary>
    public static void Write(BinaryWriter writer, NumberFacts facts)
    {
        writer.Write(facts.Count);
        writer.Write(facts.Mean);
        writer.Write(facts.Deviation);
        writer.Write(facts.Min);
        writer.Write(facts.Max);
    }

    /// <summary>Reads what was fitted.</summary>
    /// <exception cref="InvalidDataException">A number that no fit gives.</exception>
    public static NumberFacts Read(BinaryReader reader)
    {
        var facts = new NumberFacts(reader.ReadInt64(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
        var isFinite = double.IsFinite(facts.Mean) && double.IsFinite(facts.Deviation) && double.IsFinite(facts.Min)
            && double.IsFinite(facts.Max);
        return isFinite && facts.Min <= facts.Max ? facts : throw new InvalidDataException("numbers of a column that are not finite");
    }

    /// <summary>What a number becomes.</summary>
    /// <exception cref="CellError">It lies too far outside, or beyond a float.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected double Scaled(double x, int row)
    {
        if (x < Low || x > High) x = Held(row, x);
        var value = (x - Shift) * Scale + 0.0; // -0 becomes 0, which some sources write for both
        if (_transform == TransformKind.MinMax) value = Math.Clamp(value, 0, 1);
        return Math.Abs(value) <= float.MaxValue ? value : throw new CellError(row, "a number within the range of a 32-bit float");
    }

    private double Held(int row, double x) => _outside == OutsideRule.Error
        ? throw new CellError(row, string.Create(
            CultureInfo.InvariantCulture,
            $"{Low:G6} to {High:G6}: training rows hold {Facts.Range}, and the schema says outside: error"))
        : Math.Clamp(x, Low, High);
}
