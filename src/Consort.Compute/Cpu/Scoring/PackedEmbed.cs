using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Scoring;

/// <summary>Looks up embeddings in a table of two bytes or one byte a number.</summary>
internal sealed unsafe class PackedEmbed : Kernel
{
    private readonly PackedRows _rows; // [V, D]
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
        _rows = new PackedRows(rows, embeddings.Dimension);
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
                    _rows.Read(ids[columns[i]] - shifts[i], output);
            }
    }

    public override void Backward(in Step step) => throw new InvalidOperationException("scoring has no gradients");

    private void Pool(int* given, int shift, IdList kind, float* output)
    {
        var n = *given;
        new ReadOnlySpan<int>(given, kind.RoomOf(n)).CopyTo(new Span<int>(_list, kind.Room));
        for (var i = 0; i < n; i++)
        {
            _rows.Read(given[1 + i] - shift, _unpacked + ((long)i * _dimension));
            _list[1 + i] = i;
        }

        ListPool.Forward(output, _unpacked, _list, kind, _dimension);
    }
}
