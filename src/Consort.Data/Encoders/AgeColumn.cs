using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>The days from one time to another as a number; 0 where either is missing.</summary>
internal sealed class AgeColumn(
    Field field, int index, MissingTexts missing, Field since, int sinceIndex, MissingTexts sinceMissing, NumberFacts facts)
    : NumberColumn(
        field.Columns[field.Derive.ToList().IndexOf(TimePart.Age)], index, missing, field.Transform.Kind, OutsideRule.Clip, facts)
{
    /// <summary>What a row holds of a time that is not given.</summary>
    public const long NoTime = 0;

    public override int Beside => sinceIndex;

    /// <summary>Days between two times.</summary>
    public static double Days(long time, long since) => (time - since) / (double)TimeSpan.TicksPerDay;

    /// <summary>Reads one of its two fields: a time, or <see cref="NoTime"/> where it is missing.</summary>
    /// <exception cref="CellError">It is no time.</exception>
    public long Read(ReadOnlySpan<byte> data, Cell cell, int row, bool isSince)
    {
        if ((isSince ? sinceMissing : Missing).Holds(data, cell)) return NoTime;
        var format = (isSince ? since : field).Format;
        return TimeText.TryRead(cell.Of(data), format, out var time)
            ? time : throw new CellError(row, TimeText.Say(format, cell.Of(data)));
    }

    /// <summary>What the column gives for two times.</summary>
    public float Of(long time, long from) => time == NoTime || from == NoTime ? 0 : (float)Scaled(Days(time, from), 0);

    public override void EncodeBeside(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, ReadOnlySpan<Cell> beside, Span<byte> target,
        int stride)
    {
        for (var r = 0; r < cells.Length; r++)
            Put(target, r, stride, Of(Read(data, cells[r], r, isSince: false), Read(data, beside[r], r, isSince: true)));
    }

    public override void LookBeside(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> beside)
    {
        for (var r = 0; r < beside.Length; r++) Read(data, beside[r], r, isSince: true);
    }

    // By itself the field has no age; its cells are read all the same.
    public override void Encode(ReadOnlySpan<byte> data, ReadOnlySpan<Cell> cells, Span<byte> target, int stride)
    {
        for (var r = 0; r < cells.Length; r++)
        {
            Read(data, cells[r], r, isSince: false);
            Put(target, r, stride, 0f);
        }
    }
}
