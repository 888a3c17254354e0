using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>The times of steps of rows that are filled field by field: a history, its times and the row's own come in any order.</summary>
/// <param name="categorical">The columns of ids.</param>
/// <param name="listStarts">Where a column's list begins in the room of a row.</param>
internal sealed class StepTimeRows(IReadOnlyList<ColumnEncoder> categorical, int[] listStarts)
{
    private readonly (SequenceAgeColumn Column, int ListStart, int Start)[] _columns = Places(categorical, listStarts);

    /// <summary>How many numbers a row holds of them.</summary>
    public int Count { get; } = categorical.OfType<SequenceAgeColumn>().Sum(c => StepTimes.RoomOf(c.Of));

    /// <summary>Whether there are any.</summary>
    public bool IsEmpty => _columns.Length == 0;

    /// <summary>Each column's three fields: the times, the history whose they are, and the row's own time.</summary>
    public IReadOnlyList<(int Times, int History, int Until)> Fields => field ??=
        [.. _columns.Select(c => (c.Column.Field, c.Column.History, c.Column.Beside))];

    /// <summary>Takes the cell of a field.</summary>
    /// <exception cref="CellError">It is no time, or out of order.</exception>
    public void Read(int field, ReadOnlySpan<byte> data, Cell cell, Span<long> room)
    {
        foreach (var (column, _, start) in _columns)
        {
            var times = Of(column, start, room);
            if (field == column.Beside) times.SetUntil(column.ReadUntil(data, cell, 0));
            if (field == column.History) times.SetSteps(column.StepsOf(data, cell));
            if (field != column.Field) continue;
            times.Clear();
            column.Read(data, cell, 0, times);
        }
    }

    /// <summary>Takes one more token of a field.</summary>
    /// <exception cref="CellError">It is no time, or out of order.</exception>
    public void Add(int field, ReadOnlySpan<byte> data, Cell token, bool hasWeight, Span<long> room)
    {
        foreach (var (column, _, start) in _columns)
        {
            if (field == column.History) Of(column, start, room).AddStep(!hasWeight && column.IsMissingStep(data, token));
            if (field == column.Field) Of(column, start, room).Add(column.ReadStep(data, token, 0), 0);
        }
    }

    /// <summary>Forgets what a field has said.</summary>
    public void Clear(int field, Span<long> room)
    {
        foreach (var (column, _, start) in _columns)
        {
            var times = Of(column, start, room);
            if (field == column.Beside) times.SetUntil(AgeColumn.NoTime);
            if (field == column.History) times.SetSteps(0);
            if (field == column.Field) times.Clear();
        }
    }

    /// <summary>Leaves all lists as they are.</summary>
    public void TakeAsEncoded(Span<long> room)
    {
        foreach (var (column, _, start) in _columns) Of(column, start, room).TakeAsEncoded();
    }

    /// <summary>Writes the lists of a row that is whole.</summary>
    /// <exception cref="ConsortException">Times and steps do not go together.</exception>
    public void Settle(Span<int> lists, Span<long> room)
    {
        foreach (var (column, listStart, start) in _columns)
        {
            try
            {
                Of(column, start, room).Settle(column.Offset, lists.Slice(listStart, column.Shape.Room), 0);
            }
            catch (CellError error)
            {
                throw new ConsortException($"column {column.Name}: found {Of(column, start, room).Found}, expected {error.Message}");
            }
        }
    }

    private static StepTimes Of(SequenceAgeColumn column, int start, Span<long> room) =>
        new(room.Slice(start, StepTimes.RoomOf(column.Of)), column.Of);

    private static (SequenceAgeColumn, int, int)[] Places(IReadOnlyList<ColumnEncoder> categorical, int[] listStarts)
    {
        var (columns, start) = (new List<(SequenceAgeColumn, int, int)>(), 0);
        for (var f = 0; f < categorical.Count; f++)
        {
            if (categorical[f] is not SequenceAgeColumn column) continue;
            columns.Add((column, listStarts[f], start));
            start += StepTimes.RoomOf(column.Of);
        }
        return [.. columns];
    }
}
