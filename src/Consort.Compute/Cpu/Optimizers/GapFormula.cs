using System.Numerics;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>Brings rows up to date without making every step they have missed. For tables without a regulariser.</summary>
/// <typeparam name="T">The element.</typeparam>
/// <typeparam name="TUpdate">The arithmetic.</typeparam>
internal abstract unsafe class GapFormula<T, TUpdate> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TUpdate : struct, IElementUpdate<T>
{
    /// <summary>Bytes held.</summary>
    public virtual long Bytes => 0;

    /// <summary>Takes notice of the latest step of the history.</summary>
    public abstract void Stepped(StepHistory<T, TUpdate> history);

    /// <summary>Brings rows up to date and says so in their stamps; some may be so already.</summary>
    public abstract void CatchUp(StepHistory<T, TUpdate> history, in Region<T> region, int dimension, int* rows, int count);

    /// <inheritdoc/>
    public virtual void Dispose() { }
}

/// <summary>For rules that change nothing where the gradient is zero: plain descent, Adagrad.</summary>
/// <typeparam name="T">The element.</typeparam>
/// <typeparam name="TUpdate">The arithmetic.</typeparam>
internal sealed unsafe class RestingGap<T, TUpdate> : GapFormula<T, TUpdate>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TUpdate : struct, IElementUpdate<T>
{
    public override void Stepped(StepHistory<T, TUpdate> history) { }

    public override void CatchUp(StepHistory<T, TUpdate> history, in Region<T> region, int dimension, int* rows, int count)
    {
        if (history.Average is not { } average)
            return;
        for (var i = 0; i < count; i++)
        {
            average.Rest(region, unchecked(history.Tick - region.Stamps[rows[i]]), later: 0, (long)rows[i] * dimension, dimension);
            region.Stamps[rows[i]] = history.Tick;
        }
    }
}
