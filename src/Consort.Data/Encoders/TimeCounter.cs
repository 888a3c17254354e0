using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>Counts the parts of a time, and its age; finds out how times are written where the schema does not say.</summary>
internal sealed class TimeCounter : ColumnCounter
{
    private readonly CodeCounter<TimeCode> _parts;
    private readonly TimeForms _own = new();
    private readonly TimeForms _others = new();
    private readonly NumberTally _ages = new();
    private readonly TimePart[] _tokens;
    private readonly Field? _since;
    private readonly MissingTexts? _sinceMissing;

    public TimeCounter(Schema schema, int index, MissingTexts missing) : base(schema.Fields[index], index, missing)
    {
        _tokens = [.. Field.Derive.Where(part => part != TimePart.Age)];
        _parts = new CodeCounter<TimeCode>(Field, index, missing, [.. Codes(Field.Format)]);
        Beside = TimeFields.SinceOf(schema, Field);
        if (Beside < 0) return;
        _since = schema.Fields[Beside];
        _sinceMissing = new MissingTexts(schema, _since);
    }

    public override int Beside { get; } = -1;

    public override Field FittedField => Field with { Format = _own.Of(Field) };

    // Where texts are still to tell how times are written, a time by itself need not be what it is among the others.
    public override bool Drafts => Field.Format != TimeFormat.Auto && _since?.Format != TimeFormat.Auto;

    public override int Streams => _tokens.Length + (_since is null ? 0 : DraftNumbers.Streams);

    public override void Count(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, CountedRows rows, ReadOnlySpan<DraftStream> draft)
    {
        for (var i = 0; i < rows.Rows.Length; i++)
        {
            var r = rows.Rows[i];
            if (Missing.Holds(data, cells[r])) continue;
            CheckCell(data, cells[r], r);
            if (Field.Format == TimeFormat.Auto && rows.Times[i] > 0) _own.See(cells[r].Of(data));
        }
        _parts.Count(data, cells, rows, draft);
    }

    public override void CountBeside(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<Cell> beside, CountedRows rows,
        ReadOnlySpan<DraftStream> draft)
    {
        for (var i = 0; i < rows.Rows.Length; i++)
        {
            var r = rows.Rows[i];
            var days = DaysOf(data, cells[r], beside[r], rows.Times[i] > 0);
            if (rows.Times[i] > 0 && double.IsFinite(days)) _ages.Add(days);
            DraftNumbers.Add(draft[_tokens.Length..], days);
        }
    }

    private double DaysOf(ReadOnlySpan<byte> data, Cell cell, Cell beside, bool isSeen)
    {
        if (_sinceMissing!.Holds(data, beside)) return DraftNumbers.Missing;
        if (isSeen && _since!.Format == TimeFormat.Auto) _others.See(beside.Of(data));
        if (!TimeText.TryRead(beside.Of(data), _since!.Format, out var from)) return DraftNumbers.Refused;
        return !Missing.Holds(data, cell) && TimeText.TryRead(cell.Of(data), Field.Format, out var time)
            ? AgeColumn.Days(time, from) : DraftNumbers.Missing;
    }

    protected override void CheckCell(ReadOnlySpan<byte> data, Cell cell, int row)
    {
        if (!TimeText.TryRead(cell.Of(data), Field.Format, out _)) throw new CellError(row, TimeText.Say(Field.Format, cell.Of(data)));
    }

    public override void Merge(ColumnCounter other)
    {
        var that = (TimeCounter)other;
        _own.Add(that._own);
        _others.Add(that._others);
        _ages.Add(that._ages);
        _parts.Merge(that._parts);
    }

    public override void Keep(CounterState state)
    {
        _own.Keep(state);
        _others.Keep(state);
        _ages.Keep(state);
        _parts.Keep(state);
    }

    public override ColumnEncoder[] Fit(int minCount)
    {
        var format = _own.Of(Field);
        var columns = _parts.Fit(minCount, Codes(format), Field.TokenColumns);
        return _since is null ? columns : [.. columns, new AgeColumn(Field with { Format = format }, Index, Missing,
            _since with { Format = _others.Of(_since) }, Beside, _sinceMissing!, _ages.Facts())];
    }

