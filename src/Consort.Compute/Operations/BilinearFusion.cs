using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// Multi-head bilinear fusion of two vectors, x [B, n] and y [B, m] → [B, 1]: both are cut into H equal heads, and z = Σ_h x_hᵀ W_h y_h.
/// With t_h = W_hᵀ x_h: ∂y_h = ∂z t_h, ∂t_h = ∂z y_h, ∂x_h = W_h ∂t_h, ∂W_h = x_h ∂t_hᵀ. Source: Mao et al. 2023 (FinalMLP), eq. 10–11,
/// without the linear terms.
/// </summary>
public sealed class BilinearFusion : Operation
{
    /// <summary>Describes the fusion.</summary>
    /// <param name="weight">W, [H, n/H, m/H].</param>
    public BilinearFusion(Parameter weight)
    {
        if (weight.Shape.Rank != 3)
            throw new ArgumentException($"bilinear_fusion: found weight {weight.Shape}, expected [heads, n/heads, m/heads]",
                nameof(weight));
        Weight = weight;
        Parameters = [weight];
    }

    /// <inheritdoc/>
    public override string Name => "bilinear_fusion";

    /// <summary>W, [H, n/H, m/H].</summary>
    public Parameter Weight { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var (left, right) = (new Shape(Weight.Shape[0] * Weight.Shape[1]), new Shape(Weight.Shape[0] * Weight.Shape[2]));
        return inputs.Length == 2 && inputs[0] == left && inputs[1] == right ? new Shape(1) : throw Mismatch(inputs, $"{left} and {right}");
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * (Weight.Shape.Size + inputs[1].Size);

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var heads = Weight.Shape[0];
        var left = form.Reshape(form.Inputs[0], heads, 1, Weight.Shape[1]); // [B, H, 1, n/H]
        var projected = form.Node("MatMul", left, form.Weight(Weight)); // [B, H, 1, m/H]
        return form.Dot(form.Reshape(projected, form.InputShape(1).Size), form.Inputs[1], form.InputShape(1).Size);
    }
}

internal sealed unsafe class BilinearFusionKernel<T>(Parameter weight, Binding<T> binding) : RowKernel(binding.Workers)
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Gemm _gemm = binding.Gemm;
    private readonly int _heads = weight.Shape[0];
    private readonly int _leftHead = weight.Shape[1];
    private readonly int _rightHead = weight.Shape[2];
    private readonly int _leftWidth = binding.InputShape(0).Size;
    private readonly int _rightWidth = binding.InputShape(1).Size;
    private readonly T* _weight = binding.Values(weight); // [H, n/H, m/H]
    private readonly T* _weightGradient = binding.Gradients(weight);
    private readonly T* _left = binding.Input(0); // x [B, n]
    private readonly T* _right = binding.Input(1); // y [B, m]
    private readonly T* _output = binding.Output; // [B, 1]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _leftTarget = binding.InputGradient(0);
    private readonly GradientTarget<T> _rightTarget = binding.InputGradient(1);
    private readonly T* _projection = binding.Workspace((long)binding.Capacity * binding.InputShape(1).Size); // t, then ∂t, [B, m]

    public override void Forward(in Step step)
    {
        for (var head = 0; head < _heads; head++)
            _gemm.Multiply(new GemmCall<T>
            {
                M = step.Rows,
                N = _rightHead,
                K = _leftHead,
                A = _left + (head * _leftHead),
                Lda = _leftWidth,
                B = _weight + (head * _leftHead * _rightHead),
                Ldb = _rightHead,
                C = _projection + (head * _rightHead),
                Ldc = _rightWidth,
            });
        base.Forward(step);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void ForwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
            _output[row] = VectorMath.Dot(_projection + (row * _rightWidth), _right + (row * _rightWidth), _rightWidth);
    }

    public override void Backward(in Step step)
    {
        base.Backward(step);
        for (var head = 0; head < _heads; head++)
        {
            var weightOffset = head * _leftHead * _rightHead;
            _gemm.Multiply(new GemmCall<T>
            {
                M = _leftHead,
                N = _rightHead,
                K = step.Rows,
                A = _left + (head * _leftHead),
                Lda = _leftWidth,
                TransA = true,
                B = _projection + (head * _rightHead),
                Ldb = _rightWidth,
                C = _weightGradient + weightOffset,
                Ldc = _rightHead,
                Accumulate = true,
            });
            if (_leftTarget.IsWanted)
                _gemm.Multiply(new GemmCall<T>
                {
                    M = step.Rows,
                    N = _leftHead,
                    K = _rightHead,
                    A = _projection + (head * _rightHead),
                    Lda = _rightWidth,
                    B = _weight + weightOffset,
                    Ldb = _rightHead,
                    TransB = true,
                    C = _leftTarget.Data + (head * _leftHead),
                    Ldc = _leftWidth,
                    // One value on both sides: the second write must come after the first.
                    Accumulate = _leftTarget.Accumulate || _leftTarget.Data == _rightTarget.Data,
                });
        }
    }

    // ∂y, and ∂t in the place of t
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    protected override void BackwardRows(int start, int end)
    {
        for (long row = start; row < end; row++)
        {
            var offset = row * _rightWidth;
            // The left input is planned to write first; where both are one value, this is the first write.
            var accumulate = _leftTarget.Data == _rightTarget.Data ? _leftTarget.Accumulate : _rightTarget.Accumulate;
            if (_rightTarget.IsWanted)
                VectorMath.PutScaled(_rightTarget.Data + offset, _projection + offset, _outputGradient[row], accumulate, _rightWidth);
            VectorMath.Scale(_projection + offset, _right + offset, _outputGradient[row], _rightWidth);
        }
    }
}
