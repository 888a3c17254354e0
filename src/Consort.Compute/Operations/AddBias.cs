using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>Adds a learned vector to the last axis, [B, …, n] → [B, …, n]: y = x + b. ∂b = Σ ∂y over all but that axis.</summary>
/// <param name="Bias">b, [n].</param>
public sealed class AddBias(Parameter Bias) : Operation
{
    /// <inheritdoc/>
    public override string Name => "add_bias";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = [Bias];

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Dimensions[^1] == Parameters[0].Shape.Size
            ? inputs[0] : throw Mismatch(inputs, $"a last axis of {Parameters[0].Shape.Size}");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Add(form.Input, form.Weight(Parameters[0]));
}

internal sealed unsafe class AddBiasKernel<T>(Parameter bias, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = bias.Shape.Size;
    private readonly int _positions = binding.OutputShape.Size / bias.Shape.Size; // of a row
    private readonly T* _bias = binding.Values(bias);
    private readonly T* _biasGradient = binding.Gradients(bias);
    private readonly T* _input = binding.Input(0);
    private readonly T* _output = binding.Output;
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly ChunkSums<T> _sums = new(binding, bias.Shape.Size);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (var row = (long)start * _positions; row < (long)end * _positions; row++)
        {
            VectorMath.Copy(_output + (row * _width), _input + (row * _width), _width);
            VectorMath.Add(_output + (row * _width), _bias, _width);
        }
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        _sums.AddTo(_biasGradient, step.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var sums = _sums.Open(start);
        for (var row = (long)start * _positions; row < (long)end * _positions; row++)
            VectorMath.Add(sums, _outputGradient + (row * _width), _width);
        if (_target.IsWanted)
        {
            var size = _positions * _width;
            VectorMath.Put(_target.Data + ((long)start * size), _outputGradient + ((long)start * size), _target.Accumulate,
                (end - start) * size);
        }
    }
}
