using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// The times of a row that is filled field by field, as far as ages are counted between them: one comes before the other, and both may come
/// again.
/// </summary>
/// <param name="numeric">The numeric columns.</param>
internal sealed class AgeTimes(IReadOnlyList<ColumnEncoder> numeric)
{
    private readonly (AgeColumn Column, int Position)[] _ages =
        [.. numeric.Select((c, i) => (c as AgeColumn, i)).Where(a => a.Item1 is not null).Select(a => (a.Item1!, a.i))];
    private readonly int[] _fields = [.. numeric.OfType<AgeColumn>().SelectMany(a => new[] { a.Field, a.Beside }).Distinct()];

    /// <summary>The ages, each with its two fields.</summary>
    public IReadOnlyList<(int Column, int Field, int Since)> Columns =>
        [.. _ages.Select(a => (a.Position, a.Column.Field, a.Column.Beside))];

    /// <summary>How many a row holds.</summary>
    public int Count => _fields.Length;

    /// <summary>Which of them a field's is; −1 where it is none.</summary>
    public int PlaceOf(int field) => Array.IndexOf(_fields, field);

    /// <summary>Takes the time of a field, if ages are counted from it or to it.</summary>
    /// <exception cref="CellError">It is no time.</exception>
    public void Read(int field, ReadOnlySpan<byte> data, Cell cell, Span<long> times, Span<float> numerics)
    {
        if (Count == 0 || PlaceOf(field) is not (>= 0 and var place)) return;
        var (age, _) = Array.Find(_ages, a => a.Column.Field == field || a.Column.Beside == field);
        times[place] = age.Read(data, cell, 0, isSince: age.Beside == field);
        Put(times, numerics);
    }

    /// <summary>Forgets the time of a field.</summary>
    public void Clear(int field, Span<long> times, Span<float> numerics)
    {
        if (Count == 0 || PlaceOf(field) is not (>= 0 and var place)) return;
        times[place] = AgeColumn.NoTime;
        Put(times, numerics);
    }

    /// <summary>Writes the ages.</summary>
    public void Put(ReadOnlySpan<long> times, Span<float> numerics)
    {
        foreach (var (column, position) in _ages)
            numerics[position] = column.Of(times[PlaceOf(column.Field)], times[PlaceOf(column.Beside)]);
    }
}
