using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consort.Compute.Kernels.MatrixMultiply;

/// <summary>What panels need besides the machine's own instructions.</summary>
internal static unsafe class Panels
{
    /// <summary>
    /// Packs rows that run along the panel's width: to[k * width + i] = from[k * stride + i], zero for i from columns
    /// to width − 1.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* from, nint stride, int columns, int depth, float* to, int width)
    {
        if (columns == width && width >= 8 && Vector256.IsHardwareAccelerated) CopyWide(from, stride, depth, to, width);
        else if (columns == width && width >= 4) CopyNarrow(from, stride, depth, to, width);
        else
        {
            for (int k = 0; k < depth; k++, from += stride, to += width)
            {
                for (int i = 0; i < columns; i++) to[i] = from[i];
                for (int i = columns; i < width; i++) to[i] = 0;
            }
        }
    }

    /// <summary>Sums a panel over its depth into at most width sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum(float* panel, int depth, int width, float* sums, int count, bool add)
    {
        float* total = stackalloc float[32];
        for (int i = 0; i < width; i++) total[i] = 0;
        int i0 = 0;
        for (; i0 + 4 <= width; i0 += 4)
        {
            Vector128<float> even = Vector128<float>.Zero, odd = even;
            float* p = panel + i0;
            int k = 0;
            for (; k + 2 <= depth; k += 2, p += 2 * width)
            {
                even += Vector128.Load(p);
                odd += Vector128.Load(p + width);
            }
            if (k < depth) even += Vector128.Load(p);
            (even + odd).Store(total + i0);
        }
        for (; i0 < width; i0++)
            for (int k = 0; k < depth; k++)
                total[i0] += panel[(nint)k * width + i0];
        for (int i = 0; i < count; i++) sums[i] = add ? sums[i] + total[i] : total[i];
    }

    /// <summary>Zeroes the elements of a tile where the mask is not above zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Mask(float* c, nint ldc, float* mask, nint ldmask, int rows, int columns)
    {
        for (int i = 0; i < rows; i++, c += ldc, mask += ldmask)
        {
            int j = 0;
            if (Vector512.IsHardwareAccelerated)
            {
                for (; j + 16 <= columns; j += 16)
                    (Vector512.Load(c + j) & Vector512.GreaterThan(Vector512.Load(mask + j), Vector512<float>.Zero)).Store(c + j);
            }
            for (; j + 4 <= columns; j += 4)
                (Vector128.Load(c + j) & Vector128.GreaterThan(Vector128.Load(mask + j), Vector128<float>.Zero)).Store(c + j);
            for (; j < columns; j++) c[j] = mask[j] > 0 ? c[j] : 0;
        }
    }

    // The last vector of a step ends with the step and overlaps the one before it.
    private static void CopyWide(float* from, nint stride, int depth, float* to, int width)
    {
        for (int k = 0; k < depth; k++, from += stride, to += width)
        {
            for (int i = 0; i < width - 8; i += 8) Vector256.Load(from + i).Store(to + i);
            Vector256.Load(from + width - 8).Store(to + width - 8);
        }
    }

    private static void CopyNarrow(float* from, nint stride, int depth, float* to, int width)
    {
        for (int k = 0; k < depth; k++, from += stride, to += width)
        {
            for (int i = 0; i < width - 4; i += 4) Vector128.Load(from + i).Store(to + i);
            Vector128.Load(from + width - 4).Store(to + width - 4);
        }
    }
}
