using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>Numeric columns as embeddings: value times a learned vector a column, [B, N] → [B, N, D], e_n = x_n · w_n.</summary>
/// <param name="Weight">[N, D].</param>
public sealed class NumericEmbed(Parameter Weight) : Operation
{
    /// <inheritdoc/>
    public override string Name => "numeric_embed";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; } = [Weight];

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var weight = Parameters[0].Shape;
        return inputs.Length == 1 && inputs[0].Rank == 1 && inputs[0][0] == weight[0]
            ? weight
            : throw Mismatch(inputs, $"[{weight[0]}]");
    }

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) =>
        form.Multiply(form.Reshape(form.Input, form.InputShape()[0], 1), form.Weight(Parameters[0]));
}

internal sealed unsafe class NumericEmbedKernel<T>(Parameter weight, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _columns = weight.Shape[0];
    private readonly int _dimension = weight.Shape[1];
    private readonly T* _weight = binding.Values(weight); // [N, D]
    private readonly T* _weightGradient = binding.Gradients(weight);
    private readonly T* _input = binding.Input(0); // [B, N]
    private readonly T* _output = binding.Output; // [B, N, D]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _inputGradient = binding.InputGradient(0);
    private readonly ChunkSums<T> _sums = new(binding, weight.Shape.Size);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (var i = (long)start * _columns; i < (long)end * _columns; i++)
            VectorMath.Scale(_output + (i * _dimension), _weight + (i % _columns * _dimension), _input[i], _dimension);
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
        for (var i = (long)start * _columns; i < (long)end * _columns; i++)
        {
            var gradient = _outputGradient + (i * _dimension);
            var offset = i % _columns * _dimension;
            VectorMath.AddScaled(sums + offset, gradient, _input[i], _dimension);
            if (!_inputGradient.IsWanted)
                continue;
            var byInput = VectorMath.Dot(gradient, _weight + offset, _dimension);
            _inputGradient.Data[i] = _inputGradient.Accumulate ? _inputGradient.Data[i] + byInput : byInput;
        }
    }
}
