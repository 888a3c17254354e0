using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;
using Consort.Compute.Operations;

namespace Consort.Compute.Cpu.Scoring;

/// <summary>Looks up the ids of lists one by one in a table of two bytes or one byte a number.</summary>
internal sealed unsafe class PackedEmbedPositions : Kernel
{
    private readonly PackedRows _rows;
    private readonly Segments _segments;
    private readonly float* _output; // [N, columns, D]
    private readonly int _dimension;
    private readonly int[] _columns;
    private readonly int[] _shifts; // row = id − shift, a number a column
    private readonly int _stride; // columns of the whole batch
    private readonly int _behind; // the target's row

    public PackedEmbedPositions(Graph graph, EmbedPositions embed, StoredRows rows, Binding<float> binding)
    {
        _rows = new PackedRows(rows, embed.Table.Dimension);
        _segments = binding.Segments;
        _output = binding.Output;
        _behind = embed.Positions.WithTarget ? 1 : 0;
        (_dimension, _columns, _stride) = (embed.Table.Dimension, [.. embed.Columns], binding.Columns);
        _shifts = [.. _columns.Select(c => graph.Columns[c].Offset - graph.FirstRow(embed.Table, c))];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(in Step step)
    {
        var width = _columns.Length * _dimension;
        for (var row = 0; row < _segments.Batch; row++)
            for (var c = 0; c < _columns.Length; c++)
            {
                var list = step.Lists + step.Ids[((long)row * _stride) + _columns[c]];
                var (first, end) = (_segments.Starts[row], _segments.Starts[row + 1]);
                var output = _output + ((long)first * width) + (c * _dimension);
                // Where the list is shorter than those that say how many positions there are, the last are zeros.
                for (var i = 0; i < end - first; i++, output += width)
                    if (i < *list && i < end - first - _behind)
                        _rows.Read(list[1 + i] - _shifts[c], output);
                    else
                        new Span<float>(output, _dimension).Clear();
            }
    }

    public override void Backward(in Step step) => throw new InvalidOperationException("scoring has no gradients");
}
