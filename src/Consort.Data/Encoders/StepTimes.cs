using System.Globalization;
using Consort.Data.Schemas;
using Consort.Data.Sources;

namespace Consort.Data.Encoders;

/// <summary>
/// What is known of the times of one row's steps while its three fields come one by one, in any order: when the row came, how many steps
/// its history has, and the times that were given, of which those stay that the list keeps.
/// </summary>
/// <param name="room">Room of <see cref="RoomOf"/> numbers, all 0 where nothing has come.</param>
/// <param name="field">The sequence of times.</param>
internal readonly ref struct StepTimes(Span<long> room, Field field)
{
    private const int Until = 0, Steps = 1, Given = 2, Last = 3, Newest = 4, NewestStep = 5, Kept = 6;
    private const int AsEncoded = -1, Waits = -2; // in the place of a number: one that is missing, which is none by itself
    private readonly Span<long> _room = room;

    /// <summary>The numbers that a row takes.</summary>
    public static int RoomOf(Field field) => Kept + field.List!.MaxLength;

    /// <summary>Takes when the row came; <see cref="AgeColumn.NoTime"/> where it does not say.</summary>
    public void SetUntil(long time) => _room[Until] = time;

    /// <summary>Takes how many steps the history has.</summary>
    public void SetSteps(int steps) => _room[Steps] = steps;

    /// <summary>Counts one step more; one that is missing and comes first, once another follows.</summary>
    public void AddStep(bool isMissing) => _room[Steps] = _room[Steps] switch
    {
        0 when isMissing => Waits,
        Waits => 2,
        var steps => steps + 1,
    };

    /// <summary>Forgets the times that were given.</summary>
    public void Clear() => _room[Given..].Clear();

    /// <summary>Leaves the list as it is when it is settled: it came encoded.</summary>
    public void TakeAsEncoded() => _room[Given] = AsEncoded;

    /// <summary>Takes the time of the next step; <see cref="AgeColumn.NoTime"/> where it has none.</summary>
    /// <param name="time">The time.</param>
    /// <param name="row">The row, for messages.</param>
    /// <exception cref="CellError">It is out of order.</exception>
    public void Add(long time, int row)
    {
        if (_room[Given] == 0 && time == AgeColumn.NoTime)
        {
            (_room[Given], _room[Kept]) = (Waits, time);
            return;
        }
        var (step, list) = (_room[Given] == Waits ? 1 : _room[Given], field.List!);
        if (time != AgeColumn.NoTime)
        {
            var (last, order) = (_room[Last], field.Ages!.Order);
            if (last != AgeColumn.NoTime && (order == StepOrder.OldestFirst ? time < last : order == StepOrder.NewestFirst && time > last))
                throw new CellError(row, $"times in order ({Words.Of(order)}): that of step {step + 1} is {(time < last ? "before" : "after")} the one in front of it",
                    ("sort history and times, or let the field say order: any", "sort history and times"));
            if (_room[NewestStep] == 0 || time > _room[Newest]) (_room[Newest], _room[NewestStep]) = (time, step + 1);
            _room[Last] = time;
        }
        // A ring, so that the last ones stay.
        if (step < list.MaxLength || list.Keep == ListEnd.Last) _room[Kept + (int)(step % list.MaxLength)] = time;
        _room[Given] = step + 1;
    }

    /// <summary>What a row has that does not fit, for messages: times and steps.</summary>
    public string Found => $"{Counted(_room[Given], "time")} beside {Counted(NumberOf(Steps), "step")}";

    /// <summary>Writes the list, n and n ids, once the row is whole; gives n, and −1 where it came encoded.</summary>
    /// <param name="offset">The id of a step without an age.</param>
    /// <param name="list">Room for the longest.</param>
    /// <param name="row">The row, for messages.</param>
    /// <exception cref="CellError">There are more or fewer times than steps, or one is later than the row.</exception>
    public int Settle(int offset, Span<int> list, int row)
    {
        if (_room[Given] == AsEncoded) return -1;
        var (given, steps, until, ages, most) = (NumberOf(Given), NumberOf(Steps), _room[Until], field.Ages!, field.List!.MaxLength);
        if (given > 0 && given != steps)
            throw new CellError(row, $"as many times as {ages.Of} has steps: {steps}, not {given}");
        if (until != AgeColumn.NoTime && _room[NewestStep] > 0 && _room[Newest] > until)
            throw new CellError(row, $"no time later than the row's own ({ages.Until}): that of step {_room[NewestStep]} is, and would tell a model what came after");
        var n = (int)Math.Min(given, most);
        var first = field.List.Keep == ListEnd.Last && given > most ? given : 0;
        list[0] = n;
        for (var i = 0; i < n; i++)
        {
            var time = _room[Kept + (int)((first + i) % most)];
            list[1 + i] = time == AgeColumn.NoTime || until == AgeColumn.NoTime ? offset : offset + 2 + ages.BucketOf(until - time);
        }
        return n;
    }

    private long NumberOf(int what) => Math.Max(0, _room[what]);

    private static string Counted(long n, string what) => string.Create(CultureInfo.InvariantCulture, $"{n} {what}{(n == 1 ? "" : "s")}");
}
