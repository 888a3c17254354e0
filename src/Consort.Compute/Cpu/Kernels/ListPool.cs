using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>Makes one vector of the rows of a table that a list names, and leads its gradient back to them.</summary>
internal static unsafe class ListPool
{
    /// <summary>output [D] = what the list's rows are together; zeros where it has none.</summary>
    /// <param name="output">[D].</param>
    /// <param name="rows">Where id 0 would lie.</param>
    /// <param name="list">n, n ids, and n weights where they have such.</param>
    /// <param name="kind">Of the column.</param>
    /// <param name="dimension">D.</param>
    public static void Forward<T>(T* output, T* rows, int* list, IdList kind, int dimension)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var n = *list;
        var ids = list + 1;
        if (n == 0)
        {
            new Span<T>(output, dimension).Clear();
            return;
        }

        if (kind.Pooling == Pooling.Max)
        {
            VectorMath.Copy(output, rows + ((long)ids[0] * dimension), dimension);
            for (var i = 1; i < n; i++)
                Raise(output, rows + ((long)ids[i] * dimension), dimension);
            return;
        }

        var weights = kind.IsWeighted ? (float*)(ids + n) : null;
        VectorMath.Scale(output, rows + ((long)ids[0] * dimension), WeightOf<T>(weights, 0), dimension);
        for (var i = 1; i < n; i++)
            VectorMath.AddScaled(output, rows + ((long)ids[i] * dimension), WeightOf<T>(weights, i), dimension);
        if (kind.Pooling == Pooling.Mean && n > 1 | weights != null)
            VectorMath.Scale(output, output, Share<T>(weights, n), dimension);
    }

    /// <summary>Adds what the output's gradient means for each row of the list.</summary>
    /// <param name="sums">The gradients of the rows that the batch touches, [touched, D].</param>
    /// <param name="places">Where each of the list's ids lies in these.</param>
    /// <param name="gradient">Of the output, [D].</param>
    /// <param name="rows">Where id 0 would lie, as it was on the way forward.</param>
    /// <param name="list">As in <see cref="Forward"/>.</param>
    /// <param name="kind">Of the column.</param>
    /// <param name="dimension">D.</param>
    public static void Backward<T>(T* sums, int* places, T* gradient, T* rows, int* list, IdList kind, int dimension)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var n = *list;
        var ids = list + 1;
        if (n == 0)
            return;
        if (kind.Pooling == Pooling.Max)
        {
            for (var d = 0; d < dimension; d++)
                sums[((long)places[Greatest(rows + d, ids, n, dimension)] * dimension) + d] += gradient[d];
            return;
        }

        var weights = kind.IsWeighted ? (float*)(ids + n) : null;
        var share = kind.Pooling == Pooling.Mean ? Share<T>(weights, n) : T.One;
        for (var i = 0; i < n; i++)
            VectorMath.AddScaled(sums + ((long)places[i] * dimension), gradient, share * WeightOf<T>(weights, i), dimension);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static T WeightOf<T>(float* weights, int index)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> => weights == null ? T.One : T.CreateTruncating(weights[index]);

    // One part of a mean; 0 where all weights are.
    private static T Share<T>(float* weights, int n)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        if (weights == null)
            return T.One / T.CreateTruncating(n);
        var sum = T.Zero;
        for (var i = 0; i < n; i++)
            sum += T.CreateTruncating(weights[i]);
        return sum > T.Zero ? T.One / sum : T.Zero;
    }

    // Of equal numbers the first counts.
    private static int Greatest<T>(T* numbers, int* ids, int n, int dimension)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var best = 0;
        for (var i = 1; i < n; i++)
            if (numbers[(long)ids[i] * dimension] > numbers[(long)ids[best] * dimension])
                best = i;
        return best;
    }

    private static void Raise<T>(T* target, T* source, int length)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var (held, other) = (Vector.Load(target + i), Vector.Load(source + i));
            Vector.Store(Vector.ConditionalSelect(Vector.GreaterThan(other, held), other, held), target + i);
        }

        for (; i < length; i++)
            if (source[i] > target[i])
                target[i] = source[i];
    }
}
