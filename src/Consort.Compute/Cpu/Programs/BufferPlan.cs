using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Programs;

/// <summary>
/// Decides, before anything runs, which values have gradients, where these lie, and which kernel writes one first. A gradient lives from
/// the first consumer's backward pass to its own producer's; memory that is free again is reused, so the gradients of a deep tower need
/// about two layers' room.
/// </summary>
internal sealed class BufferPlan
{
    private readonly Graph _graph;
    private readonly long?[] _offsets;
    private readonly HashSet<(int Value, int Input)> _accumulates = [];

    public BufferPlan(Graph graph, bool withGradients)
    {
        _graph = graph;
        _offsets = new long?[graph.Values.Count];
        if (withGradients)
            PlanGradients();
    }

    /// <summary>Numbers per row that all gradients together need.</summary>
    public long GradientSize { get; private set; }

    /// <summary>Whether a value shares the numbers of its first input.</summary>
    public static bool IsView(Value value) => value.Operation is { IsView: true };

    /// <summary>Where a value's gradient begins, in numbers per row, or null if it has none.</summary>
    public long? GradientOffset(Value value) => _offsets[value.Root.Index];

    /// <summary>Whether the gradient of an input is added to what a later operation has written.</summary>
    public bool Accumulates(Value value, int input) => _accumulates.Contains((value.Index, input));

    /// <summary>The values that come out of a ReLU whose backward half is done by their only consumer.</summary>
    public static HashSet<Value> Masked(Graph graph, Func<Operation?, bool> masksGradients) => [.. graph.Values.Where(
        v => v.Operation is { EndsInRelu: true } && !graph.Outputs.Any(o => o.Root == v)
            && graph.Values.Where(c => c.Inputs.Contains(v)).ToList() is [var only] && masksGradients(only.Operation)
            && only.Inputs.Count(i => i == v) == 1)];

    private void PlanGradients()
    {
        var needed = NeedGradient();
        var free = new FreeList();
        // Outputs are filled before the backward pass begins, so they come first and count as written.
        foreach (var output in _graph.Outputs)
            _offsets[output.Root.Index] ??= free.Take(SizeOf(output.Root));

        for (var i = _graph.Values.Count - 1; i >= 0; i--)
        {
            var value = _graph.Values[i];
            if (value.Operation is null || IsView(value) || _offsets[i] is not { } own)
                continue;
            for (var input = 0; input < value.Inputs.Count; input++)
            {
                var root = value.Inputs[input].Root;
                if (!needed[root.Index])
                    continue;
                if (_offsets[root.Index] is null)
                    _offsets[root.Index] = free.Take(SizeOf(root));
                else
                    _accumulates.Add((i, input));
            }

            // Embedding gradients are read after the whole pass, when duplicate ids are collected.
            if (value.Operation.Table is null)
                free.Return(own, SizeOf(value));
        }

        GradientSize = free.Size;
    }

    // Numbers of an impression.
    private static long SizeOf(Value value) => (long)value.Shape.Size * value.Most;

    // A value needs a gradient if it lies between a parameter and an output.
    private bool[] NeedGradient()
    {
        var depends = new bool[_graph.Values.Count];
        foreach (var value in _graph.Values)
        {
            var own = value.Operation is { } operation
                && (operation.Table is { IsTrained: true } || operation.Parameters.Any(p => p.IsTrained));
            depends[value.Index] = own || value.Inputs.Any(i => depends[i.Index]);
        }

        return depends;
    }

    // First fit over sorted holes: graphs have tens of values, so the simplest correct list will do.
    private sealed class FreeList
    {
        private readonly List<(long Offset, long Size)> _holes = [];

        public long Size { get; private set; }

        public long Take(long size)
        {
            for (var i = 0; i < _holes.Count; i++)
            {
                var (offset, room) = _holes[i];
                if (room < size)
                    continue;
                if (room == size)
                    _holes.RemoveAt(i);
                else
                    _holes[i] = (offset + size, room - size);
                return offset;
            }

            var end = Size;
            Size += size;
            return end;
        }

        public void Return(long offset, long size)
        {
            _holes.Add((offset, size));
            _holes.Sort();
            for (var i = _holes.Count - 1; i > 0; i--)
            {
                if (_holes[i - 1].Offset + _holes[i - 1].Size != _holes[i].Offset)
                    continue;
                _holes[i - 1] = (_holes[i - 1].Offset, _holes[i - 1].Size + _holes[i].Size);
                _holes.RemoveAt(i);
            }
        }
    }
}
