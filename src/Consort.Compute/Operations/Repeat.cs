using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>A learned vector that every row is given, → [B, n]: y = b. ∂b = Σ_B ∂y.</summary>
/// <param name="Vector">b, [n].</param>
public sealed class Repeat(Parameter Vector) : Operation
{
    /// <inheritdoc/>
    public override string Name => "repeat";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = [Vector];

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 0 ? Parameters[0].Shape : throw Mismatch(inputs, "none");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Repeat(form.Weight(Parameters[0]), Parameters[0].Shape.Size);
}

internal sealed unsafe class RepeatKernel<T>(Parameter vector, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = vector.Shape.Size;
    private readonly T* _vector = binding.Values(vector); // [n]
    private readonly T* _vectorGradient = binding.Gradients(vector);
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly ChunkSums<T> _sums = new(binding, vector.Shape.Size);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
            VectorMath.Copy(_output + (row * _width), _vector, _width);
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        _sums.AddTo(_vectorGradient, step.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var sums = _sums.Open(start);
        for (long row = start; row < end; row++)
            VectorMath.Add(sums, _outputGradient + (row * _width), _width);
    }
}
