using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consort.Compute.Cpu.MatrixMultiply;

/// <summary>Copying, summing and masking around the micro-kernels.</summary>
internal static unsafe class Panels
{
    /// <summary>to[k * width + i] = from[k * stride + i], zero for i from columns to width − 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Copy(float* from, nint stride, int columns, int depth, float* to, int width)
    {
        if (columns == width && width % 16 == 0 && Vector512.IsHardwareAccelerated)
        {
            for (var k = 0; k < depth; k++, from += stride, to += width)
                for (var i = 0; i < width; i += 16)
                    Vector512.Load(from + i).Store(to + i);
        }
        else if (columns == width && width % 8 == 0 && Vector256.IsHardwareAccelerated)
        {
            for (var k = 0; k < depth; k++, from += stride, to += width)
                for (var i = 0; i < width; i += 8)
                    Vector256.Load(from + i).Store(to + i);
        }
        else if (columns == width && width % 4 == 0)
        {
            for (var k = 0; k < depth; k++, from += stride, to += width)
                for (var i = 0; i < width; i += 4)
                    Vector128.Load(from + i).Store(to + i);
        }
        else
        {
            for (var k = 0; k < depth; k++, from += stride, to += width)
            {
                for (var i = 0; i < columns; i++) to[i] = from[i];
                for (var i = columns; i < width; i++) to[i] = 0;
            }
        }
    }

    /// <summary>Elements that <see cref="CopyPanels"/> reads and stores at a time for a panel so wide.</summary>
    public static int VectorOf(int width) => width <= 8 ? 8 : 16;

    /// <summary>
    /// Panels of neighbours: to[p * panel + k * width + i] = from[k * stride + p * width + i]. A vector is stored at a time, of which
    /// the next step overwrites what is beyond the width; so a panel needs room for one, and the steps from <paramref name="whole"/> on,
    /// where it would read too far, are copied element by element.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void CopyPanels(float* from, nint stride, int columns, int depth, int whole, float* to, int width, nint panel)
    {
        var panels = (columns + width - 1) / width;
        for (var k = 0; k < depth; k++, from += stride, to += width)
        {
            float* f = from, t = to;
            if (k >= whole)
                for (var i = 0; i < panels * width; i++)
                    to[i / width * panel + i % width] = i < columns ? from[i] : 0;
            else if (width <= 8)
                for (var p = 0; p < panels; p++, f += width, t += panel)
                    Vector256.Load(f).Store(t);
            else
                for (var p = 0; p < panels; p++, f += width, t += panel)
                    Vector512.Load(f).Store(t);
        }
    }

    /// <summary>The sum of neighbouring elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Sum(float* from, int count)
    {
        Vector256<float> a = Vector256<float>.Zero, b = a, c = a, d = a;
        var i = 0;
        for (; i + 32 <= count; i += 32)
        {
            a += Vector256.Load(from + i);
            b += Vector256.Load(from + i + 8);
            c += Vector256.Load(from + i + 16);
            d += Vector256.Load(from + i + 24);
        }
        for (; i + 8 <= count; i += 8) a += Vector256.Load(from + i);
        var sum = Vector256.Sum(a + b + (c + d));
        for (; i < count; i++) sum += from[i];
        return sum;
    }

    /// <summary>The sums of the columns of a matrix, over <paramref name="rows"/> rows, or added to what is there.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumColumns(float* from, nint stride, int rows, int columns, float* to, bool add)
    {
        var j = 0;
        for (; j + 8 <= columns; j += 8)
        {
            Vector256<float> a = Vector256<float>.Zero, b = a, c = a, d = a;
            var at = from + j;
            var k = 0;
            for (; k + 4 <= rows; k += 4, at += 4 * stride)
            {
                a += Vector256.Load(at);
                b += Vector256.Load(at + stride);
                c += Vector256.Load(at + 2 * stride);
                d += Vector256.Load(at + 3 * stride);
            }
            for (; k < rows; k++, at += stride) a += Vector256.Load(at);
            var sum = a + b + (c + d);
            (add ? Vector256.Load(to + j) + sum : sum).Store(to + j);
        }
        for (; j < columns; j++)
        {
            float a = 0, b = 0, c = 0, d = 0; // as above, so that the result does not depend on where a range begins
            var at = from + j;
            var k = 0;
            for (; k + 4 <= rows; k += 4, at += 4 * stride)
            {
                a += at[0];
                b += at[stride];
                c += at[2 * stride];
                d += at[3 * stride];
            }
            for (; k < rows; k++, at += stride) a += *at;
            var sum = a + b + (c + d);
            to[j] = add ? to[j] + sum : sum;
        }
    }

    /// <summary>Copies a matrix row by row.</summary>
    public static void CopyRows(float* from, nint stride, int rows, int columns, float* to, nint toStride)
    {
        for (var i = 0; i < rows; i++)
            new ReadOnlySpan<float>(from + i * stride, columns).CopyTo(new Span<float>(to + i * toStride, columns));
    }
}
