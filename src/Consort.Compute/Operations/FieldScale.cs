using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Scales each field's embedding by a number of its own, [B, F, D] and [B, F] → [B, F, D]: y_f = a_f e_f. ∂e_f = a_f ∂y_f, ∂a_f = ⟨e_f,
/// ∂y_f⟩. Source: the re-weighting of Huang et al. 2019 (FiBiNET), eq. 4.
/// </summary>
public sealed class FieldScale : Operation
{
    /// <inheritdoc/>
    public override string Name => "field_scale";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0].Rank == 2 && inputs[1] == new Shape(inputs[0][0])
            ? inputs[0]
            : throw Mismatch(inputs, "[F, D] and [F]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) =>
        form.Multiply(form.Inputs[0], form.Reshape(form.Inputs[1], form.InputShape()[0], 1));
}

internal sealed unsafe class FieldScaleKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields = binding.InputShape(0)[0];
    private readonly int _dimension = binding.InputShape(0)[1];
    private readonly T* _input = binding.Input(0); // [B, F, D]
    private readonly T* _scale = binding.Input(1); // [B, F]
    private readonly T* _output = binding.Output; // [B, F, D]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _inputTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _scaleTarget = binding.InputGradient(1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var dimension = _dimension;
        for (var field = (long)start * _fields; field < (long)end * _fields; field++)
            VectorMath.Scale(_output + (field * dimension), _input + (field * dimension), _scale[field], dimension);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var dimension = _dimension;
        for (var field = (long)start * _fields; field < (long)end * _fields; field++)
        {
            var gradient = _outputGradient + (field * dimension);
            if (_inputTarget.IsWanted)
                VectorMath.PutScaled(_inputTarget.Data + (field * dimension), gradient, _scale[field], _inputTarget.Accumulate, dimension);
            if (!_scaleTarget.IsWanted)
                continue;
            var byScale = VectorMath.Dot(gradient, _input + (field * dimension), dimension);
            _scaleTarget.Data[field] = _scaleTarget.Accumulate ? _scaleTarget.Data[field] + byScale : byScale;
        }
    }
}
