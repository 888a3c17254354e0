using System.Numerics;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// The arithmetic of the latest steps, so that a row can make those it has missed. Steps are counted from the optimizer's creation; a row
/// that has seen t of them misses those stored under t and up.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
/// <typeparam name="TUpdate">The arithmetic.</typeparam>
/// <param name="average">The moving average that rows take along, or null.</param>
internal sealed class StepHistory<T, TUpdate>(MovingAverage<T>? average)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TUpdate : struct, IElementUpdate<T>
{
    /// <summary>How many steps are kept: no row may miss as many.</summary>
    public const int Capacity = 4096;

    private readonly MissedStep[] _steps = new MissedStep[Capacity];

    /// <summary>The moving average that rows take along, or null.</summary>
    public MovingAverage<T>? Average => average;

    /// <summary>How many steps were made.</summary>
    public long Count { get; private set; }

    /// <summary>The same as rows keep it; differences of two are right even where it has wrapped around.</summary>
    public int Tick => unchecked((int)Count);

    /// <summary>The step that leads from a tick to the next.</summary>
    public ref readonly MissedStep After(int tick) => ref _steps[tick & (Capacity - 1)];

    /// <summary>Keeps a step and forgets the oldest.</summary>
    public void Add(TUpdate update, T scale) =>
        _steps[Count++ & (Capacity - 1)] = new MissedStep(update, scale, average?.Keep ?? T.Zero);

    /// <summary>The arithmetic of a step, what its gradient was multiplied by, and what the average kept of itself.</summary>
    public readonly struct MissedStep(TUpdate update, T scale, T keep)
    {
        public TUpdate Update { get; } = update;

        public T Scale { get; } = scale;

        public T Keep { get; } = keep;
    }
}
