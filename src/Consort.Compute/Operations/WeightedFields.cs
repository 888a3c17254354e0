using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The sum of a row's fields, each with a learned weight, [B, F, n] → [B, n]: y = Σ_f r_f x_f. ∂x_f = r_f ∂y, ∂r_f = Σ_B ⟨x_f, ∂y⟩. Where
/// x_f = W_f e_f it is W (r ⊙ e) with one number of r a field, from products that all members share.
/// </summary>
/// <param name="Weight">r, [F].</param>
public sealed class WeightedFields(Parameter Weight) : Operation
{
    /// <inheritdoc/>
    public override string Name => "weighted_fields";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = [Weight];

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 2 && new Shape(inputs[0][0]) == Parameters[0].Shape
            ? new Shape(inputs[0][1])
            : throw Mismatch(inputs, $"[{Parameters[0].Shape[0]}, n]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) =>
        form.Sum(form.Multiply(form.Input, form.Weight(Parameters[0], Parameters[0].Shape[0], 1)), 1);
}

internal sealed unsafe class WeightedFieldsKernel<T>(Parameter weight, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields = weight.Shape[0];
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _weight = binding.Values(weight); // [F]
    private readonly T* _weightGradient = binding.Gradients(weight);
    private readonly T* _input = binding.Input(0); // [B, F, n]
    private readonly T* _output = binding.Output; // [B, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly ChunkSums<T> _sums = new(binding, weight.Shape[0]);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
            for (var field = 0; field < _fields; field++)
                VectorMath.PutScaled(_output + (row * _width), _input + (((row * _fields) + field) * _width), _weight[field], field > 0,
                    _width);
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        _sums.AddTo(_weightGradient, step.Rows);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var sums = _sums.Open(start);
        for (long row = start; row < end; row++)
        {
            var gradient = _outputGradient + (row * _width);
            for (var field = 0; field < _fields; field++)
            {
                var place = ((row * _fields) + field) * _width;
                sums[field] += VectorMath.Dot(_input + place, gradient, _width);
                if (_target.IsWanted)
                    VectorMath.PutScaled(_target.Data + place, gradient, _weight[field], _target.Accumulate, _width);
            }
        }
    }
}
