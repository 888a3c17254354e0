using System.Buffers.Binary;

namespace Consort.Synthetic;

/// <summary>A run of rows as the bytes of both files; reused.</summary>
internal sealed class SyntheticBlock
{
    public const int Rows = 2048;

    private const int LongestNumber = 11;
    private const int LongestRow = 2 + CriteoShape.NumericFields * (LongestNumber + 1) + CriteoShape.CategoricalFields * 9;

    private readonly byte[] _text = new byte[Rows * LongestRow];
    private readonly byte[] _truth = new byte[Rows * sizeof(float)];
    private readonly SyntheticWorld _world;
    private readonly SyntheticRow _row;

    public SyntheticBlock(SyntheticWorld world)
    {
        _world = world;
        _row = world.NewRow();
    }

    public int Count { get; private set; }

    public int Clicks { get; private set; }

    public double TruthSum { get; private set; }

    public int TextLength { get; private set; }

    public ReadOnlySpan<byte> Text => _text.AsSpan(0, TextLength);

    public ReadOnlySpan<byte> Truth => _truth.AsSpan(0, Count * sizeof(float));

    /// <summary>Generates the rows [first, first + count).</summary>
    public void Fill(long first, int count)
    {
        Count = count;
        Clicks = 0;
        TruthSum = 0;
        var at = 0;
        for (var i = 0; i < count; i++)
        {
            _world.Generate(first + i, _row);
            Clicks += _row.Click ? 1 : 0;
            TruthSum += _row.Truth;
            BinaryPrimitives.WriteSingleLittleEndian(_truth.AsSpan(i * sizeof(float)), _row.Truth);
            at = WriteRow(at);
        }
        TextLength = at;
    }

    private int WriteRow(int at)
    {
        var text = _text;
        var values = _row.Values;
        text[at++] = _row.Click ? (byte)'1' : (byte)'0';
        for (var f = 0; f < CriteoShape.NumericFields; f++)
        {
            text[at++] = (byte)'\t';
            if (values[f] != long.MinValue)
                at = WriteNumber(values[f], at);
        }
        for (var f = CriteoShape.NumericFields; f < CriteoShape.Fields; f++)
        {
            text[at++] = (byte)'\t';
            if (values[f] != long.MinValue)
            {
                var token = ((CategoricalClicksField)_world.Fields[f]).Token(values[f]);
                BinaryPrimitives.WriteUInt64LittleEndian(text.AsSpan(at), Hex(token));
                at += 8;
            }
        }
        text[at++] = (byte)'\n';
        return at;
    }

    private int WriteNumber(long value, int at)
    {
        if (value < 0)
        {
            _text[at++] = (byte)'-';
            value = -value;
        }
        var end = at + 1;
        for (var rest = value; rest >= 10; rest /= 10)
            end++;
        var digits = (uint)value;
        for (var i = end - 1; i >= at; i--)
        {
            var tens = digits / 10;
            _text[i] = (byte)('0' + (digits - tens * 10));
            digits = tens;
        }
        return end;
    }

    /// <summary>Eight lower-case hexadecimal digits, the first in the lowest byte.</summary>
    private static ulong Hex(uint value)
    {
        // Spread the nibbles over the bytes of a word, all at once.
        ulong x = BinaryPrimitives.ReverseEndianness(value);
        x = (x | (x << 16)) & 0x0000FFFF0000FFFFUL;
        x = (x | (x << 8)) & 0x00FF00FF00FF00FFUL;
        x = ((x >> 4) & 0x000F000F000F000FUL) | ((x & 0x000F000F000F000FUL) << 8);
        var letters = ((x + 0x0606060606060606UL) >> 4) & 0x0101010101010101UL;
        return x + 0x3030303030303030UL + letters * 0x27;
    }
}
