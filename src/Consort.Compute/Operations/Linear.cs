using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Execution;
using Consort.Compute.Graphs;
using Consort.Compute.Kernels;
using Consort.Compute.Kernels.MatrixMultiply;
using GemmActivation = Consort.Compute.Kernels.MatrixMultiply.Activation;

namespace Consort.Compute.Operations;

/// <summary>
/// A fully connected layer over the last axis, [B, in] → [B, out] or [B, …, in] → [B, …, out] with one W for all positions:
/// y = x Wᵀ + b, optionally y = max(0, x Wᵀ + b). Bias and ReLU are applied while the product is still in registers, and so is the gradient of the ReLU of a layer that feeds this one alone.
/// ∂W = ∂yᵀ x, ∂b = Σ_B ∂y, ∂x = ∂y W.
/// </summary>
public sealed class Linear : Operation
{
    /// <summary>Describes the layer.</summary>
    /// <param name="weight">W, [out, in].</param>
    /// <param name="bias">b, [out], or null for none.</param>
    /// <param name="relu">Whether ReLU follows.</param>
    public Linear(Parameter weight, Parameter? bias, bool relu = false)
    {
        if (weight.Shape.Rank != 2 || (bias is not null && bias.Shape != new Shape(weight.Shape[0])))
            throw new ArgumentException($"linear: found weight {weight.Shape} and bias {bias?.Shape}, expected [out, in] and [out]");
        (Weight, Bias, Relu) = (weight, bias, relu);
        Parameters = bias is null ? [weight] : [weight, bias];
    }

    /// <inheritdoc/>
    public override string Name => "linear";

    /// <summary>W, [out, in].</summary>
    public Parameter Weight { get; }

    /// <summary>b, [out].</summary>
    public Parameter? Bias { get; }

    /// <summary>Whether ReLU follows.</summary>
    public bool Relu { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Parameter> Parameters { get; }

    internal override bool MasksGradients => true;

    internal override bool EndsInRelu => Relu;

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 1 && inputs[0].Rank > 0 && inputs[0].Dimensions[^1] == Weight.Shape[1]
            ? new Shape([.. inputs[0].Dimensions[..^1], Weight.Shape[0]])
            : throw Mismatch(inputs, $"[…, {Weight.Shape[1]}]");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) =>
        2L * Weight.Shape[0] * inputs[0].Size;

    /// <inheritdoc/>
    public override Kernel Compile<T>(Binding<T> binding) => new LinearKernel<T>(this, binding);

    private sealed unsafe class LinearKernel<T>(Linear linear, Binding<T> binding) : RowKernel(binding.Workers)
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Gemm _gemm = binding.Gemm;
        private readonly int _in = linear.Weight.Shape[1];
        private readonly int _out = linear.Weight.Shape[0];
        private readonly int _positions = binding.InputShape(0).Size / linear.Weight.Shape[1]; // of a row
        private readonly bool _relu = linear.Relu;
        private readonly bool _mask = linear.Relu && !binding.IsOutputGradientMasked; // the ReLU's gradient is still to do
        private readonly T* _weight = binding.Values(linear.Weight); // [out, in]
        // Also where the weight is not trained but the bias is: its gradient comes out of the same multiply.
        private readonly T* _weightGradient = linear.Parameters.Any(p => p.IsTrained) ? binding.Gradients(linear.Weight) : null;
        private readonly T* _bias = linear.Bias is null ? null : binding.Values(linear.Bias); // [out]
        private readonly T* _biasGradient = linear.Bias is null ? null : binding.Gradients(linear.Bias);
        private readonly T* _input = binding.Input(0); // [B, in]
        private readonly T* _output = binding.Output; // [B, out]
        private readonly T* _outputGradient = binding.OutputGradient;
        private readonly GradientTarget<T> _target = binding.InputGradient(0);

        public override void Forward(in Step step) => _gemm.Multiply(new GemmCall<T>
        {
            M = step.Rows * _positions,
            N = _out,
            K = _in,
            A = _input,
            Lda = _in,
            B = _weight,
            Ldb = _in,
            TransB = true,
            C = _output,
            Ldc = _out,
            Bias = _bias,
            Activation = _relu ? GemmActivation.Relu : GemmActivation.None,
        });

        public override void Backward(in Step step)
        {
            if (_mask)
                base.Backward(step);

            if (_weightGradient != null)
                _gemm.Multiply(new GemmCall<T>
                {
                    M = _out,
                    N = _in,
                    K = step.Rows * _positions,
                    A = _outputGradient,
                    Lda = _out,
                    TransA = true,
                    B = _input,
                    Ldb = _in,
                    C = _weightGradient,
                    Ldc = _in,
                    Accumulate = true,
                    RowSums = _biasGradient,
                });

            if (_target.IsWanted)
                _gemm.Multiply(new GemmCall<T>
                {
                    M = step.Rows * _positions,
                    N = _in,
                    K = _out,
                    A = _outputGradient,
                    Lda = _out,
                    B = _weight,
                    Ldb = _in,
                    C = _target.Data,
                    Ldc = _in,
                    Accumulate = _target.Accumulate,
                    Mask = _target.Mask,
                    Ldmask = _in,
                });
        }

        protected override void ForwardRows(int start, int end) { }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void BackwardRows(int start, int end)
        {
            var offset = (long)start * _positions * _out;
            ReluMask.Apply(_outputGradient + offset, _output + offset, (end - start) * _positions * _out);
        }
    }
}
