using System.Numerics;
using Consort.Compute.Cpu.Kernels;
using Consort.Compute.Cpu.MatrixMultiply;
using Consort.Compute.Cpu.Programs;
using Consort.Compute.Graphs;

namespace Consort.Compute.Operations;

/// <summary>
/// A matrix of its own for each of E experts, [B, E, in] → [B, E, out]: y_e = W_e x_e. ∂W_e = ∂y_eᵀ x_e, ∂x_e = ∂y_e W_e.
/// </summary>
public sealed class ExpertLinear : Operation
{
    /// <summary>Describes the layer.</summary>
    /// <param name="weight">W, [E, out, in].</param>
    public ExpertLinear(Parameter weight)
    {
        if (weight.Shape.Rank != 3)
            throw new ArgumentException($"expert_linear: found weight {weight.Shape}, expected [E, out, in]", nameof(weight));
        Parameters = [weight];
    }

    /// <inheritdoc/>
    public override string Name => "expert_linear";

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs)
    {
        var weight = Parameters[0].Shape;
        return inputs.Length == 1 && inputs[0] == new Shape(weight[0], weight[2])
            ? new Shape(weight[0], weight[1])
            : throw Mismatch(inputs, $"[{weight[0]}, {weight[2]}]");
    }

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) => 2L * Parameters[0].Shape.Size;

    /// <inheritdoc/>
    public override FormValue ToStandard(StandardForm form)
    {
        var weight = Parameters[0].Shape;
        var rows = form.Reshape(form.Input, weight[0], 1, weight[2]); // [B, E, 1, in]
        return form.Reshape(form.Node("MatMul", rows, form.Transposed(Parameters[0])), weight[0], weight[1]);
    }
}

internal sealed unsafe class ExpertLinearKernel<T>(Parameter weight, Binding<T> binding) : Kernel
    where T : unmanaged, IBinaryFloatingPointIeee754<T>
{
    private readonly Gemm _gemm = binding.Gemm;
    private readonly int _experts = weight.Shape[0];
    private readonly int _out = weight.Shape[1];
    private readonly int _in = weight.Shape[2];
    private readonly T* _weight = binding.Values(weight); // [E, out, in]
    private readonly T* _weightGradient = binding.Gradients(weight);
    private readonly T* _input = binding.Input(0); // [B, E, in]
    private readonly T* _output = binding.Output; // [B, E, out]
    private readonly T* _outputGradient = binding.OutputGradient;
    private readonly GradientTarget<T> _target = binding.InputGradient(0);

    public override void Forward(in Step step)
    {
        for (var expert = 0; expert < _experts; expert++)
            _gemm.Multiply(new GemmCall<T>
            {
                M = step.Rows,
                N = _out,
                K = _in,
                A = _input + (expert * _in),
                Lda = _experts * _in,
                B = _weight + (expert * _out * _in),
                Ldb = _in,
                TransB = true,
                C = _output + (expert * _out),
                Ldc = _experts * _out,
            });
    }

    public override void Backward(in Step step)
    {
        for (var expert = 0; expert < _experts; expert++)
        {
            var gradient = _outputGradient + (expert * _out);
            _gemm.Multiply(new GemmCall<T>
            {
                M = _out,
                N = _in,
                K = step.Rows,
                A = gradient,
                Lda = _experts * _out,
                TransA = true,
                B = _input + (expert * _in),
                Ldb = _experts * _in,
                C = _weightGradient + (expert * _out * _in),
                Ldc = _in,
                Accumulate = true,
            });
            if (_target.IsWanted)
                _gemm.Multiply(new GemmCall<T>
                {
                    M = step.Rows,
                    N = _in,
                    K = _out,
                    A = gradient,
                    Lda = _experts * _out,
                    B = _weight + (expert * _out * _in),
                    Ldb = _in,
                    C = _target.Data + (expert * _in),
                    Ldc = _experts * _in,
                    Accumulate = _target.Accumulate,
                });
        }
    }
}
