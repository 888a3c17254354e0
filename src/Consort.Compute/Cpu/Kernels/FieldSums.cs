using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>Sums over the fields of a row [F, D], dimension by dimension: they stay in registers.</summary>
/// <typeparam name="T">The element.</typeparam>
internal static unsafe class FieldSums<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    /// <summary>Σ e and Σ e² of as many dimensions as a vector holds.</summary>
    /// <param name="embedding">The first of them, of the first field.</param>
    /// <param name="fields">F.</param>
    /// <param name="dimension">D.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (Vector<T> Sum, Vector<T> Squares) OfVector(T* embedding, int fields, int dimension)
    {
        var (sum, squares) = (Vector<T>.Zero, Vector<T>.Zero);
        for (var field = 0; field < fields; field++, embedding += dimension)
        {
            var e = Vector.Load(embedding);
            sum += e;
            squares += e * e;
        }

        return (sum, squares);
    }

    /// <summary>The same of one dimension.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (T Sum, T Squares) OfNumber(T* embedding, int fields, int dimension)
    {
        var (sum, squares) = (T.Zero, T.Zero);
        for (var field = 0; field < fields; field++, embedding += dimension)
        {
            sum += *embedding;
            squares += *embedding * *embedding;
        }

        return (sum, squares);
    }
}
