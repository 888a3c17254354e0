using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Scoring;

/// <summary>Looks up embeddings in a table of two bytes or one byte a number.</summary>
internal sealed unsafe class PackedEmbed : Kernel
{
    private readonly Half* _halves; // [V, D], or null
    private readonly sbyte* _bytes; // [V, D], or null
    private readonly float* _scales; // [V], of bytes
    private readonly float* _output; // [B, columns, D]
    private readonly int _dimension;
    private readonly int[] _columns;
    private readonly int[] _shifts; // row = id − shift, a number a column
    private readonly IdList?[] _lists; // of each column, null of a token
    private readonly float* _unpacked; // the rows of a list, [L, D]
    private readonly int* _list; // the list that names these
    private readonly int _stride; // columns of the whole batch

    public PackedEmbed(Graph graph, Table embeddings, int[] columns, StoredRows rows, Binding<float> binding)
    {
        _halves = PointerOf(rows.Halves);
        _bytes = PointerOf(rows.Bytes);
        _scales = PointerOf(rows.Scales);
        _columns = columns;
        _shifts = [.. columns.Select(c => graph.Columns[c].Offset - graph.FirstRow(embeddings, c))];
        _output = binding.Output;
        (_dimension, _stride) = (embeddings.Dimension, binding.Columns);
        _lists = [.. columns.Select(binding.ListOf)];
        if (!_lists.Any(l => l is not null))
            return;
        _unpacked = binding.Workspace((long)_lists.Max(l => l?.MaxLength ?? 0) * _dimension);
        _list = (int*)binding.Workspace(_lists.Max(l => l?.Room ?? 0));
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(in Step step)
    {
        var (dimension, columns, shifts, stride) = (_dimension, _columns, _shifts, _stride);
        var ids = step.Ids;
        var output = _output;
        for (var row = 0; row < step.Rows; row++, ids += stride)
            for (var i = 0; i < columns.Length; i++, output += dimension)
            {
                if (_lists[i] is { } list)
                    Pool(step.Lists + ids[columns[i]], shifts[i], list, output);
                else
                    Row(ids[columns[i]] - shifts[i], output);
            }
    }

    public override void Backward(in Step step) => throw new InvalidOperationException("scoring has no gradients");

    private void Pool(int* given, int shift, IdList kind, float* output)
    {
        var n = *given;
        new ReadOnlySpan<int>(given, kind.RoomOf(n)).CopyTo(new Span<int>(_list, kind.Room));
        for (var i = 0; i < n; i++)
        {
            Row(given[1 + i] - shift, _unpacked + ((long)i * _dimension));
            _list[1 + i] = i;
        }

        ListPool.Forward(output, _unpacked, _list, kind, _dimension);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Row(long id, float* output)
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
