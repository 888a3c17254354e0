using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The mean or the sum of each field's embedding, [B, F, D] → [B, F]: s_f = 1/D Σ_d e_fd, or Σ_d e_fd. Source: the squeeze of Huang et al.
/// 2019 (FiBiNET), eq. 2; the sum pooling of Lian et al. 2018 (xDeepFM), eq. 7.
/// </summary>
/// <param name="IsSum">Whether to sum rather than average.</param>
public sealed class FieldPool(bool IsSum = false) : Operation
{
    /// <inheritdoc/>
    public override string Name => IsSum ? "field_sum" : "field_mean";

    /// <summary>Whether it sums rather than averages.</summary>
    public bool IsSum { get; } = IsSum;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 2 ? new Shape(inputs[0][0]) : throw Mismatch(inputs, "[F, D]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => inputs[0].Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form) => form.Scale(form.Sum(form.Input, 2), IsSum ? 1 : 1.0 / form.InputShape()[1]);
}

internal sealed unsafe class FieldPoolKernel<T>(bool isSum, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields = binding.InputShape(0)[0];
    private readonly int _dimension = binding.InputShape(0)[1];
    private readonly T _share = isSum ? T.One : T.One / T.CreateTruncating(binding.InputShape(0)[1]);
    private readonly T* _input = binding.Input(0); // [B, F, D]
    private readonly T* _output = binding.Output; // [B, F]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var dimension = _dimension;
        for (var field = (long)start * _fields; field < (long)end * _fields; field++)
            _output[field] = VectorMath.Sum(_input + (field * dimension), dimension) * _share;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        if (!_target.IsWanted)
            return;
        var (dimension, accumulate) = (_dimension, _target.Accumulate);
        for (var field = (long)start * _fields; field < (long)end * _fields; field++)
            VectorMath.PutConstant(_target.Data + (field * dimension), _outputGradient[field] * _share, accumulate, dimension);
    }
}
