using System.Globalization;
using System.IO.Hashing;
using Consort.Data.Readers;
using Consort.Data.Schemas;

namespace Consort.Data.Encoding;

/// <summary>What training rows say of a numeric field.</summary>
/// <param name="Count">Rows with a value.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="Deviation">Their standard deviation (divided by n).</param>
/// <param name="Min">The least value.</param>
/// <param name="Max">The greatest value.</param>
internal readonly record struct NumberFacts(long Count, double Mean, double Deviation, double Min, double Max);

/// <summary>A numeric column: (x − shift) × scale, held within bounds; missing gives 0.</summary>
internal sealed class NumberColumn(string name, int field, MissingTexts missing, TransformKind transform, NumberFacts facts)
    : ColumnEncoder(name, field)
{
    public const string Expected = "a number or empty";

    private readonly double _shift = transform == TransformKind.Standardise ? facts.Mean : transform == TransformKind.MinMax ? facts.Min : 0;
    private readonly double _scale = transform switch
    {
        // A column that never varies is all zeros.
        TransformKind.Standardise => facts.Deviation > 0 ? 1 / facts.Deviation : 0,
        TransformKind.MinMax => facts.Max > facts.Min ? 1 / (facts.Max - facts.Min) : 0,
        _ => 1,
    };

    public override int Size => 0;

    public NumberFacts Facts => facts;

    public double Shift => _shift;

    public double Scale => _scale;

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        for (int r = 0; r < cells.Length; r++)
        {
            ReadOnlySpan<byte> cell = cells[r].Of(data);
            double value = 0;
            if (!missing.Holds(cell, cells[r].Length))
            {
                if (!NumberParser.TryNumber(cell, out double x)) throw new CellError(r, Expected);
                value = (x - _shift) * _scale;
                if (transform == TransformKind.MinMax) value = Math.Clamp(value, 0, 1);
                if (Math.Abs(value) > float.MaxValue) throw new CellError(r, "a number within the range of a 32-bit float");
            }
            Put(target, r, stride, (float)value);
        }
    }

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary)
    {
        writer.Write(facts.Count);
        writer.Write(facts.Mean);
        writer.Write(facts.Deviation);
        writer.Write(facts.Min);
        writer.Write(facts.Max);
    }

    public static NumberFacts Read(BinaryReader reader)
        => new(reader.ReadInt64(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
}

/// <summary>Numbers as buckets of equal shares; id = Offset + 2 + the number of boundaries below x.</summary>
internal sealed class QuantileColumn(string name, int field, MissingTexts missing, double[] boundaries) : ColumnEncoder(name, field)
{
    public override int Size => boundaries.Length + 3;

    public IReadOnlyList<double> Boundaries => boundaries;

    public override ColumnEncoder SharedBy(string name, int field, MissingTexts missing) =>
        new QuantileColumn(name, field, missing, boundaries) { Leader = this };

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        for (int r = 0; r < cells.Length; r++)
        {
            ReadOnlySpan<byte> cell = cells[r].Of(data);
            int id = Offset;
            if (!missing.Holds(cell, cells[r].Length))
            {
                if (!NumberParser.TryNumber(cell, out double x)) throw new CellError(r, NumberColumn.Expected);
                int index = boundaries.AsSpan().BinarySearch(x);
                id = Offset + 2 + (index < 0 ? ~index : index);
            }
            Put(target, r, stride, id);
        }
    }

    public override string Token(int index)
    {
        int bucket = index - 2;
        string low = bucket == 0 ? "-inf" : boundaries[bucket - 1].ToString("R", CultureInfo.InvariantCulture);
        string high = bucket == boundaries.Length ? "inf" : boundaries[bucket].ToString("R", CultureInfo.InvariantCulture);
        return $"({low}, {high}]";
    }

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary)
    {
        writer.Write(boundaries.Length);
        foreach (double boundary in boundaries) writer.Write(boundary);
    }

    public static double[] Read(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / sizeof(double)) throw new InvalidDataException("boundaries of a wrong size");
        var boundaries = new double[count];
        for (int i = 0; i < boundaries.Length; i++) boundaries[i] = reader.ReadDouble();
        return boundaries;
    }
}

/// <summary>Tokens by their XxHash3 modulo n; id = Offset + 2 + hash. Nothing is fitted.</summary>
internal sealed class HashColumn(string name, int field, MissingTexts missing, int count) : ColumnEncoder(name, field)
{
    public override int Size => count + 2;

    public override ColumnEncoder SharedBy(string name, int field, MissingTexts missing) =>
        new HashColumn(name, field, missing, count) { Leader = this };

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        for (int r = 0; r < cells.Length; r++)
        {
            ReadOnlySpan<byte> cell = cells[r].Of(data);
            int id = missing.Holds(cell, cells[r].Length)
                ? Offset
                : Offset + 2 + (int)(XxHash3.HashToUInt64(cell) % (ulong)count);
            Put(target, r, stride, id);
        }
    }

    public override string Token(int index) => string.Create(CultureInfo.InvariantCulture, $"hash {index - 2}");

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary) { }
}
