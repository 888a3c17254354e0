using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>Finds the greatest of some numbers; the same ones at every vector width.</summary>
internal static unsafe class TopChoice
{
    /// <summary>The places of the k greatest of n numbers, ascending; of equal ones the earlier.</summary>
    /// <param name="numbers">[n].</param>
    /// <param name="n">How many there are.</param>
    /// <param name="places">[k].</param>
    /// <param name="k">How many are wanted, at most n.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Find<T>(T* numbers, int n, int* places, int k)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var i = 0; i < k; i++)
            places[i] = i;
        if (k == 0 || n == k)
            return;
        // A heap of those kept, the first to go at its root; what comes later must be greater than that.
        for (var i = (k / 2) - 1; i >= 0; i--)
            Sink(numbers, places, i, k);
        for (var i = k; i < n;)
        {
            if (i <= n - Vector<T>.Count && !Vector.GreaterThanAny(Vector.Load(numbers + i), new Vector<T>(numbers[places[0]])))
            {
                i += Vector<T>.Count;
                continue;
            }

            if (numbers[i] > numbers[places[0]])
            {
                places[0] = i;
                Sink(numbers, places, 0, k);
            }

            i++;
        }

        new Span<int>(places, k).Sort();
    }

    private static void Sink<T>(T* numbers, int* heap, int at, int k)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        for (var child = (2 * at) + 1; child < k; child = (2 * at) + 1)
        {
            if (child + 1 < k && GoesBefore(numbers, heap[child + 1], heap[child]))
                child++;
            if (!GoesBefore(numbers, heap[child], heap[at]))
                return;
            (heap[at], heap[child]) = (heap[child], heap[at]);
            at = child;
        }
    }

    private static bool GoesBefore<T>(T* numbers, int one, int other)
        where T : unmanaged, IBinaryFloatingPointIeee754<T> =>
        numbers[one] < numbers[other] || (numbers[one] == numbers[other] && one > other);
}
