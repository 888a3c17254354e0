using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Looks up the embedding of each id of a list, one by one: ids → [N, D] at the positions of a column. That column may be another one,
/// whose lists stand side by side with these, such as items and their categories; where a list is shorter than it, its last positions are
/// zeros, and what is longer is passed over. The gradient is left in place for the table to collect.
/// </summary>
/// <param name="Embeddings">[V, D].</param>
/// <param name="Column">The list column whose ids are looked up.</param>
/// <param name="Positions">Whose positions the result has.</param>
public sealed class EmbedPositions(Table Embeddings, int Column, Positions Positions) : Operation
{
    /// <inheritdoc/>
    public override string Name => "embed_positions";

    /// <inheritdoc/>
    public override Table Table { get; } = Embeddings;

    /// <summary>The list column whose ids are looked up.</summary>
    public int Column { get; } = Column;

    /// <summary>Whose positions the result has.</summary>
    public Positions Positions { get; } = Positions;

    /// <inheritdoc/>
    public override (int First, int End) ColumnRange(int columns) => (Column, Column + 1);

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => Positions;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 0 && Positions is { WithTarget: false, Top: 0 }
        ? new Shape(Table.Dimension)
        : throw Mismatch(inputs, "none and all positions without the target");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Positions.LookUp(Table, Column, Positions); // [B · L, D]
}

internal sealed unsafe class EmbedPositionsKernel<T> : SegmentKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly T* _rows; // where the column's id 0 would lie in [V, D]
    private readonly T* _output; // [N, D]
    private readonly int _dimension;
    private readonly int _column;
    private readonly int _stride;

    public EmbedPositionsKernel(EmbedPositions embed, Binding<T> binding) : base(binding.Workers, binding.Segments)
    {
        var table = binding.Rows(embed.Table);
        (_dimension, _column, _stride) = (table.Dimension, embed.Column, binding.Columns);
        _output = binding.Output;
        _rows = table.Values.Pointer - ((long)table.Shift(_column) * _dimension);
        if (binding.OutputGradient != null)
            table.AddSource(binding.Reader, binding.OutputGradient, _column, Segments.Starts);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var dimension = _dimension;
        var starts = Segments.Starts;
        for (var row = start; row < end; row++)
        {
            var list = Step.Lists + Step.Ids[((long)row * _stride) + _column];
            var count = Math.Min(*list, starts[row + 1] - starts[row]);
            var output = _output + ((long)starts[row] * dimension);
            for (var i = 1; i <= count; i++, output += dimension)
            {
                if (i < count)
                    Prefetch.Row(_rows + ((long)list[i + 1] * dimension), dimension);
                VectorMath.Copy(output, _rows + ((long)list[i] * dimension), dimension);
            }

            new Span<T>(output, (starts[row + 1] - starts[row] - count) * dimension).Clear();
        }
    }

    public override void Backward(in Step step) { }

    protected override void BackwardRows(int start, int end) { }
}
