using System.Numerics;
using System.Runtime.CompilerServices;

namespace Consort.Compute.Cpu.Kernels;

/// <summary>The gradient of ReLU from its output: what came out positive lets the gradient through.</summary>
internal static unsafe class ReluMask
{
    /// <summary>gradient = output &gt; 0 ? gradient : 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Apply<T>(T* gradient, T* output, int length)
        where T : unmanaged, INumberBase<T>, IComparisonOperators<T, T, bool>
    {
        var i = 0;
        for (; i <= length - Vector<T>.Count; i += Vector<T>.Count)
        {
            var open = Vector.GreaterThan(Vector.Load(output + i), Vector<T>.Zero);
            Vector.Store(Vector.ConditionalSelect(open, Vector.Load(gradient + i), Vector<T>.Zero), gradient + i);
        }

        for (; i < length; i++)
            if (!(output[i] > T.Zero))
                gradient[i] = T.Zero;
    }
}
