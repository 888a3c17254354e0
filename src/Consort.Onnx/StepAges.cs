using System.Globalization;
using Consort.Compute.Graphs;
using Consort.Data.Encoders;
using Consort.Data.Schemas;

namespace Consort.Onnx;

/// <summary>
/// Ages of the steps of histories, in whole numbers: their times come as the row's own does, as int64. What the encoder refuses, a time
/// that is later than the row's or more times than steps, no model can: there the age is 0.
/// </summary>
internal sealed class StepAges(GraphWriter writer, UnixTimes unix) : ColumnNodes(writer)
{
    private const long Behind = long.MaxValue;
    private readonly Dictionary<string, FormValue> _inputs = new(StringComparer.Ordinal);

    /// <summary>Adds the input of a field, [B, L].</summary>
    public void AddInput(FittedStepAges column, List<string> notes)
    {
        var (field, most) = (column.Field, column.Shape.MaxLength);
        var meaning = $"a time each as {UnixTimes.UnitOf(field)} since 1970 (UTC), {UnixTimes.Missing} for a missing one; behind them {Behind}";
        _inputs.Add(field.Name, Writer.AddInput(field.Name, ElementType.Int64, most, meaning));
        notes.Add(string.Create(CultureInfo.InvariantCulture,
            $"field {field.Name} holds the times of {field.Ages!.Of}: its input has {most} places a row, int64; the encoder refuses times that are out of order, later than {column.Until.Name}, or more or fewer than {field.Ages.Of} has, and this model takes them as they are"));
    }

    /// <summary>The ids, int64 [B, L], −1 behind them.</summary>
    public FormValue Ids(FittedStepAges column)
    {
        var (times, ages, offset) = (_inputs[column.Field.Name], column.Field.Ages!, (long)column.Offset);
        var isBehind = Writer.Add("Equal", [times, Whole(Behind)], []); // [B, L]
        var isMissing = Writer.Add("Equal", [times, Whole(UnixTimes.Missing)], []);
        var known = Writer.Add("Where", [Writer.Add("Or", [isBehind, isMissing], []), Whole(0), times], []);
        var (until, isUntilMissing) = unix.Ticks(column.Until); // [B, 1]
        var age = Writer.Add("Sub", [until, unix.Ticks(known, column.Field)], []);
        var units = Writer.Add("Div", [Writer.Add("Max", [age, Whole(0)], []), Whole(ages.UnitTicks)], []); // [B, L]
        // How many of 1, 2, 4, … units are reached.
        var least = Enumerable.Range(1, ages.Buckets - 1).Select(SequenceAges.LeastOf).ToArray();
        var reached = Writer.Add("GreaterOrEqual",
            [Writer.Add("Unsqueeze", [units, Whole(2)], []), Writer.Constant(least, [1, 1, least.Length])], []); // [B, L, n − 1]
        var bucket = Writer.Add("ReduceSum", [Cast(reached, ElementType.Int64), Whole(2)], [new FormAttribute("keepdims", 0)]); // [B, L]
        var id = Writer.Add("Add", [bucket, Whole(offset + 2)], []);
        var dated = Writer.Add("Where", [Writer.Add("Or", [isMissing, isUntilMissing], []), Whole(offset), id], []);
        return Writer.Add("Where", [isBehind, Whole(-1), dated], []);
    }
}
