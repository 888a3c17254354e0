using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Programs;

/// <summary>Where the values of a graph and their gradients lie, and what kernels need beside: all is laid out once.</summary>
/// <typeparam name="T">The element.</typeparam>
internal sealed unsafe class ValueMemory<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly BufferPlan _plan;
    private readonly List<NativeBuffer<T>> _buffers = [];
    private readonly T*[] _data;
    private readonly T*[] _gradients;

    public ValueMemory(Graph graph, int capacity, bool withGradients)
    {
        _plan = new BufferPlan(graph, withGradients);
        _data = new T*[graph.Values.Count];
        _gradients = new T*[graph.Values.Count];
        foreach (var value in graph.Values)
            _data[value.Index] = BufferPlan.IsView(value)
                ? _data[value.Inputs[0].Index]
                : Allocate((long)capacity * value.Most * value.Shape.Size);
        if (!withGradients)
            return;
        // Whole cache lines for every value, whatever the batch.
        Stride = (capacity + 15) & ~15;
        ArenaLength = _plan.GradientSize * Stride;
        Arena = Allocate(ArenaLength);
        foreach (var value in graph.Values)
            if (_plan.GradientOffset(value) is { } offset)
                _gradients[value.Index] = Arena + (offset * Stride);
    }

    /// <summary>Where all gradients lie; null without.</summary>
    public T* Arena { get; }

    /// <summary>How long that is.</summary>
    public long ArenaLength { get; }

    /// <summary>Rows that a gradient has room for.</summary>
    public long Stride { get; }

    /// <summary>All memory, for the guarded build to look over.</summary>
    public IReadOnlyList<NativeBuffer<T>> Buffers => _buffers;

    /// <summary>Bytes held.</summary>
    public long Bytes => _buffers.Sum(b => b.Length * sizeof(T));

    /// <summary>Where a value lies.</summary>
    public T* Data(int value) => _data[value];

    /// <summary>Where its gradient lies, or null.</summary>
    public T* Gradient(int value) => _gradients[value];

    /// <summary>Where an operation's backward pass writes, an input each.</summary>
    /// <param name="value">What the operation computes.</param>
    /// <param name="masked">Values out of a ReLU whose backward half their consumer does.</param>
    public GradientTarget<T>[] TargetsOf(Value value, HashSet<Value> masked)
    {
        var targets = new GradientTarget<T>[value.Inputs.Count];
        for (var i = 0; i < targets.Length; i++)
        {
            var input = value.Inputs[i];
            targets[i] = new GradientTarget<T>(_gradients[input.Index], _plan.Accumulates(value, i),
                masked.Contains(input) ? _data[input.Index] : null);
        }

        return targets;
    }

    /// <summary>Further memory that lives as long.</summary>
    public T* Allocate(long length, MemoryContent content = MemoryContent.Unwritten)
    {
        var buffer = new NativeBuffer<T>(length, content);
        _buffers.Add(buffer);
        return buffer.Pointer;
    }

    public void Dispose()
    {
        foreach (var buffer in _buffers)
            buffer.Dispose();
    }
}
