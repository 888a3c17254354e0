using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Looks up the embedding of every categorical column: ids [B, F] → [B, F, D]. The gradient is left in place for the table to collect, so
/// nothing of the table's size is touched.
/// </summary>
/// <param name="Embeddings">[V, D].</param>
/// <param name="FirstColumn">The first categorical column.</param>
/// <param name="Columns">How many columns from there on.</param>
public sealed class Embed(Table Embeddings, int FirstColumn, int Columns) : Operation
{
    /// <inheritdoc/>
    public override string Name => "embed";

    /// <inheritdoc/>
    public override Table Table { get; } = Embeddings;

    /// <summary>The first categorical column.</summary>
    public int FirstColumn { get; } = FirstColumn;

    /// <summary>How many columns from there on.</summary>
    public int Columns { get; } = Columns;

    /// <inheritdoc/>
    public override (int First, int End) ColumnRange(int columns) => (FirstColumn, FirstColumn + Columns);

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 0 && Table.Columns is null
        ? new Shape(Columns, Table.Dimension) : throw Mismatch(inputs, "none and a table of all columns");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.LookUp(Table, FirstColumn, FirstColumn + Columns);
}

internal sealed unsafe class EmbedKernel<T> : RowKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T* _rows; // [V, D]
    private readonly T* _output; // [B, F, D]
    private readonly int _dimension;
    private readonly int _first;
    private readonly int _columns;
    private readonly int _stride; // columns of the whole batch

    public EmbedKernel(Embed embed, Binding<T> binding) : base(binding.Workers)
    {
        var table = binding.Rows(embed.Table);
        _rows = table.Values.Pointer;
        _output = binding.Output;
        (_dimension, _first, _columns, _stride) = (table.Dimension, embed.FirstColumn, embed.Columns, binding.Columns);
        if (binding.OutputGradient != null)
            table.Sources.Add(binding.Reader, binding.OutputGradient, (long)_columns * _dimension, _dimension, _first, _columns);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        // Fields in registers: the compiler must take every store for one that may change them.
        var (dimension, columns, stride) = (_dimension, _columns, _stride);
        var table = _rows;
        var output = _output + ((long)start * columns * dimension);
        var ids = Step.Ids + ((long)start * stride) + _first;
        for (var row = start; row < end; row++, ids += stride)
        {
            // Rows lie anywhere in the table: those of the batch's next row are asked for a whole row ahead.
            if (row + 1 < end)
                for (var column = 0; column < columns; column++)
                    Prefetch.Row(table + ((long)ids[stride + column] * dimension), dimension);
            for (var column = 0; column < columns; column++, output += dimension)
                VectorMath.Copy(output, table + ((long)ids[column] * dimension), dimension);
        }
    }

    public override void Backward(in Step step) { }

    protected override void BackwardRows(int start, int end) { }
}
