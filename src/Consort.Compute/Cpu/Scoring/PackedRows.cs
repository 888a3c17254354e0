using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Consort.Compute.Cpu.Scoring;

/// <summary>The rows of a table of two bytes or one byte a number, [V, D].</summary>
internal readonly unsafe struct PackedRows
{
    private readonly Half* _halves; // [V, D], or null
    private readonly sbyte* _bytes; // [V, D], or null
    private readonly float* _scales; // [V], of bytes
    private readonly int _dimension;

    public PackedRows(StoredRows rows, int dimension)
    {
        _halves = PointerOf(rows.Halves);
        _bytes = PointerOf(rows.Bytes);
        _scales = PointerOf(rows.Scales);
        _dimension = dimension;
    }

    /// <summary>Unpacks a row, [D].</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Read(long id, float* output)
    {
        var dimension = _dimension;
        if (_halves != null)
        {
            var source = (ushort*)_halves + (id * dimension);
            var i = 0;
            for (; i <= dimension - 8; i += 8)
                Single(Vector128.Load(source + i)).Store(output + i);
            for (; i < dimension; i++)
                output[i] = (float)((Half*)source)[i];
        }
        else
        {
            var source = _bytes + (id * dimension);
            var scale = _scales[id];
            var i = 0;
            for (; i <= dimension - 8; i += 8)
            {
                var (low, high) = Vector128.Widen(Vector128.WidenLower(Vector128.CreateScalar(*(long*)(source + i)).AsSByte()));
                (Vector128.ConvertToSingle(low) * scale).Store(output + i);
                (Vector128.ConvertToSingle(high) * scale).Store(output + i + 4);
            }

            for (; i < dimension; i++)
                output[i] = source[i] * scale;
        }
    }

    // A half's bits moved to where a float has them are its number times 2^-112, also of numbers too small for a leading one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Single(Vector128<ushort> halves)
    {
        var (low, high) = Vector128.Widen(halves);
        var bits = Vector256.Create(low, high);
        var sign = (bits & Vector256.Create(0x8000u)) << 16;
        var magnitude = ((bits & Vector256.Create(0x7fffu)) << 13).AsSingle() * BitConverter.UInt32BitsToSingle((127 + 112) << 23);
        return (magnitude.AsUInt32() | sign).AsSingle();
    }

    private static T* PointerOf<T>(NativeBuffer<T>? buffer)
        where T : unmanaged => buffer is null ? null : buffer.Pointer;
}
