using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Scales every number of a row by a learned one of its own, and may add another, [B, …] → [B, …]: y = s ⊙ x + b. ∂x = s ⊙ ∂y, ∂s = Σ_B x
/// ⊙ ∂y, ∂b = Σ_B ∂y. Source: the rank-one adapters of Wen et al. 2020 (BatchEnsemble) and Gorishniy et al. 2025 (TabM).
/// </summary>
/// <param name="Scale">s, of the shape of a row.</param>
/// <param name="Bias">b, of the same, or null for none.</param>
public sealed class ElementScale(Parameter Scale, Parameter? Bias) : Operation
{
    /// <inheritdoc/>
    public override string Name => "element_scale";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = Bias is null ? [Scale] : [Scale, Bias];

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var shape = Parameters[0].Shape;
        return inputs.Length == 1 && inputs[0] == shape && Parameters[^1].Shape == shape ? shape : throw Mismatch(inputs, $"{shape}");
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => (long)Parameters.Count * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var scaled = form.Multiply(form.Input, form.Weight(Parameters[0]));
        return Parameters.Count == 1 ? scaled : form.Add(scaled, form.Weight(Parameters[1]));
    }
}

internal sealed unsafe class ElementScaleKernel<T>(ElementScale operation, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly bool _hasBias = operation.Parameters.Count > 1;
    private readonly T* _scale = binding.Values(operation.Parameters[0]); // [n]
    private readonly T* _scaleGradient = binding.Gradients(operation.Parameters[0]);
    private readonly T* _bias = operation.Parameters.Count > 1 ? binding.Values(operation.Parameters[1]) : null; // [n]
    private readonly T* _biasGradient = operation.Parameters.Count > 1 ? binding.Gradients(operation.Parameters[1]) : null;
    private readonly T* _input = binding.Input(0); // [B, n]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly ChunkSums<T> _sums = new(binding, operation.Parameters.Count * binding.OutputShape.Size); // ∂s, ∂b

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            var output = _output + (row * _width);
            VectorMath.PutProduct(output, _input + (row * _width), _scale, false, _width);
            if (_hasBias)
                VectorMath.Add(output, _bias, _width);
        }
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        if (_hasBias)
            _sums.AddTo(_scaleGradient, _biasGradient, _width, step.Rows);
        else
            _sums.AddTo(_scaleGradient, step.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var sums = _sums.Open(start);
        for (long row = start; row < end; row++)
        {
            var gradient = _outputGradient + (row * _width);
            VectorMath.PutProduct(sums, _input + (row * _width), gradient, true, _width);
            if (_hasBias)
                VectorMath.Add(sums + _width, gradient, _width);
            if (_target.IsWanted)
                VectorMath.PutProduct(_target.Data + (row * _width), gradient, _scale, _target.Accumulate, _width);
        }
    }
}
