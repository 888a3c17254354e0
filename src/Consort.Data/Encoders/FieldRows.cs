using System.Runtime.InteropServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// Rows that are filled field by field, as a scorer does: what a row holds of a field that is not given, and what a value makes of it.
/// Nothing is allocated. <see cref="Encoder"/> says what its members promise.
/// </summary>
internal sealed class FieldRows
{
    private static readonly RowRules Scored = RowRules.Fitted(labelRequired: false, passesOver: true);

    private readonly Schema _schema;
    private readonly (ColumnEncoder Column, int Position, bool Numeric)[][] _byField;
    private readonly int[] _listStarts; // [F]: where a column's list begins in the room of a row
    private readonly int[] _absentIds; // [F]; of a list column where its list begins
    private readonly float[] _absentNumerics; // [N]
    private readonly int[]?[] _absentLists; // [F]: what a list column's room begins with; null of others
    private readonly bool _hasLists;
    private readonly StepTimeRows _steps;

    /// <param name="schema">The fields.</param>
    /// <param name="space">What <paramref name="categorical"/> and <paramref name="numeric"/> make.</param>
    /// <param name="categorical">The columns of ids.</param>
    /// <param name="numeric">The numeric ones.</param>
    public FieldRows(Schema schema, FeatureSpace space, ColumnEncoder[] categorical, ColumnEncoder[] numeric)
    {
        (_schema, _hasLists) = (schema, space.ListRoom > 0);
        var byField = categorical.Select((c, p) => (c, p, false)).Concat(numeric.Select((c, p) => (c, p, true))).ToLookup(t => t.c.Field);
        _byField = [.. Enumerable.Range(0, schema.Fields.Count).Select(i => byField[i].ToArray())];
        _listStarts = new int[categorical.Length];
        for (var f = 1; f < _listStarts.Length; f++)
            _listStarts[f] = _listStarts[f - 1] + (space.Categorical[f - 1].List?.Room ?? 0);
        _absentLists = [.. categorical.Select(c => c is RaggedColumn list ? AbsentList(list) : null)];
        _absentIds = [.. categorical.Select((c, f) => c is RaggedColumn ? _listStarts[f] : AbsentBits(c))];
        _absentNumerics = [.. numeric.Select(c => BitConverter.Int32BitsToSingle(AbsentBits(c)))];
        Ages = new AgeTimes(numeric);
        _steps = new StepTimeRows(categorical, _listStarts);
        TimesPerRow = Ages.Count + _steps.Count;
    }

    /// <summary>How many times a row holds: those of ages, and behind them those of the steps of histories.</summary>
    public int TimesPerRow { get; }

    /// <summary>Between what times ages are counted.</summary>
    public AgeTimes Ages { get; }

    /// <summary>The sequences of times, each with the places of its own field, its history's and the row's time.</summary>
    public IReadOnlyList<(int Times, int History, int Until)> StepAges => _steps.Fields;

    /// <summary>The columns that read a field, with their places among those of ids or the numeric ones.</summary>
    public ReadOnlySpan<(ColumnEncoder Column, int Position, bool Numeric)> Of(int field) => _byField[field];

    /// <summary>Takes all fields of a row as not given.</summary>
    public void Clear(Span<int> ids, Span<float> numerics, Span<int> lists, int from, Span<long> times)
    {
        times.Clear();
        _absentIds.CopyTo(ids);
        _absentNumerics.CopyTo(numerics);
        if (!_hasLists) return;
        for (var f = 0; f < _absentLists.Length; f++)
        {
            if (_absentLists[f] is not { } list) continue;
            list.CopyTo(lists[_listStarts[f]..]);
            ids[f] += from;
        }
    }

    /// <summary>Takes one field so.</summary>
    public void Clear(int field, Span<int> ids, Span<float> numerics, Span<int> lists, Span<long> times)
    {
        Ages.Clear(field, times, numerics);
        if (!_steps.IsEmpty) _steps.Clear(field, times[Ages.Count..]);
        foreach ((var column, var position, var numeric) in _byField[field])
        {
            if (column is RaggedColumn) _absentLists[position]!.CopyTo(lists[_listStarts[position]..]);
            else if (numeric) numerics[position] = _absentNumerics[position];
            else ids[position] = _absentIds[position];
        }
    }

