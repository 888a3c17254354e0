using Consort.Compute.Graphs;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Onnx;

/// <summary>
/// Parts and ages of the times of fields of kind time, in whole numbers. ONNX's operators read no ISO 8601, so a model takes such times,
/// and those written as YYMMDDHH, as seconds since 1970; the others as they are.
/// </summary>
internal sealed class UnixTimes(GraphWriter writer) : ColumnNodes(writer)
{
    /// <summary>What stands for a missing time.</summary>
    public const long Missing = long.MinValue;

    private const long YearOne = 62_135_596_800; // seconds from the year 1 to 1970
    private const long Day = 86_400;

    private readonly Dictionary<string, (FormValue Number, FormValue IsMissing)> _times = new(StringComparer.Ordinal); // int64 [B, 1]
    private readonly Dictionary<string, FormValue> _seconds = new(StringComparer.Ordinal);

    /// <summary>Adds the input of a field, [B, 1].</summary>
    public void AddInput(Field field, List<string> notes)
    {
        var isText = field.Format is TimeFormat.Iso or TimeFormat.Yymmddhh;
        var input = Writer.AddInput(field.Name, ElementType.Int64, 1, $"the time as {UnitOf(field)} since 1970 (UTC); missing: {Missing}");
        if (isText)
            notes.Add($"field {field.Name} holds times as text, which ONNX's operators cannot read: its input is the time as seconds since 1970 (UTC), an int64");
        Writer.Scope = $"encode/{field.Name}";
        var isMissing = Writer.Add("Equal", [input, Whole(Missing)], []);
        _times.Add(field.Name, (Writer.Add("Where", [isMissing, Whole(0), input], []), isMissing));
    }

    /// <summary>In what the input of a field counts.</summary>
    public static string UnitOf(Field field) => field.Format switch
    {
        TimeFormat.UnixMs => "milliseconds",
        TimeFormat.UnixUs => "microseconds",
        TimeFormat.UnixNs => "nanoseconds",
        _ => "seconds",
    };

    /// <summary>The time of a field in ticks of 100 ns since 1970, int64 [B, 1], and whether it is missing.</summary>
    public (FormValue Ticks, FormValue IsMissing) Ticks(Field field) =>
        (Ticks(_times[field.Name].Number, field), _times[field.Name].IsMissing);

    /// <summary>Numbers in a field's unit as such ticks; what is finer is cut off.</summary>
    public FormValue Ticks(FormValue numbers, Field field) => field.Format.UnitsPerSecond() is var unit && unit <= TimeSpan.TicksPerSecond
        ? Product(numbers, TimeSpan.TicksPerSecond / unit)
        : Quotient(Writer.Add("Sub", [numbers, Remainder(numbers, unit / TimeSpan.TicksPerSecond)], []), unit / TimeSpan.TicksPerSecond);

    /// <summary>The id of a part, [B, 1].</summary>
    public FormValue Id(FittedTime column)
    {
        var seconds = Seconds(column.Field);
        var part = column.Part switch
        {
            TimePart.Hour => Quotient(Remainder(seconds, Day), 3600),
            TimePart.Weekday or TimePart.Weekend => Remainder(Quotient(seconds, Day), 7), // the year 1 began with a Monday
            _ => Date(Quotient(seconds, Day), column.Part),
        };
        var ids = column.Part == TimePart.Weekend ? Enumerable.Range(0, 7).Select(day => column.Ids[day >= 5 ? 1 : 0]) : column.Ids;
        var values = ids.Select(id => (long)id).ToArray();
        var known = Writer.Add("Gather", [Writer.Constant(values, [values.Length]), part], []);
        return Writer.Add("Where", [_times[column.Field.Name].IsMissing, Whole(column.Offset), known], []);
    }

    /// <summary>Days from one time to the other, double [B, 1], and whether either is missing.</summary>
    public (FormValue Days, FormValue IsMissing) Days(FittedAge age)
    {
        var days = Writer.Add("Sub", [InDays(age.Field), InDays(age.Since)], []);
        return (days, Writer.Add("Or", [_times[age.Field.Name].IsMissing, _times[age.Since.Name].IsMissing], []));
    }

    private FormValue InDays(Field field)
    {
        var number = Cast(_times[field.Name].Number, ElementType.Double);
        return Writer.Add("Div", [number, Writer.Constant([(double)field.Format.UnitsPerSecond() * Day], [])], []);
    }

    // From the year 1 in the field's zone, so that there is nothing below 0.
    private FormValue Seconds(Field field)
    {
        if (_seconds.TryGetValue(field.Name, out var known))
            return known;
        var (number, _) = _times[field.Name];
        var unit = field.Format.UnitsPerSecond();
        if (unit > 1)
            number = Quotient(Writer.Add("Sub", [number, Remainder(number, unit)], []), unit);
        return _seconds[field.Name] = Sum(number, Whole(YearOne + (long)field.Zone.TotalSeconds));
    }

    // Years that begin in March, in eras of 400: the day and month of such a count follow by division (Hinnant, chrono-compatible dates).
    private FormValue Date(FormValue day, TimePart part)
    {
        var ofEra = Remainder(Sum(day, Whole(306)), 146_097);
        var leaps = Difference(Sum(Quotient(ofEra, 1_460), Quotient(ofEra, 146_096)), Quotient(ofEra, 36_524));
        var year = Quotient(Difference(ofEra, leaps), 365);
        var ofYear = Difference(ofEra, Sum(Product(year, 365), Difference(Quotient(year, 4), Quotient(year, 100))));
        var month = Quotient(Sum(Product(ofYear, 5), Whole(2)), 153); // 0 is March
        return part == TimePart.Day
            ? Sum(Difference(ofYear, Quotient(Sum(Product(month, 153), Whole(2)), 5)), Whole(1))
            : Sum(Remainder(Sum(month, Whole(2)), 12), Whole(1));
    }
}
