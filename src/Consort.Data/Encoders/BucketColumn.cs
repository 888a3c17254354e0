using System.Globalization;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Whole numbers as tokens: x > 2 becomes floor(ln(x)²), others stay as they are (Criteo).</summary>
internal sealed class BucketColumn(string name, int field, MissingTexts missing, Vocabulary vocabulary)
    : TokenColumn(name, field, missing, vocabulary)
{
    /// <summary>Values from here up to <see cref="Highest"/> have their id in a table.</summary>
    public const int Lowest = -64;
    public const int Highest = 4096;

    /// <summary>More than floor(ln(10^18)²).</summary>
    public const int Buckets = 1800;

    public const string Expected = "an integer or empty";

    private static readonly int[] Common = [.. Enumerable.Range(Lowest, Highest - Lowest).Select(x => (int)Bucket(x))];

    private int[] _ids = [];
    private int[] _buckets = [];

    public override int Offset
    {
        get => base.Offset;
        set
        {
            base.Offset = value;
            _buckets = new int[Buckets];
            for (int b = 0; b < Buckets; b++) _buckets[b] = IdOfBucket(b);
            _ids = new int[Common.Length];
            for (int i = 0; i < _ids.Length; i++) _ids[i] = Common[i] < 0 ? IdOfBucket(Common[i]) : _buckets[Common[i]];
        }
    }

    public override ColumnEncoder SharedBy(string name, int field, MissingTexts missing) =>
        new BucketColumn(name, field, missing, Vocabulary) { Leader = this };

    /// <summary>The bucket of a number.</summary>
    public static long Bucket(long x)
    {
        if (x <= 2) return x;
        double ln = Math.Log(x);
        return (long)Math.Floor(ln * ln);
    }

    /// <summary>What was expected in place of a cell that is none: a smaller whole number, or one at all.</summary>
    public static string ExpectedFor(ReadOnlySpan<byte> cell) =>
        NumberParser.TryDecimal(cell, out double x) && x == Math.Floor(x) ? "a whole number of at most 18 digits" : Expected;

    /// <summary>Reads a cell: whole numbers, most of them written as such.</summary>
    public static bool TryRead(ReadOnlySpan<byte> cell, out long x) => NumberParser.TryInteger(cell, out x) || NumberParser.TryWholeCell(cell, out x);

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        for (int r = 0; r < cells.Length; r++)
        {
            ReadOnlySpan<byte> cell = cells[r].Of(data);
            int length = cells[r].Length, id;
            if (Missing.Holds(cell, length)) id = Offset;
            else if (!TryRead(cell, out long x)) throw new CellError(r, ExpectedFor(cell));
            else if ((ulong)(x - Lowest) < (ulong)(Highest - Lowest)) id = _ids[x - Lowest];
            else id = x > 0 ? _buckets[Bucket(x)] : IdOfBucket(x);
            Put(target, r, stride, id);
        }
    }

    private int IdOfBucket(long bucket)
    {
        Span<byte> text = stackalloc byte[24];
        bucket.TryFormat(text, out int length, provider: CultureInfo.InvariantCulture);
        return IdOf(text[..length]);
    }
}
