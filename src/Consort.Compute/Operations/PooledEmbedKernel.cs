using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Looks up columns of which some are lists: <see cref="Embed"/> and <see cref="EmbedColumns"/> where a row may have several ids of a
/// column, whose vectors become one by its <see cref="IdList.Pooling"/>.
/// </summary>
internal sealed unsafe class PooledEmbedKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T* _output; // [B, columns, D]
    private readonly int[] _columns;
    private readonly IdList?[] _lists; // of each column, null of a token
    private readonly nint[] _rows; // where a column's id 0 would lie in [V, D]
    private readonly int _dimension;
    private readonly int _stride; // columns of the whole batch

    public PooledEmbedKernel(Table embeddings, int[] columns, Binding<T> binding) : base(binding.Workers)
    {
        var table = binding.Rows(embeddings);
        _output = binding.Output;
        (_dimension, _stride, _columns) = (table.Dimension, binding.Columns, columns);
        _lists = [.. columns.Select(binding.ListOf)];
        _rows = table.Origins(columns);
        if (binding.OutputGradient != null)
            table.Sources.Add(binding.Reader, binding.OutputGradient, columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (dimension, stride, columns, rows) = (_dimension, _stride, _columns, _rows);
        var output = _output + ((long)start * columns.Length * dimension);
        var ids = Step.Ids + ((long)start * stride);
        for (var row = start; row < end; row++, ids += stride)
        {
            if (row + 1 < end)
                Ask(ids + stride);
            for (var i = 0; i < columns.Length; i++, output += dimension)
            {
                var id = ids[columns[i]];
                // The same list as of the row before, as when candidates have their context's, is pooled once.
                if (row > start && id == ids[columns[i] - stride])
                    VectorMath.Copy(output, output - ((long)columns.Length * dimension), dimension);
                else if (_lists[i] is { } list)
                    ListPool.Forward(output, (T*)rows[i], Step.Lists + id, list, dimension);
                else
                    VectorMath.Copy(output, (T*)rows[i] + ((long)id * dimension), dimension);
            }
        }
    }

    public override void Backward(in Step step) { }

    protected override void BackwardRows(int start, int end) { }

    // Rows lie anywhere in the table: those of the batch's next row are asked for a whole row ahead.
    private void Ask(int* ids)
    {
        for (var i = 0; i < _columns.Length; i++)
        {
            var id = ids + _columns[i];
            var first = _lists[i] is null ? id : Step.Lists + *id + 1;
            var count = _lists[i] is null ? 1 : Step.Lists[*id];
            for (var k = 0; k < count; k++)
                Prefetch.Row((T*)_rows[i] + ((long)first[k] * _dimension), _dimension);
        }
    }
}
