using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// The arithmetic of the latest steps, so that a row can make those it has missed. Steps are counted from the optimizer's creation; a row
/// that has seen t of them misses those stored under t and up.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
/// <typeparam name="TUpdate">The arithmetic.</typeparam>
/// <param name="average">The moving average that rows take along, or null.</param>
internal sealed unsafe class StepHistory<T, TUpdate>(MovingAverage<T>? average) : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TUpdate : struct, IElementUpdate<T>
{
    /// <summary>How many steps are kept: no row may miss as many.</summary>
    public const int Capacity = 4096;

    private static readonly int Width = Unsafe.SizeOf<MissedStep>() / sizeof(T);
    private readonly NativeBuffer<T> _numbers = new((Capacity * Width) + 1);

    /// <summary>The moving average that rows take along, or null.</summary>
    public MovingAverage<T>? Average => average;

    /// <summary>How many steps were made.</summary>
    public long Count { get; private set; }

    /// <summary>The same as rows keep it; differences of two are right even where it has wrapped around.</summary>
    public int Tick => unchecked((int)Count);

    /// <summary>The steps as a checkpoint holds them, and behind them <see cref="Told"/>.</summary>
    public NativeBuffer<T> Numbers => _numbers;

    /// <summary>
    /// What a checkpoint that is about to be written says of <see cref="Count"/>, or one that was read has said, as an integer in the place
    /// of a number; else 0.
    /// </summary>
    public ref int Told => ref Unsafe.As<T, int>(ref _numbers[Capacity * Width]);

    /// <summary>The step that leads from a tick to the next.</summary>
    public ref readonly MissedStep After(int tick) => ref Place(tick);

    /// <summary>Keeps a step and forgets the oldest.</summary>
    public void Add(TUpdate update, T scale)
    {
        Place(Tick) = new MissedStep(update, scale, average?.Keep ?? T.Zero);
        Count++;
    }

    /// <summary>Forgets all steps.</summary>
    public void Restart() => (Count, Told) = (0, 0);

    /// <summary>Goes through the steps that are kept once more, as they were made.</summary>
    /// <param name="count">How many were made.</param>
    /// <param name="formula">Takes notice of each.</param>
    public void Repeat(int count, GapFormula<T, TUpdate> formula)
    {
        for (Count = Math.Max(0, count - Capacity); Count < count;)
        {
            Count++;
            formula.Stepped(this);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _numbers.Dispose();

    private ref MissedStep Place(int tick) => ref Unsafe.As<T, MissedStep>(ref _numbers[(tick & (Capacity - 1)) * Width]);

    /// <summary>The arithmetic of a step, what its gradient was multiplied by, and what the average kept of itself.</summary>
    public readonly struct MissedStep(TUpdate update, T scale, T keep)
    {
        public TUpdate Update { get; } = update;

        public T Scale { get; } = scale;

        public T Keep { get; } = keep;
    }
}
