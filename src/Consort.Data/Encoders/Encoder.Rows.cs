using System.Runtime.InteropServices;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <content>Rows that are filled field by field, as a scorer does.</content>
public sealed partial class Encoder
{
    private static readonly RowRules Scored = RowRules.Fitted(labelRequired: false, passesOver: true);

    /// <summary>
    /// Sets every column of a row to what it is where the field is not given: missing, and for numeric fields of libsvm and libffm data 0,
    /// as there, unless the schema says that they are missing.
    /// </summary>
    /// <param name="ids">[F] global ids.</param>
    /// <param name="numerics">[N] numeric values.</param>
    /// <param name="lists">The row's room for lists, <see cref="FeatureSpace.ListRoom"/> whole numbers; lists become empty.</param>
    /// <param name="from">Where that room begins among the lists of a batch.</param>
    /// <param name="times">The row's room for times, <see cref="TimesPerRow"/> of them.</param>
    public void Clear(Span<int> ids, Span<float> numerics, Span<int> lists = default, int from = 0, Span<long> times = default)
    {
        times.Clear();
        _absentIds.CopyTo(ids);
        _absentNumerics.CopyTo(numerics);
        if (Space.ListRoom == 0) return;
        for (var f = 0; f < _categorical.Length; f++)
        {
            if (Space.Categorical[f].List is null) continue;
            _absentLists[f]!.CopyTo(lists[_listStarts[f]..]);
            ids[f] += from;
        }
    }

    /// <summary>Sets the columns of one field likewise.</summary>
    /// <param name="field">The field's place in the schema.</param>
    /// <param name="ids">[F] global ids of the row.</param>
    /// <param name="numerics">[N] numeric values of the row.</param>
    /// <param name="lists">The row's room for lists, which was cleared once.</param>
    /// <param name="times">The row's room for times, which was cleared once.</param>
    public void Clear(int field, Span<int> ids, Span<float> numerics, Span<int> lists = default, Span<long> times = default)
    {
        _ages.Clear(field, times, numerics);
        if (!_steps.IsEmpty) _steps.Clear(field, times[_ages.Count..]);
        foreach ((var column, var position, var numeric) in _byField[field])
        {
            if (column is RaggedColumn) _absentLists[position]!.CopyTo(lists[_listStarts[position]..]);
            else if (numeric) numerics[position] = _absentNumerics[position];
            else ids[position] = _absentIds[position];
        }
    }

