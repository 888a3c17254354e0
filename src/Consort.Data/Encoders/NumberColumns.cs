using System.Globalization;
using System.IO.Hashing;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Numbers as buckets of equal shares; id = Offset + 2 + the number of boundaries below x.</summary>
internal sealed class QuantileColumn(string name, int field, MissingTexts missing, double[] boundaries)
    : ColumnEncoder(name, field), INumberColumn
{
    public override int Size => boundaries.Length + 3;

    public IReadOnlyList<double> Boundaries => boundaries;

    public override ColumnEncoder SharedBy(string name, int field, MissingTexts missing) =>
        new QuantileColumn(name, field, missing, boundaries) { Leader = this };

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        for (var r = 0; r < cells.Length; r++)
        {
            var cell = cells[r].Of(data);
            var x = double.NaN;
            if (!missing.Holds(data, cells[r]) && !NumberParser.TryNumber(cell, out x))
                throw new CellError(r, NumberColumn.ExpectedFor(cell));
            Put(target, r, stride, BitsOf(x, r));
        }
    }

    public int BitsOf(double x, int row)
    {
        if (double.IsNaN(x)) return Offset;
        var index = boundaries.AsSpan().BinarySearch(x);
        return Offset + 2 + (index < 0 ? ~index : index);
    }

    public override string Token(int index)
    {
        var bucket = index - 2;
        var low = bucket == 0 ? "-inf" : boundaries[bucket - 1].ToString("R", CultureInfo.InvariantCulture);
        var high = bucket == boundaries.Length ? "inf" : boundaries[bucket].ToString("R", CultureInfo.InvariantCulture);
        return $"({low}, {high}]";
    }

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary)
    {
        writer.Write(boundaries.Length);
        foreach (var boundary in boundaries) writer.Write(boundary);
    }

    public static double[] Read(BinaryReader reader)
    {
        var count = reader.ReadInt32();
        if (count < 0 || count > (reader.BaseStream.Length - reader.BaseStream.Position) / sizeof(double))
            throw new InvalidDataException("boundaries of a wrong size");
        var boundaries = new double[count];
        for (var i = 0; i < boundaries.Length; i++) boundaries[i] = reader.ReadDouble();
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
        for (var r = 0; r < cells.Length; r++)
        {
            var cell = cells[r].Of(data);
            var id = missing.Holds(data, cells[r])
                ? Offset
                : Offset + 2 + Hash(cell, count);
            Put(target, r, stride, id);
        }
    }

    /// <summary>Which of n a token is.</summary>
    public static int Hash(ReadOnlySpan<byte> token, int n) => (int)(XxHash3.HashToUInt64(token) % (ulong)n);

    public override string Token(int index) => string.Create(CultureInfo.InvariantCulture, $"hash {index - 2}");

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary) { }
}
