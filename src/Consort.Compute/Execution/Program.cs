using System.Numerics;
using Consort.Compute.Graphs;
using Consort.Compute.Kernels.MatrixMultiply;
using Consort.Compute.Parallel;
using Consort.Compute.Parameters;

namespace Consort.Compute.Execution;

/// <summary>
/// A graph compiled for a largest batch: all memory is laid out once, and running it allocates nothing. The members'
/// logits come out of <see cref="Forward"/>; their gradients go into <see cref="Backward"/>.
/// </summary>
/// <typeparam name="T"><see cref="float"/> to train and score, <see cref="double"/> to check gradients.</typeparam>
public sealed unsafe class Program<T> : IDisposable
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly List<NativeBuffer<T>> _buffers = [];
    private readonly T*[] _data;
    private readonly T*[] _gradients;
    private readonly Kernel?[] _kernels;
    private readonly int[] _owners;
    private Step _step;

    /// <summary>Compiles a graph.</summary>
    /// <param name="graph">With at least one output.</param>
    /// <param name="store">The parameters of the same graph.</param>
    /// <param name="capacity">The most rows of a batch, at least 1.</param>
    /// <param name="workers">The threads; the caller keeps owning them.</param>
    /// <param name="withGradients">False for a program that only computes logits.</param>
    /// <param name="precision">What matrix multiplies round their operands to; see <see cref="Precision"/>.</param>
    /// <param name="library">Who multiplies matrices.</param>
    /// <param name="kernels">Kernels of the caller's own in the place of some operations' (null for the others), or null.</param>
    /// <exception cref="NotSupportedException">A native library that is not there, or one for bf16.</exception>
    public Program(
        Graph graph, ParameterStore<T> store, int capacity, Workers workers, bool withGradients = true,
        Precision precision = Precision.Fp32, MatrixLibrary library = MatrixLibrary.Managed,
        Func<Value, Binding<T>, Kernel?>? kernels = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        if (graph.Outputs.Count == 0)
            throw new ArgumentException("the graph has no outputs", nameof(graph));
        (Graph, Store, Capacity, Workers) = (graph, store, capacity, workers);
        HasGradients = withGradients;
        Gemm = new Gemm(workers, precision, library);
        _data = new T*[graph.Values.Count];
        _gradients = new T*[graph.Values.Count];
        _kernels = new Kernel?[graph.Values.Count];
        _owners = Owners(graph);

        var plan = new BufferPlan(graph, withGradients);
        foreach (var value in graph.Values)
            _data[value.Index] = BufferPlan.IsView(value)
                ? _data[value.Inputs[0].Index]
                : Allocate((long)capacity * value.Shape.Size);
        if (withGradients)
        {
            // Whole cache lines for every value, whatever the batch.
            long stride = (capacity + 15) & ~15;
            var arena = Allocate(plan.GradientSize * stride);
            foreach (var value in graph.Values)
                if (plan.GradientOffset(value) is { } offset)
                    _gradients[value.Index] = arena + (offset * stride);
        }

        foreach (var value in graph.Values)
        {
            if (value.Operation is not { } operation || BufferPlan.IsView(value))
                continue;
            var targets = new GradientTarget<T>[value.Inputs.Count];
            for (var i = 0; i < targets.Length; i++)
            {
                var input = value.Inputs[i];
                targets[i] = new GradientTarget<T>(_gradients[input.Index], plan.Accumulates(value, i), plan.IsMasked(input) ? _data[input.Index] : null);
            }

            var binding = new Binding<T>(this, value, _gradients[value.Index], plan.IsMasked(value), targets);
            _kernels[value.Index] = kernels?.Invoke(value, binding) ?? operation.Compile(binding);
        }

        store.Prune();
    }

    /// <summary>What is computed.</summary>
    public Graph Graph { get; }

    /// <summary>The parameters it reads, and whose gradients it writes.</summary>
    public ParameterStore<T> Store { get; }

    /// <summary>The most rows of a batch.</summary>
    public int Capacity { get; }

    /// <summary>The threads it runs on.</summary>
    public Workers Workers { get; }

    /// <summary>The number of members: outputs of the graph.</summary>
    public int Members => Graph.Outputs.Count;

    /// <summary>
    /// Members whose operations run as in scoring even while training: nothing drops, and batch norm reads its running
    /// statistics and leaves them as they are. Null for none. Operations that several members need are not affected.
    /// </summary>
    public IReadOnlySet<int>? FrozenMembers { get; set; }

    /// <summary>Measures where the time goes, operation by operation; made for the same graph. Null, as a rule, for none.</summary>
    public KernelClock? Clock
    {
        get;
        set
        {
            field = value;
            Gemm.Clock = value?.Multiplies;
        }
    }

    /// <summary>What matrix multiplies of floats really round their operands to: fp32 where this machine lacks what was asked for.</summary>
    public Precision Precision => Gemm.Precision;

    /// <summary>Bytes held for activations, their gradients and the kernels' workspaces.</summary>
    public long Bytes => _buffers.Sum(b => b.Length * sizeof(T));

    internal Gemm Gemm { get; }

    /// <summary>The kernel of the first operation whose name begins so, to measure it alone.</summary>
    internal Kernel KernelOf(string operation) =>
        _kernels[Graph.Values.First(v => v.Operation?.Name.StartsWith(operation, StringComparison.Ordinal) == true).Index]!;

    internal bool HasGradients { get; }

    /// <summary>Computes the logits of a batch.</summary>
    /// <param name="ids">Global ids [B, F], row-major; must stay valid until <see cref="Backward"/> is done.</param>
    /// <param name="numeric">Numeric columns [B, N], or null where the graph has none.</param>
    /// <param name="step">How many rows, whether training, and the seed of the step.</param>
    public void Forward(int* ids, float* numeric, Step step)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(step.Rows, Capacity, nameof(step));
        ArgumentOutOfRangeException.ThrowIfLessThan(step.Rows, 1, nameof(step));
        _step = new Step(step.Rows, step.IsTraining, step.Seed) { Ids = ids };
        var clock = Clock;
        var pass = KernelClock.Start(clock);
        Store.BeginBatch(this, _step);
        clock?.AddRowGradients(pass);
        if (Graph.Numeric is { } input)
        {
            var target = _data[input.Index];
            for (long i = 0, n = (long)step.Rows * input.Shape.Size; i < n; i++)
                target[i] = T.CreateTruncating(numeric[i]);
        }

        for (var i = 0; i < _kernels.Length; i++)
        {
            if (_kernels[i] is not { } kernel)
                continue;
            var start = KernelClock.Start(clock);
            kernel.Forward(StepOf(i));
            clock?.AddForward(i, start);
        }

        clock?.AddForwardPass(pass);
    }

    /// <summary>The logits of a member after <see cref="Forward"/>, [B].</summary>
    public Span<T> Logits(int member) => new(_data[Graph.Outputs[member].Index], _step.Rows);

    /// <summary>Where the gradient of the loss by a member's logits goes before <see cref="Backward"/>, [B].</summary>
    public Span<T> LogitGradients(int member) => new(_gradients[Graph.Outputs[member].Index], _step.Rows);

    /// <summary>
    /// Computes the gradients of all parameters from <see cref="LogitGradients"/> of every member, over the batch of the
    /// last <see cref="Forward"/>. They replace those of the step before.
    /// </summary>
    public void Backward()
    {
        var clock = Clock;
        var pass = KernelClock.Start(clock);
        Store.BeginGradients();
        for (var i = _kernels.Length - 1; i >= 0; i--)
        {
            if (_gradients[i] == null || _kernels[i] is not { } kernel)
                continue;
            var start = KernelClock.Start(clock);
            kernel.Backward(StepOf(i));
            clock?.AddBackward(i, start);
        }

        var collection = KernelClock.Start(clock);
        Store.EndGradients(this, _step);
        clock?.AddRowGradients(collection);
        clock?.AddBackwardPass(pass);
    }

    /// <summary>The numbers of any value after <see cref="Forward"/>, for diagnosis: [B, …].</summary>
    public ReadOnlySpan<T> Activations(Value value) =>
        new(_data[value.Index], checked(_step.Rows * value.Shape.Size));

    /// <inheritdoc/>
    public void Dispose()
    {
        Store.Forget(this);
        Gemm.Dispose();
        foreach (var buffer in _buffers)
            buffer.Dispose();
    }

    private Step StepOf(int value) => FrozenMembers is { Count: > 0 } frozen && frozen.Contains(_owners[value]) && _owners[value] >= 0
        ? new Step(_step.Rows, isTraining: false, _step.Seed) { Ids = _step.Ids }
        : _step;

    // The one member that needs a value, or −1 where there are several or none.
    private static int[] Owners(Graph graph)
    {
        const int None = -2;
        var owners = new int[graph.Values.Count];
        Array.Fill(owners, None);
        for (var member = 0; member < graph.Outputs.Count; member++)
            Claim(graph.Outputs[member], member);
        for (var i = 0; i < owners.Length; i++)
            owners[i] = Math.Max(owners[i], -1);
        return owners;

        void Claim(Value value, int member)
        {
            if (owners[value.Index] == member || owners[value.Index] == -1)
                return;
            owners[value.Index] = owners[value.Index] == None ? member : -1;
            foreach (var input in value.Inputs)
                Claim(input, member);
        }
    }

    internal T* Data(Value value) => _data[value.Index];

    internal T* Allocate(long length)
    {
        var buffer = new NativeBuffer<T>(length);
        _buffers.Add(buffer);
        return buffer.Pointer;
    }
}
