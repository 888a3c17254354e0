using System.Numerics;
using System.Runtime.CompilerServices;
using Consort.Compute.Execution;
using Consort.Compute.Graphs;
using Consort.Compute.Kernels;
using Consort.Compute.Kernels.MatrixMultiply;

namespace Consort.Compute.Operations;

/// <summary>
/// A layer of a compressed interaction network (CIN), dimensions before fields: X⁰ [B, D, m] and Xᵏ [B, D, h] → [B, D, H],
/// x_o = Σ_ij w_o,ij x⁰_i xᵏ_j + b_o for every dimension. The products Z = x⁰ ⊗ xᵏ, [D, m·h] a row, are made for a block of
/// rows that fits the cache, multiplied by W there, and made again on the way back: ∂W = ∂Yᵀ Z, ∂b = Σ ∂Y, ∂Z = ∂Y W,
/// ∂x⁰_i = Σ_j ∂z_ij xᵏ_j, ∂xᵏ_j = Σ_i ∂z_ij x⁰_i.
/// Source: Lian et al. 2018 (xDeepFM), eq. 6; the bias is FuxiCTR's.
/// </summary>
public sealed class CompressedInteraction : Operation
{
    private const int BlockNumbers = 1 << 18; // of Z at a time

    /// <summary>Describes the layer.</summary>
    /// <param name="weight">W, [H, m·h], the fields of X⁰ outermost.</param>
    /// <param name="bias">b, [H].</param>
    public CompressedInteraction(Parameter weight, Parameter bias)
    {
        if (weight.Shape.Rank != 2 || bias.Shape != new Shape(weight.Shape[0]))
            throw new ArgumentException($"compressed_interaction: found weight {weight.Shape} and bias {bias.Shape}, expected [H, m·h] and [H]");
        Parameters = [weight, bias];
    }

    /// <inheritdoc/>
    public override string Name => "compressed_interaction";

    /// <summary>W and b.</summary>
    public override IReadOnlyList<Parameter> Parameters { get; }

    /// <inheritdoc/>
    public override Shape Infer(ReadOnlySpan<Shape> inputs) =>
        inputs.Length == 2 && inputs[0].Rank == 2 && inputs[1].Rank == 2 && inputs[0][0] == inputs[1][0]
            && inputs[0][1] * inputs[1][1] == Parameters[0].Shape[1]
            ? new Shape(inputs[0][0], Parameters[0].Shape[0])
            : throw Mismatch(inputs, $"[D, m] and [D, h] with m·h = {Parameters[0].Shape[1]}");

    /// <inheritdoc/>
    public override long FlopsPerRow(ReadOnlySpan<Shape> inputs) =>
        (long)inputs[0][0] * Parameters[0].Shape[1] * ((2L * Parameters[0].Shape[0]) + 1);

    /// <inheritdoc/>
    public override Kernel Compile<T>(Binding<T> binding) => new CompressedInteractionKernel<T>(this, binding);

