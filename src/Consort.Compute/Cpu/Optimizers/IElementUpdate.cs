using System.Numerics;

namespace Consort.Compute.Cpu.Optimizers;

/// <summary>
/// The arithmetic of an update rule within one step, on a vector of numbers and on one number. Both forms do the same operations in the
/// same order, so a number's bits do not depend on where it lies.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
internal interface IElementUpdate<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>How many numbers of state there are for each trained one: 0, 1 or 2.</summary>
    static abstract int States { get; }

    /// <summary>The new numbers.</summary>
    Vector<T> Next(Vector<T> value, Vector<T> gradient, ref Vector<T> first, ref Vector<T> second);

    /// <summary>The new number.</summary>
    T Next(T value, T gradient, ref T first, ref T second);
}

/// <summary>Makes the arithmetic of one step.</summary>
/// <typeparam name="T">The element.</typeparam>
/// <typeparam name="TUpdate">The arithmetic.</typeparam>
internal interface IUpdateFactory<T, TUpdate>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
    where TUpdate : struct, IElementUpdate<T>
{
    /// <summary>The arithmetic of step <paramref name="step"/>, counted from 1.</summary>
    TUpdate At(double learningRate, long step);

    /// <summary>
    /// What brings rows up to date at once where no regulariser ties their steps to their values; null where the steps are to be made one
    /// by one.
    /// </summary>
    /// <param name="hasAverage">Whether rows take a moving average along.</param>
    GapFormula<T, TUpdate>? Formula(bool hasAverage);
}