    /// <summary>Takes a field's value.</summary>
    /// <exception cref="ConsortException">It is not what the field expects.</exception>
    public void Set(int field, ReadOnlySpan<byte> value, Span<int> ids, Span<float> numerics, Span<int> lists, Span<long> times)
    {
        if (_schema.Trim) value = value.Trim((byte)' ');
        var data = Readable(value, stackalloc byte[8]);
        var cell = new Cell { Start = 0, Length = value.Length };
        try
        {
            Ages.Read(field, data, cell, times, numerics);
            if (!_steps.IsEmpty) _steps.Read(field, data, cell, times[Ages.Count..]);
        }
        catch (CellError error)
        {
            throw Refused(field, value, error, error.Mend(Scored));
        }
        foreach ((var column, var position, var numeric) in _byField[field])
        {
            if (column is AgeColumn or SequenceAgeColumn) continue;
            try
            {
                if (column is RaggedColumn list)
                {
                    list.Encode(data, cell, 0, lists.Slice(_listStarts[position], list.Shape.Room));
                    continue;
                }
                var bits = 0;
                column.Encode(data, new ReadOnlySpan<Cell>(in cell), MemoryMarshal.AsBytes(new Span<int>(ref bits)), 4);
                if (numeric) numerics[position] = BitConverter.Int32BitsToSingle(bits);
                else ids[position] = bits;
            }
            catch (CellError error)
            {
                throw Refused(field, value, error);
            }
        }
    }

    /// <summary>Takes one more token of a list.</summary>
    /// <exception cref="ConsortException">The field is no list, the weight is none, or the token of a list of times no time.</exception>
    public void Add(int field, ReadOnlySpan<byte> token, Span<int> lists, float? weight, Span<long> times)
    {
        if (_schema.Fields[field].List is null)
            throw new ConsortException($"column {_schema.Fields[field].Name}: found a list, expected one value: it is of kind {Words.Of(_schema.Fields[field].Kind)}");
        if (weight is { } given && !FieldList.IsWeight(given))
            throw new ConsortException(FormattableString.Invariant(
                $"column {_schema.Fields[field].Name}: found weight {(float.IsFinite(given) ? (object)given : "too great for a float")}, expected a number of at least 0 ({FieldList.WeightRange})"));
        if (_schema.Trim) token = token.Trim((byte)' ');
        var data = Readable(token, stackalloc byte[8]);
        try
        {
            if (!_steps.IsEmpty)
                _steps.Add(field, data, new Cell { Start = 0, Length = token.Length }, weight is not null, times[Ages.Count..]);
        }
        catch (CellError error)
        {
            throw Refused(field, token, error, error.Mend(Scored));
        }
        foreach ((var column, var position, _) in _byField[field])
        {
            if (column is SequenceAgeColumn) continue;
            try
            {
                ((ListColumn)column).Add(data, token.Length, weight, lists.Slice(_listStarts[position], column.Shape!.Room));
            }
            catch (CellError error)
            {
                throw Refused(field, token, error);
            }
        }
    }

    /// <summary>Writes how old the steps of histories are, once a row is whole.</summary>
    /// <exception cref="ConsortException">A history has more or fewer times than steps, or one that is later than the row.</exception>
    public void SettleTimes(Span<int> lists, Span<long> times)
    {
        if (!_steps.IsEmpty) _steps.Settle(lists, times[Ages.Count..]);
    }

    /// <summary>Leaves lists of such ages as they came.</summary>
    public void TakeTimesAsEncoded(Span<long> times)
    {
        if (!_steps.IsEmpty) _steps.TakeAsEncoded(times[Ages.Count..]);
    }

    // Columns read whole 8 bytes, so a short value is moved to where that is allowed.
    private static ReadOnlySpan<byte> Readable(ReadOnlySpan<byte> value, Span<byte> room)
    {
        if (value.Length >= room.Length) return value;
        room.Clear();
        value.CopyTo(room);
        return room;
    }

    private ConsortException Refused(int field, ReadOnlySpan<byte> value, CellError error, string mend = "") =>
        new($"column {_schema.Fields[field].Name}: found {RowParser.Show(value)}, expected {error.Message}{mend}");

    private int AbsentBits(ColumnEncoder column)
    {
        var bits = column.Size > 0 ? column.Offset : 0;
        if (column is IGeneratedColumn || !_schema.AbsentIsZero(_schema.Fields[column.Field])) return bits;
        var cell = new Cell { Start = 0, Length = 1 };
        try
        {
            column.Encode("0"u8, new ReadOnlySpan<Cell>(in cell), MemoryMarshal.AsBytes(new Span<int>(ref bits)), 4);
        }
        catch (CellError)
        {
            // 0 itself is refused by the column, so nothing better is known.
        }
        return bits;
    }

    private int[] AbsentList(RaggedColumn column)
    {
        var (list, length) = (new int[column.Shape.Room], _schema.AbsentIsZero(_schema.Fields[column.Field]) ? 1 : -1);
        var ids = column.Encode("0"u8, new Cell { Start = 0, Length = length }, 0, list);
        return list[..column.Shape.RoomOf(Math.Max(1, ids))]; // of an empty one also where the first id would stand: nothing waits there
    }
}