    public override DraftedColumn[] Drafted(IReadOnlyList<ColumnEncoder> columns, int stream)
    {
        var parts = _parts.Drafted(columns, stream);
        return _since is null ? parts : [.. parts, new DraftedNumbers((INumberColumn)columns[^1], stream + _tokens.Length)];
    }

    public override void Dispose()
    {
        _parts.Dispose();
        base.Dispose();
    }

    private IEnumerable<TimeCode> Codes(TimeFormat format) => _tokens.Select(part => new TimeCode(part, format, Field.Zone));
}

/// <summary>How the times of a field were seen to be written.</summary>
internal sealed class TimeForms
{
    private const string Iso = "ISO 8601", Digits = "YYMMDDHH", Unix = "Unix time";
    private static readonly TimeFormat[] Units = [TimeFormat.UnixS, TimeFormat.UnixMs, TimeFormat.UnixUs, TimeFormat.UnixNs];
    private bool _iso;
    private bool _digits;
    private bool _numbers;
    private readonly bool[] _units = new bool[Units.Length];

    public void See(ReadOnlySpan<byte> text)
    {
        switch (TimeText.Guess(text))
        {
            case TimeFormat.Iso:
                _iso = true;
                break;
            case TimeFormat.Yymmddhh:
                _digits = true;
                break;
            default:
                _numbers = true;
                if (UnitOf(text) is { } unit) _units[Array.IndexOf(Units, unit)] = true;
                break;
        }
    }

    public void Add(TimeForms other)
    {
        (_iso, _digits, _numbers) = (_iso || other._iso, _digits || other._digits, _numbers || other._numbers);
        for (var i = 0; i < _units.Length; i++) _units[i] |= other._units[i];
    }

    public void Keep(CounterState state)
    {
        state.Any(ref _iso);
        state.Any(ref _digits);
        state.Any(ref _numbers);
        for (var i = 0; i < _units.Length; i++) state.Any(ref _units[i]);
    }

    /// <summary>How a text is written, as messages call it.</summary>
    public static string NameOf(ReadOnlySpan<byte> text) => TimeText.Guess(text) switch
    {
        TimeFormat.Iso => Iso,
        TimeFormat.Yymmddhh => Digits,
        _ => UnitOf(text) is { } unit ? NameOf(unit) : Unix,
    };

    /// <summary>Whether times of two such names are of one form: a zero is the same in every unit.</summary>
    public static bool AreAlike(string one, string other) => one == other
        || (one == Unix && other.StartsWith(Unix, StringComparison.Ordinal))
        || (other == Unix && one.StartsWith(Unix, StringComparison.Ordinal));

    private static string NameOf(TimeFormat unit) => $"{Unix} in {TimeText.Say(unit)["a time as ".Length..^" since 1970".Length]}";

    // The unit that a number's size says; null of zero.
    private static TimeFormat? UnitOf(ReadOnlySpan<byte> text) =>
        NumberParser.TryDecimal(text, out var number) && number != 0 ? TimeText.UnitFor(Math.Abs(number)) : null;

    /// <summary>The end of a message: what mends times of several forms.</summary>
    public static string Mend =>
        $"; write all of a column alike, or name the form that they have by format: {string.Join(", ", Words.All<TimeFormat>().Keys.Skip(1))}";

    /// <summary>What the field says, or what was seen.</summary>
    /// <exception cref="MixedForms">Several forms were.</exception>
    public TimeFormat Of(Field field)
    {
        if (field.Format != TimeFormat.Auto) return field.Format;
        TimeFormat[] units = [.. Units.Where((_, i) => _units[i])];
        string[] forms = [.. new[] { (_iso, Iso), (_digits, Digits), (_numbers && units.Length == 0, Unix) }.Where(f => f.Item1)
            .Select(f => f.Item2), .. units.Select(NameOf)];
        if (forms.Length > 1)
            throw new MixedForms($"column {field.Name}: found times as {string.Join(" and as ", forms)} among the training rows, expected one form{Mend}");
        return _digits ? TimeFormat.Yymmddhh : _numbers ? units.FirstOrDefault(TimeFormat.UnixS) : TimeFormat.Iso;
    }
}

/// <summary>Times of a column are written in several forms; whoever can read the rows again says where.</summary>
internal sealed class MixedForms(string message) : Exception(message);
