using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>Gives every position of an impression what the impression has: [B, …] → [N, …]. ∂x_b is the sum over its positions.</summary>
/// <param name="Positions">Where to.</param>
public sealed class Spread(Positions Positions) : Operation
{
    /// <inheritdoc/>
    public override string Name => "spread";

    /// <summary>Where to.</summary>
    public Positions Positions { get; } = Positions;

    /// <inheritdoc/>
    public override Positions? At(ReadOnlySpan<Positions?> inputs) =>
        inputs is [null] ? Positions : throw new ArgumentException($"spread: found {Show(inputs[0])}, expected impressions");

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) => inputs.Length == 1 ? inputs[0] : throw Mismatch(inputs, "one value");

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Positions.Spread(form.Input, form.OutputShape.Size); // [B · L, n]
}

internal sealed unsafe class SpreadKernel<T>(Binding<T> binding) : SegmentKernel(binding.Workers, binding.Segments)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _width = binding.OutputShape.Size;
    private readonly T* _input = binding.Input(0); // [B, n]
    private readonly T* _output = binding.Output; // [N, n]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    protected override void ForwardRows(int start, int end)
    {
        for (var row = start; row < end; row++)
            for (var i = Segments.Starts[row]; i < Segments.Starts[row + 1]; i++)
                VectorMath.Copy(_output + ((long)i * _width), _input + ((long)row * _width), _width);
    }

    protected override void BackwardRows(int start, int end)
    {
        for (var row = start; row < end && _target.IsWanted; row++)
        {
            var target = _target.Data + ((long)row * _width);
            if (!_target.Accumulate)
                new Span<T>(target, _width).Clear();
            for (var i = Segments.Starts[row]; i < Segments.Starts[row + 1]; i++)
                VectorMath.Add(target, _outputGradient + ((long)i * _width), _width);
        }
    }
}
