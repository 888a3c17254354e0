using System.Numerics;
using Consort.Compute.Graphs;

namespace Consort.Compute.Cpu.Programs;

/// <summary>
/// Which kernel computes which operation. Kernels know their operation and an operation none of them, so a catalogue with more, or with
/// others in their place, makes another program of the same graph.
/// </summary>
/// <typeparam name="T">The element.</typeparam>
public sealed class KernelCatalogue<T>
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Dictionary<Type, Entry> _entries;
    private readonly Func<Value, Binding<T>, Kernel?>? _own;

    /// <summary>An empty one.</summary>
    public KernelCatalogue()
        : this([], null)
    {
    }

    private KernelCatalogue(Dictionary<Type, Entry> entries, Func<Value, Binding<T>, Kernel?>? own) => (_entries, _own) = (entries, own);

    /// <summary>The same with the kernel of one more operation, or with another in the place of what it had.</summary>
    /// <typeparam name="TOperation">The operation.</typeparam>
    /// <param name="bind">Binds it to memory.</param>
    /// <param name="masksGradients">Whether the kernel does the backward half of a ReLU before it: see <c>GradientTarget.Mask</c>.</param>
    public KernelCatalogue<T> With<TOperation>(Func<TOperation, Binding<T>, Kernel> bind, bool masksGradients = false)
        where TOperation : Operation =>
            new(new(_entries)
            {
                [typeof(TOperation)] =
                new Entry((operation, binding) => bind((TOperation)operation, binding), masksGradients)
            }, _own);

    /// <summary>The same with kernels for single values in the place of their operations'; null where there is none for a value.</summary>
    public KernelCatalogue<T> With(Func<Value, Binding<T>, Kernel?> own) =>
        new(_entries, _own is null ? own : (value, binding) => own(value, binding) ?? _own(value, binding));

    internal bool MasksGradients(Operation? operation) =>
        operation is not null && _entries.TryGetValue(operation.GetType(), out var entry) && entry.MasksGradients;

    internal Kernel Bind(Value value, Binding<T> binding)
    {
        if (_own?.Invoke(value, binding) is { } own)
            return own;
        var operation = value.Operation!;
        return _entries.TryGetValue(operation.GetType(), out var entry)
            ? entry.Bind(operation, binding)
            : throw new ArgumentException(
                $"operation {operation.Name}: found no kernel in the catalogue, expected one for {operation.GetType().Name}");
    }

    private sealed record Entry(Func<Operation, Binding<T>, Kernel> Bind, bool MasksGradients);
}