    /// <summary>
    /// Encodes one raw value into the columns of its field; nothing is allocated. Fields not given stay as
    /// <see cref="Clear(Span{int}, Span{float}, Span{int}, int, Span{long})"/> left them.
    /// </summary>
    /// <param name="field">The field's place in the schema.</param>
    /// <param name="value">The raw value in UTF-8.</param>
    /// <param name="ids">[F] global ids of the row.</param>
    /// <param name="numerics">[N] numeric values of the row.</param>
    /// <param name="lists">The row's room for lists, which was cleared once.</param>
    /// <param name="times">The row's room for times, which was cleared once.</param>
    /// <exception cref="ConsortException">The value is not what the field expects.</exception>
    public void EncodeField(int field, ReadOnlySpan<byte> value, Span<int> ids, Span<float> numerics, Span<int> lists = default,
        Span<long> times = default)
    {
        if (Schema.Trim) value = value.Trim((byte)' ');
        // Columns read whole 8 bytes, so a short value is moved to where that is allowed.
        Span<byte> padded = stackalloc byte[8];
        padded.Clear();
        if (value.Length < 8) value.CopyTo(padded);
        var data = value.Length < 8 ? padded : value;
        var cell = new Cell { Start = 0, Length = value.Length };
        try
        {
            _ages.Read(field, data, cell, times, numerics);
            if (!_steps.IsEmpty) _steps.Read(field, data, cell, times[_ages.Count..]);
        }
        catch (CellError error)
        {
            throw new ConsortException($"column {Schema.Fields[field].Name}: found {RowParser.Show(value)}, expected {error.Message}{error.Mend(Scored)}");
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
                throw new ConsortException($"column {Schema.Fields[field].Name}: found {RowParser.Show(value)}, expected {error.Message}");
            }
        }
    }

    /// <summary>Counts ages anew, of rows whose times were put together from two.</summary>
    /// <param name="times">[<see cref="TimesPerRow"/>].</param>
    /// <param name="numerics">[N] numeric values of the row.</param>
    public void CountAges(ReadOnlySpan<long> times, Span<float> numerics) => _ages.Put(times, numerics);

    /// <summary>
    /// Counts how old the steps of histories are, and writes that as lists, once a row is whole: whoever fills rows by
    /// <see cref="EncodeField"/> and <see cref="AddToken"/> calls it before the row is scored. Nothing is allocated.
    /// </summary>
    /// <param name="lists">The row's room for lists.</param>
    /// <param name="times">The row's room for times.</param>
    /// <exception cref="ConsortException">A history has more or fewer times than steps, or one that is later than the row.</exception>
    public void SettleTimes(Span<int> lists, Span<long> times)
    {
        if (!_steps.IsEmpty) _steps.Settle(lists, times[_ages.Count..]);
    }

    /// <summary>Says of a row whose lists came encoded that <see cref="SettleTimes"/> has nothing to do.</summary>
    /// <param name="times">The row's room for times.</param>
    public void TakeTimesAsEncoded(Span<long> times)
    {
        if (!_steps.IsEmpty) _steps.TakeAsEncoded(times[_ages.Count..]);
    }

    /// <summary>The sequences of times, each with the places in the schema of its own field, its history's and the row's time.</summary>
    public IReadOnlyList<(int Times, int History, int Until)> StepAges => _steps.Fields;

    /// <summary>The place of a field's time among those; −1 where it has none.</summary>
    /// <param name="field">The field's place in the schema.</param>
    public int TimeOf(int field) => _ages.PlaceOf(field);

    /// <summary>The numeric columns that are ages, each with the places of its two fields in the schema.</summary>
    public IReadOnlyList<(int Column, int Field, int Since)> Ages => _ages.Columns;

    /// <summary>
    /// Puts one more token into the list of a field, as it is and whatever it holds; nothing is allocated. A list that is full keeps its
    /// first or its last tokens, as the schema says.
    /// </summary>
    /// <param name="field">The place in the schema of a field of kind list or sequence.</param>
    /// <param name="token">The token in UTF-8; one that means a missing value, or is empty, keeps its place in a sequence beside others,
    /// and has none by itself or in a list.</param>
    /// <param name="lists">The row's room for lists.</param>
    /// <param name="weight">Its weight, 0 or 1e-9 to 1e9, where tokens of the field have weights; null takes what the token carries, as in
    /// a file, and 1 where it carries none.</param>
    /// <param name="times">The row's room for times, which was cleared once.</param>
    /// <exception cref="ConsortException">The field is no list, the weight is none, or the token of a list of times no time.</exception>
    public void AddToken(int field, ReadOnlySpan<byte> token, Span<int> lists, float? weight = null, Span<long> times = default)
    {
        if (Schema.Fields[field].List is null)
            throw new ConsortException($"column {Schema.Fields[field].Name}: found a list, expected one value: it is of kind {Words.Of(Schema.Fields[field].Kind)}");
        if (weight is { } given && !FieldList.IsWeight(given))
            throw new ConsortException(FormattableString.Invariant(
                $"column {Schema.Fields[field].Name}: found weight {(float.IsFinite(given) ? (object)given : "too great for a float")}, expected a number of at least 0 ({FieldList.WeightRange})"));
        if (Schema.Trim) token = token.Trim((byte)' ');
        Span<byte> padded = stackalloc byte[8];
        padded.Clear();
        if (token.Length < 8) token.CopyTo(padded);
        try
        {
            if (!_steps.IsEmpty)
                _steps.Add(field, token.Length < 8 ? padded : token, new Cell { Start = 0, Length = token.Length }, weight is not null,
                    times[_ages.Count..]);
        }
        catch (CellError error)
        {
            throw new ConsortException($"column {Schema.Fields[field].Name}: found {RowParser.Show(token)}, expected {error.Message}{error.Mend(Scored)}");
        }
        foreach ((var column, var position, _) in _byField[field])
        {
            if (column is SequenceAgeColumn) continue;
            try
            {
                ((ListColumn)column).Add(token.Length < 8 ? padded : token, token.Length, weight,
                    lists.Slice(_listStarts[position], column.Shape!.Room));
            }
            catch (CellError error)
            {
                throw new ConsortException($"column {Schema.Fields[field].Name}: found {RowParser.Show(token)}, expected {error.Message}");
            }
        }
    }
}