    private sealed unsafe class CompressedInteractionKernel<T> : RowKernel
        where T : unmanaged, IBinaryFloatingPointIeee754<T>
    {
        private readonly Gemm _gemm;
        private readonly int _dimension; // D
        private readonly int _firstFields; // m
        private readonly int _fields; // h
        private readonly int _products; // m·h
        private readonly int _maps; // H
        private readonly int _blockRows;
        private readonly T* _weight; // [H, m·h]
        private readonly T* _bias; // [H]
        private readonly T* _weightGradient;
        private readonly T* _biasGradient;
        private readonly T* _first; // X⁰ [B, D, m]
        private readonly T* _input; // Xᵏ [B, D, h]
        private readonly T* _output; // [B, D, H]
        private readonly T* _outputGradient;
        private readonly GradientTarget<T> _firstTarget;
        private readonly GradientTarget<T> _inputTarget;
        private readonly T* _outer; // Z of a block, [rows · D, m·h]
        private readonly T* _outerGradient; // ∂Z of a block
        private long _begin; // the block's first row

        public CompressedInteractionKernel(CompressedInteraction layer, Binding<T> binding) : base(binding.Workers)
        {
            _gemm = binding.Gemm;
            (_dimension, _firstFields) = (binding.InputShape(0)[0], binding.InputShape(0)[1]);
            _fields = binding.InputShape(1)[1];
            (_maps, _products) = (layer.Parameters[0].Shape[0], layer.Parameters[0].Shape[1]);
            _blockRows = Math.Clamp(BlockNumbers / (_dimension * _products) / ChunkRows, 1, 8) * ChunkRows;
            _blockRows = Math.Min(_blockRows, binding.Capacity);
            _weight = binding.Values(layer.Parameters[0]);
            _bias = binding.Values(layer.Parameters[1]);
            _weightGradient = binding.Gradients(layer.Parameters[0]);
            _biasGradient = binding.Gradients(layer.Parameters[1]);
            _first = binding.Input(0);
            _input = binding.Input(1);
            _output = binding.Output;
            _outputGradient = binding.OutputGradient;
            _firstTarget = binding.InputGradient(0);
            _inputTarget = binding.InputGradient(1);
            var block = (long)_blockRows * _dimension * _products;
            _outer = binding.Workspace(block);
            if (_outputGradient != null)
                _outerGradient = binding.Workspace(block);
        }

        public override void Forward(in Step step)
        {
            for (var begin = 0; begin < step.Rows; begin += _blockRows)
            {
                var rows = Math.Min(_blockRows, step.Rows - begin);
                _begin = begin;
                base.Forward(new Step(rows, step.IsTraining));
                _gemm.Multiply(new GemmCall<T>
                {
                    M = rows * _dimension,
                    N = _maps,
                    K = _products,
                    A = _outer,
                    Lda = _products,
                    B = _weight,
                    Ldb = _products,
                    TransB = true,
                    C = _output + ((long)begin * _dimension * _maps),
                    Ldc = _maps,
                    Bias = _bias,
                });
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void ForwardRows(int start, int end)
        {
            var outer = _outer + ((long)start * _dimension * _products);
            for (var position = (_begin + start) * _dimension; position < (_begin + end) * _dimension; position++)
                for (var i = 0; i < _firstFields; i++, outer += _fields)
                    VectorMath.Scale(outer, _input + (position * _fields), _first[(position * _firstFields) + i], _fields);
        }

        public override void Backward(in Step step)
        {
            for (var begin = 0; begin < step.Rows; begin += _blockRows)
            {
                var rows = Math.Min(_blockRows, step.Rows - begin);
                var gradient = _outputGradient + ((long)begin * _dimension * _maps);
                _begin = begin;
                base.Forward(new Step(rows, step.IsTraining));
                _gemm.Multiply(new GemmCall<T>
                {
                    M = _maps,
                    N = _products,
                    K = rows * _dimension,
                    A = gradient,
                    Lda = _maps,
                    TransA = true,
                    B = _outer,
                    Ldb = _products,
                    C = _weightGradient,
                    Ldc = _products,
                    Accumulate = true,
                    RowSums = _biasGradient,
                });
                _gemm.Multiply(new GemmCall<T>
                {
                    M = rows * _dimension,
                    N = _products,
                    K = _maps,
                    A = gradient,
                    Lda = _maps,
                    B = _weight,
                    Ldb = _products,
                    C = _outerGradient,
                    Ldc = _products,
                });
                base.Backward(new Step(rows, step.IsTraining));
            }
        }

        // ∂x⁰, then ∂xᵏ: where both are one value, the second adds to the first.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        protected override void BackwardRows(int start, int end)
        {
            var gradient = _outerGradient + ((long)start * _dimension * _products);
            for (var position = (_begin + start) * _dimension; position < (_begin + end) * _dimension; position++, gradient += _products)
            {
                if (_firstTarget.IsWanted)
                {
                    var target = _firstTarget.Data + (position * _firstFields);
                    for (var i = 0; i < _firstFields; i++)
                    {
                        var value = VectorMath.Dot(gradient + (i * _fields), _input + (position * _fields), _fields);
                        target[i] = _firstTarget.Accumulate ? target[i] + value : value;
                    }
                }

                if (_inputTarget.IsWanted)
                    for (var i = 0; i < _firstFields; i++)
                        VectorMath.PutScaled(
                            _inputTarget.Data + (position * _fields), gradient + (i * _fields), _first[(position * _firstFields) + i],
                            i > 0 || _inputTarget.Accumulate, _fields);
            }
        }
    }
}
