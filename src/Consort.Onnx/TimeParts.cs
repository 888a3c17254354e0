using Consort.Compute.Graphs;
using Consort.Data.Encoders;
using Consort.Data.Schemas;
using Google.Protobuf;

namespace Consort.Onnx;

/// <summary>Hour, weekday and weekend of times written YYMMDDHH, in whole numbers.</summary>
internal sealed class TimeParts(GraphWriter writer) : ColumnNodes(writer)
{
    private const string Any = "00010100"; // what a missing time is read as before its id is put in
    private static readonly long[] MonthShifts = [0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4];

    // YYMMDDHH as a number, whether it is missing, and the weekday, each made once a field
    private readonly Dictionary<string, (FormValue Number, FormValue? IsMissing)> _times = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FormValue> _weekdays = new(StringComparer.Ordinal);

    /// <summary>The id of a column, [B, 1].</summary>
    /// <param name="column">Which part.</param>
    /// <param name="field">The text, [B, 1].</param>
    public FormValue Id(FittedTime column, FormValue field)
    {
        if (!_times.TryGetValue(field.Name, out var time))
            _times.Add(field.Name, time = Read(column, field));
        var part = column.Part == TimePart.Hour
            ? Remainder(time.Number, 100)
            : Weekday(field.Name, time.Number);
        // A weekend's id stands at its days.
        var ids = column.Part switch
        {
            TimePart.Hour => column.Ids.Take(24),
            TimePart.Weekday => column.Ids.Take(7),
            _ => Enumerable.Range(0, 7).Select(day => column.Ids[day >= 5 ? 1 : 0]),
        };
        var values = ids.Select(id => (long)id).ToArray();
        var known = Writer.Add("Gather", [Writer.Constant(values, [values.Length]), part], []);
        return time.IsMissing is { } isMissing ? Writer.Add("Where", [isMissing, Whole(column.Offset), known], []) : known;
    }

    private (FormValue Number, FormValue? IsMissing) Read(FittedTime column, FormValue field)
    {
        FormValue? isMissing = null;
        var text = field;
        if (column.Missing.Count > 0)
        {
            string[] texts = [.. column.Missing.Distinct(StringComparer.Ordinal)];
            var found = Lookup(field, texts.Select(ByteString.CopyFromUtf8), [.. texts.Select(_ => 1L)], 0);
            isMissing = Cast(found, ElementType.Bool);
            text = Writer.Add("Where", [isMissing.Value, Writer.Text(Any), field], []);
        }

        return (Cast(text, ElementType.Int64), isMissing);
    }

    // 0 is Monday. Sakamoto's rule: years begin in March, and a table says how far months shift the days of the week.
    private FormValue Weekday(string field, FormValue time)
    {
        if (_weekdays.TryGetValue(field, out var known))
            return known;
        var day = Remainder(Quotient(time, 100), 100);
        var month = Remainder(Quotient(time, 10_000), 100);
        var isEarly = Cast(Writer.Add("Less", [month, Whole(3)], []), ElementType.Int64);
        var year = Writer.Add("Sub", [Sum(Quotient(time, 1_000_000), Whole(2000)), isEarly], []);
        var leaps = Writer.Add("Sub", [Sum(Quotient(year, 4), Quotient(year, 400)), Quotient(year, 100)], []);
        var shift = Writer.Add("Gather", [Writer.Constant(MonthShifts, [12]), Writer.Add("Sub", [month, Whole(1)], [])], []);
        var fromSunday = Sum(Sum(year, leaps), Sum(shift, day));
        return _weekdays[field] = Remainder(Sum(fromSunday, Whole(6)), 7);
    }
}
