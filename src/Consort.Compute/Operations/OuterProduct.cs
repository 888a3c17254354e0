using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// The superposed outer products of all pairs of fields, [B, F, D] → [B, D·D]: Σ_i Σ_j e_i e_jᵀ = s sᵀ, s = Σ_f e_f. ∂e_f = (∂p + ∂pᵀ) s
/// for every field. Source: Qu et al. 2016 (product-based neural network, PNN), the outer product of section III-C.
/// </summary>
public sealed class OuterProduct : Operation
{
    /// <inheritdoc/>
    public override string Name => "outer_product";

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank == 2 ? new Shape(inputs[0][1] * inputs[0][1]) : throw Mismatch(inputs, "[F, D]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => inputs[0].Size + ((long)inputs[0][1] * inputs[0][1]);

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var dimension = form.InputShape()[1];
        var sum = form.Sum(form.Input, 1); // [B, D]
        return form.Reshape(form.Multiply(form.Reshape(sum, dimension, 1), form.Reshape(sum, 1, dimension)), dimension * dimension);
    }
}

internal sealed unsafe class OuterProductKernel<T>(Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly int _fields = binding.InputShape(0)[0];
    private readonly int _dimension = binding.InputShape(0)[1];
    private readonly T* _input = binding.Input(0); // [B, F, D]
    private readonly T* _output = binding.Output; // [B, D·D]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);
    private readonly ChunkSpace<T> _space = new(binding, 2 * binding.InputShape(0)[1]); // s and ∂s

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        var (dimension, sum) = (_dimension, (nint)_space.Of(start));
        for (long row = start; row < end; row++)
        {
            Sum((T*)sum, row);
            var output = _output + (row * dimension * dimension);
            for (var d = 0; d < dimension; d++)
                VectorMath.Scale(output + (d * dimension), (T*)sum, ((T*)sum)[d], dimension);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        var dimension = _dimension;
        T* sum = _space.Of(start), sumGradient = sum + dimension;
        for (long row = start; row < end && _target.IsWanted; row++)
        {
            Sum(sum, row);
            var gradient = _outputGradient + (row * dimension * dimension);
            for (var d = 0; d < dimension; d++)
                sumGradient[d] = VectorMath.Dot(gradient + (d * dimension), sum, dimension);
            for (var d = 0; d < dimension; d++)
                VectorMath.AddScaled(sumGradient, gradient + (d * dimension), sum[d], dimension);
            for (var field = 0; field < _fields; field++)
                VectorMath.Put(_target.Data + (((row * _fields) + field) * dimension), sumGradient, _target.Accumulate, dimension);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Sum(T* sum, long row)
    {
        var input = _input + (row * _fields * _dimension);
        VectorMath.Copy(sum, input, _dimension);
        for (var field = 1; field < _fields; field++)
            VectorMath.Add(sum, input + (field * _dimension), _dimension);
    }
}
