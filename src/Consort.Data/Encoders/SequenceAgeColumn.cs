using System.Globalization;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// How old the steps of a history were when the row came, a bucket each (<see cref="SequenceAges"/>): id = Offset + 2 + bucket, Offset
/// where either time is missing. Nothing but the format of times is fitted.
/// </summary>
internal sealed class SequenceAgeColumn : RaggedColumn
{
    private readonly MissingTexts _missing;
    private readonly ListCutter _times; // hands out all of them, also those that are cut away: a mistake is one wherever it stands
    private readonly ListCutter _steps;
    private readonly MissingTexts _untilMissing;
    private readonly Field _until;

    /// <param name="schema">The schema; what it says of the formats of times is what they have.</param>
    /// <param name="index">The field's place.</param>
    public SequenceAgeColumn(Schema schema, int index) : base(schema.Fields[index].Name, index)
    {
        Of = schema.Fields[index];
        (History, Beside) = AgeFields.PlacesOf(schema, Of);
        (_missing, _times) = Whole(schema, Of);
        (_, _steps) = Whole(schema, schema.Fields[History]);
        (_until, _untilMissing) = (schema.Fields[Beside], new MissingTexts(schema, schema.Fields[Beside]));
        Shape = new ListShape(Of.List!.MaxLength, Of.List.Pooling, IsOrdered: true) { AgesOf = Of.Ages!.Of };
    }

    /// <summary>Its field.</summary>
    public Field Of { get; }

    /// <summary>The place of the field whose steps these are.</summary>
    public int History { get; }

    public override int Beside { get; }

    public override ListShape Shape { get; }

    public override int Size => Of.Ages!.Buckets + 2;

    /// <summary>Rows without a time in training; null where they were not counted.</summary>
    public long? Empty { get; init; }

    // By itself the field has no ages; its cells are read all the same.
    public override int Encode(ReadOnlySpan<byte> data, Cell cell, int row, Span<int> list)
    {
        Read(data, cell, row, new StepTimes(new long[StepTimes.RoomOf(Of)], Of));
        return list[0] = 0;
    }

    /// <summary>Encodes the rows of a group; their lists go behind those that are held, where the rows' ids say.</summary>
    /// <exception cref="CellError">A cell is not what the column expects.</exception>
    public void Encode(RowCursor rows, Span<byte> target, int stride, ListBuffer lists)
    {
        var room = new long[StepTimes.RoomOf(Of)];
        for (var r = 0; r < rows.Group.Rows; r++)
        {
            Put(target, r, stride, lists.Length);
            lists.Keep(Shape.RoomOf(Encode(rows, r, room, lists.Room(Shape.Room), looks: false)));
        }
    }

    /// <summary>Throws <see cref="CellError"/> unless the field's cells in the first rows are what the column expects.</summary>
    public void Look(RowCursor rows, int count)
    {
        var (room, list) = (new long[StepTimes.RoomOf(Of)], new int[Shape.Room]);
        for (var r = 0; r < count; r++) Encode(rows, r, room, list, looks: true);
    }

    public override void LookBeside(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> beside)
    {
        for (var r = 0; r < beside.Length; r++) ReadUntil(data, beside[r], r);
    }

    // Whoever looks for a mistake of this field takes a bad time of the other for none: that is another's mistake.
    private int Encode(RowCursor rows, int row, Span<long> room, Span<int> list, bool looks)
    {
        var data = rows.Data;
        var group = rows.Group;
        room.Clear();
        var times = new StepTimes(room, Of);
        Read(data, group.Held(Field)[row], row, times);
        times.SetSteps(StepsOf(data, group.Held(History)[row]));
        var until = group.Held(Beside)[row];
        times.SetUntil(looks && !_untilMissing.Holds(data, until) && !TimeText.TryRead(until.Of(data), _until.Format, out _)
            ? AgeColumn.NoTime : ReadUntil(data, until, row));
        return times.Settle(Offset, list, row);
    }

    /// <summary>Reads a cell of times, all of them.</summary>
    /// <exception cref="CellError">One is none, or out of order.</exception>
    public void Read(ReadOnlySpan<byte> data, Cell cell, int row, StepTimes times)
    {
        Span<Cell> some = stackalloc Cell[RowGroup.Capacity];
        var (cut, step) = (Cut(data, cell), 0);
        for (int n; (n = cut.Next(data, row, some, default)) > 0;)
            foreach (var token in some[..n]) times.Add(ReadStep(data, token, row, ++step), row);
    }

    /// <summary>Hands out the times of a cell, all of them.</summary>
    public ListCutter.Cut Cut(ReadOnlySpan<byte> data, Cell cell) => _times.Begin(data, cell);

    /// <summary>Reads the time of one step, or <see cref="AgeColumn.NoTime"/> where it is missing.</summary>
    /// <param name="data">Where it lies.</param>
    /// <param name="token">The time.</param>
    /// <param name="row">Its row, for messages.</param>
    /// <param name="step">Which step's it is, likewise; 0 where it is the only one.</param>
    /// <exception cref="CellError">It is no time.</exception>
    public long ReadStep(ReadOnlySpan<byte> data, Cell token, int row, int step = 0)
    {
        if (token.Length <= 0 || _missing.Holds(data, token)) return AgeColumn.NoTime;
        var text = token.Of(data);
        if (TimeText.TryRead(text, Of.Format, out var time)) return time;
        var found = step == 0 ? "" : $": of step {step} it is {RowParser.Show(text)}";
        throw new CellError(row, TimeText.Say(Of.Format, text) + found);
    }

    /// <summary>Reads when the row came, or <see cref="AgeColumn.NoTime"/> where it does not say.</summary>
    /// <exception cref="CellError">It is no time.</exception>
    public long ReadUntil(ReadOnlySpan<byte> data, Cell cell, int row)
    {
        if (_untilMissing.Holds(data, cell)) return AgeColumn.NoTime;
        return TimeText.TryRead(cell.Of(data), _until.Format, out var time)
            ? time : throw new CellError(row, TimeText.Say(_until.Format, cell.Of(data)));
    }

    /// <summary>How many steps a cell of the history has, also those that are cut away.</summary>
    public int StepsOf(ReadOnlySpan<byte> data, Cell cell) => _steps.Begin(data, cell).Count;

    /// <summary>Whether a token of the history means a missing value.</summary>
    public bool IsMissingStep(ReadOnlySpan<byte> data, Cell token)
    {
        _steps.HasPlace(data, ref token);
        return token.Length < 0;
    }

    public override string Token(int index) => string.Create(CultureInfo.InvariantCulture,
        $"from {SequenceAges.LeastOf(index - 2)} {Words.Of(Of.Ages!.Unit)}{(index == 3 ? "" : "s")}");

    public override void Write(BinaryWriter writer, Action<BinaryWriter, Vocabulary> vocabulary) { }

    private static (MissingTexts Missing, ListCutter Cutter) Whole(Schema schema, Field field)
    {
        var missing = new MissingTexts(schema, field);
        return (missing, new ListCutter(schema, field with { List = field.List! with { MaxLength = int.MaxValue } }, missing));
    }
}
