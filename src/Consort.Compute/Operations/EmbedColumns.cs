using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Looks up the embeddings of the columns of a table that has rows for some columns alone: ids [B, F] → [B, columns, D], in the order of
/// <see cref="Table.Columns"/>. The gradient is left in place for the table to collect.
/// </summary>
public sealed class EmbedColumns : Operation
{
    /// <summary>Describes the look-up.</summary>
    /// <param name="embeddings">[V, D], with columns of its own.</param>
    public EmbedColumns(Table embeddings)
    {
        if (embeddings.Columns is not { Count: > 0 } columns)
            throw new ArgumentException($"table {embeddings.Name}: found rows for all columns, expected columns of its own",
                nameof(embeddings));
        (Table, Columns) = (embeddings, columns);
    }

    /// <inheritdoc/>
    public override string Name => "embed_columns";

    /// <inheritdoc/>
    public override Table Table { get; }

    /// <summary>The categorical columns.</summary>
    public IReadOnlyList<int> Columns { get; }

    /// <inheritdoc/>
    public override (int First, int End) ColumnRange(int columns) => (Columns.Min(), Columns.Max() + 1);

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 0 ? new Shape(Columns.Count, Table.Dimension) : throw Mismatch(inputs, "none");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.LookUp(Table);
}

internal sealed unsafe class EmbedColumnsKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T* _output; // [B, columns, D]
    private readonly int[] _columns;
    private readonly nint[] _rows; // where a column's id 0 would lie in [V, D]
    private readonly int _dimension;
    private readonly int _stride; // columns of the whole batch

    public EmbedColumnsKernel(EmbedColumns embed, Binding<T> binding) : base(binding.Workers)
    {
        var table = binding.Rows(embed.Table);
        _output = binding.Output;
        (_dimension, _stride, _columns) = (table.Dimension, binding.Columns, [.. embed.Columns]);
        _rows = table.Origins(_columns);
        if (binding.OutputGradient != null)
            table.Sources.Add(binding.Reader, binding.OutputGradient, _columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (dimension, stride, columns, rows) = (_dimension, _stride, _columns, _rows);
        var output = _output + ((long)start * columns.Length * dimension);
        var ids = Step.Ids + ((long)start * stride);
        for (var row = start; row < end; row++, ids += stride)
        {
            // Rows lie anywhere in the table: those of the batch's next row are asked for a whole row ahead.
            if (row + 1 < end)
                for (var i = 0; i < columns.Length; i++)
                    Prefetch.Row((T*)rows[i] + ((long)ids[stride + columns[i]] * dimension), dimension);
            for (var i = 0; i < columns.Length; i++, output += dimension)
                VectorMath.Copy(output, (T*)rows[i] + ((long)ids[columns[i]] * dimension), dimension);
        }
    }

    public override void Backward(in Step step) { }

    protected override void BackwardRows(int start, int end) { }
}
