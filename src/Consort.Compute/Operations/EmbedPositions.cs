using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Looks up the embedding of each id of a list, one by one: ids → [N, D] at the positions of a column. That column may be another one,
/// whose lists stand side by side with these, such as items and their categories; where a list is shorter than it, its last positions are
/// zeros, and what is longer is passed over; where the target is behind the positions, zeros are its vector. The gradient is left in place
/// for the table to collect.
/// </summary>
public sealed class EmbedPositions : Operation
{
    /// <summary>Describes the look-up.</summary>
    /// <param name="embeddings">[V, D].</param>
    /// <param name="column">The list column whose ids are looked up.</param>
    /// <param name="positions">Whose positions the result has.</param>
    public EmbedPositions(Table embeddings, int column, Positions positions)
        : this(embeddings, [column], positions)
    {
    }

    /// <summary>The same of several columns, [N, D₁ D₂ …] side by side: only where a rewriting says so.</summary>
    internal EmbedPositions(Table embeddings, IReadOnlyList<int> columns, Positions positions) =>
        (Table, Columns, Positions) = (embeddings, columns, positions);

    /// <inheritdoc/>
    public override string Name => "embed_positions";

    /// <inheritdoc/>
    public override Table Table { get; }

    /// <summary>The list columns whose ids are looked up.</summary>
    public IReadOnlyList<int> Columns { get; }

    /// <summary>Whose positions the result has.</summary>
    public Positions Positions { get; }

    /// <inheritdoc/>
    public override (int First, int End) ColumnRange(int columns) => (Columns.Min(), Columns.Max() + 1);

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) => Positions;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 0 && Positions.Top == 0
        ? new Shape(Columns.Count * Table.Dimension)
        : throw Mismatch(inputs, "none and all positions");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) // [B · L, D]
    {
        FormValue[] all = [.. Columns.Select(c => form.Positions.LookUp(Table, c, Positions))];
        return all.Length == 1 ? all[0] : form.Node("Concat", new FormAttribute("axis", 1), all);
    }
}

internal sealed unsafe class EmbedPositionsKernel<T> : SegmentKernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly nint[] _rows; // where each column's id 0 would lie in [V, D]
    private readonly T* _output; // [N, columns, D]
    private readonly int _dimension;
    private readonly int[] _columns;
    private readonly int _stride;
    private readonly int _behind; // rows of an impression that are no position of its list: the target's

    public EmbedPositionsKernel(EmbedPositions embed, Binding<T> binding) : base(binding.Workers, binding.Segments)
    {
        var table = binding.Rows(embed.Table);
        (_dimension, _columns, _stride) = (table.Dimension, [.. embed.Columns], binding.Columns);
        _output = binding.Output;
        _behind = embed.Positions.WithTarget ? 1 : 0;
        _rows = table.Origins(_columns);
        for (var i = 0; i < _columns.Length && binding.OutputGradient != null; i++)
            table.Sources.Add(binding.Reader, binding.OutputGradient + (i * _dimension), _columns.Length * _dimension, _columns[i],
                Segments.Starts, _behind);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (dimension, width) = (_dimension, _columns.Length * _dimension);
        var starts = Segments.Starts;
        for (var row = start; row < end; row++)
            for (var c = 0; c < _columns.Length; c++)
            {
                var list = Step.Lists + Step.Ids[((long)row * _stride) + _columns[c]];
                var count = Math.Min(*list, starts[row + 1] - starts[row] - _behind);
                T* rows = (T*)_rows[c], output = _output + ((long)starts[row] * width) + (c * dimension);
                for (var i = 1; i <= count; i++, output += width)
                {
                    if (i < count)
                        Prefetch.Row(rows + ((long)list[i + 1] * dimension), dimension);
                    VectorMath.Copy(output, rows + ((long)list[i] * dimension), dimension);
                }

                for (var i = starts[row] + count; i < starts[row + 1]; i++, output += width)
                    new Span<T>(output, dimension).Clear();
            }
    }

    public override void Backward(in Step step) { }

    protected override void BackwardRows(int start, int end) { }
}
