using System.Globalization;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Hour, weekday or weekend of a time written YYMMDDHH.</summary>
internal sealed class TimeColumn(string name, int field, MissingTexts missing, Vocabulary vocabulary, TimePart part)
    : TokenColumn(name, field, missing, vocabulary)
{
    /// <summary>The most values a part has.</summary>
    public const int Values = 24;

    public const string Expected = "a time as YYMMDDHH or empty";

    private int[] _ids = [];

    public override int Offset
    {
        get => base.Offset;
        set
        {
            base.Offset = value;
            _ids = [.. Enumerable.Range(0, Values).Select(v => IdOf(System.Text.Encoding.UTF8.GetBytes(v.ToString(CultureInfo.InvariantCulture))))];
        }
    }

    /// <summary>The id of a value of its part.</summary>
    public int IdOfPart(int value) => _ids[value];

    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        for (int r = 0; r < cells.Length; r++)
        {
            ReadOnlySpan<byte> cell = cells[r].Of(data);
            int id = Offset;
            if (!Missing.Holds(cell, cells[r].Length))
            {
                if (!TryPart(cell, part, out int value)) throw new CellError(r, Expected);
                id = _ids[value];
            }
            Put(target, r, stride, id);
        }
    }

    /// <summary>Reads a part of YYMMDDHH; the year is of this century.</summary>
    public static bool TryPart(ReadOnlySpan<byte> text, TimePart part, out int value)
    {
        value = 0;
        text = NumberParser.WithoutZeros(text);
        if (text.Length != 8 || !NumberParser.TryInteger(text, out long number) || number < 0) return false;
        int hour = (int)(number % 100), day = (int)(number / 100 % 100), month = (int)(number / 10_000 % 100), year = 2000 + (int)(number / 1_000_000);
        if (hour > 23 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)) return false;
        if (part == TimePart.Hour)
        {
            value = hour;
            return true;
        }
        int weekday = ((int)new DateTime(year, month, day).DayOfWeek + 6) % 7;
        value = part == TimePart.Weekday ? weekday : weekday >= 5 ? 1 : 0;
        return true;
    }
}
