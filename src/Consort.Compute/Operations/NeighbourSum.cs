using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// What each field receives along the edges of a row's graph, [B, F, F] and [B, F, D] → [B, F, D]: a_i = Σ_j G_ij h_j. ∂G_ij = ⟨∂a_i, h_j⟩,
/// ∂h_j = Σ_i G_ij ∂a_i. Source: Li et al. 2019 (FiGNN).
/// </summary>
public sealed class NeighbourSum : Operation
{
    /// <inheritdoc/>
    public override string Name => "neighbour_sum";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[1].Rank == 2 && inputs[0] == new Shape(inputs[1][0], inputs[1][0])
            ? inputs[1]
            : throw Mismatch(inputs, "[F, F] and [F, D]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * inputs[0].Size * inputs[1][1];

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Node("MatMul", form.Inputs[0], form.Inputs[1]);
}

internal sealed unsafe class NeighbourSumKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields = binding.OutputShape[0];
    private readonly int _dimension = binding.OutputShape[1];
    private readonly T* _edges = binding.Input(0); // [B, F, F]
    private readonly T* _states = binding.Input(1); // [B, F, D]
    private readonly T* _output = binding.Output; // [B, F, D]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _edgeTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _stateTarget = binding.InputGradient(1);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            var states = _states + (row * _fields * _dimension);
            for (var i = 0; i < _fields; i++)
            {
                var edges = _edges + (((row * _fields) + i) * _fields);
                var output = _output + (((row * _fields) + i) * _dimension);
                for (var j = 0; j < _fields; j++)
                    VectorMath.PutScaled(output, states + (j * _dimension), edges[j], j > 0, _dimension);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            var place = row * _fields * _dimension;
            for (var i = 0; i < _fields; i++)
            {
                var gradient = _outputGradient + place + (i * _dimension);
                var edge = ((row * _fields) + i) * _fields;
                for (var j = 0; j < _fields; j++, edge++)
                {
                    if (_stateTarget.IsWanted)
                        VectorMath.PutScaled(_stateTarget.Data + place + (j * _dimension), gradient, _edges[edge],
                            _stateTarget.Accumulate || i > 0, _dimension);
                    if (!_edgeTarget.IsWanted)
                        continue;
                    var byEdge = VectorMath.Dot(gradient, _states + place + (j * _dimension), _dimension);
                    _edgeTarget.Data[edge] = _edgeTarget.Accumulate ? _edgeTarget.Data[edge] + byEdge : byEdge;
                }
            }
        }
    }
}
